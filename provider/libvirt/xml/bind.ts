import { childrenOf, el, ensureChild, find, removeChild, setChild, textOf, type XmlElement } from "./tree";

/** Where one value of the table stands in an element; `undefined` takes it away. */
export interface Binding {
  write(root: XmlElement, value: unknown): void;
  read(root: XmlElement): unknown;
  /** The child that it stands in: an element without one says nothing of it. Left out: it must be asked in any case. */
  readonly within?: string;
}

/** Bindings by the names of the table's fields; a group's are nested. */
export interface Bindings {
  readonly [field: string]: Binding | Bindings;
}

/** How a value is spelled in XML. */
export interface Spelling {
  readonly toXml: (value: unknown) => string | undefined;
  readonly fromXml: (text: string) => unknown;
}

const asText: Spelling = { toXml: String, fromXml: (text) => text };
export const asNumber: Spelling = { toXml: String, fromXml: (text) => numberOf(text) };
export const asYesNo: Spelling = words("yes", "no");
export const asOnOff: Spelling = words("on", "off");
/** Written only when it is so. */
export const asYes: Spelling = { ...asYesNo, toXml: (value) => (value === true ? "yes" : undefined) };

function words(yes: string, no: string): Spelling {
  return {
    toXml: (value) => (value === true ? yes : no),
    fromXml: (text) => (text === yes ? true : text === no ? false : undefined),
  };
}

function numberOf(text: string): number | undefined {
  const value = Number(text);
  return text.trim() === "" || !Number.isSafeInteger(value) ? undefined : value;
}

export function isBinding(binding: Binding | Bindings): binding is Binding {
  return typeof binding["write"] === "function";
}

/** `cputune/emulatorpin@cpuset`: an attribute; `memtune/hard_limit`: the text of an element. */
export function at(path: string, spelling: Spelling = asText): Binding {
  const [elements = "", attribute] = path.split("@");
  const names = elements === "" ? [] : elements.split("/");
  return {
    within: names[0],
    write(root, value) {
      const text = value === undefined ? undefined : spelling.toXml(value);
      if (text === undefined) return takeAway(root, names, attribute);
      const element = names.reduce(ensureChild, root);
      if (attribute === undefined) element.children = [text];
      else element.attributes[attribute] = text;
    },
    read(root) {
      const element = find(root, ...names);
      const text = attribute === undefined ? textOf(element) : element?.attributes[attribute];
      return text === undefined ? undefined : spelling.fromXml(text);
    },
  };
}

/** An element without content that is there or not: `<locked/>`. */
export function present(path: string): Binding {
  const names = path.split("/");
  return {
    within: names[0],
    write(root, value) {
      if (value === true) names.reduce(ensureChild, root);
      else takeAway(root, names);
    },
    read: (root) => (find(root, ...names) === undefined ? undefined : true),
  };
}

/** Takes away an attribute, or what an element holds, and every element on the way that is left with nothing. */
function takeAway(root: XmlElement, names: readonly string[], attribute?: string): void {
  const way = names.reduce<(XmlElement | undefined)[]>(
    (found, name) => [...found, find(found.at(-1), name)],
    [root],
  );
  const target = way.at(-1);
  if (target === undefined) return;
  if (attribute !== undefined) delete target.attributes[attribute];
  else Object.assign(target, el(target.name));
  for (let index = way.length - 1; index > 0; index--) {
    const [element, parent] = [way[index], way[index - 1]];
    if (element === undefined || parent === undefined) return;
    if (element.children.length > 0 || Object.keys(element.attributes).length > 0) return;
    removeChild(parent, element);
  }
}

/** A value that stands in one element as a whole. */
export function element(
  path: string,
  toXml: (value: never, current: XmlElement | undefined) => XmlElement | undefined,
  fromXml: (element: XmlElement) => unknown,
): Binding {
  const names = path.split("/");
  const [parents, name] = [names.slice(0, -1), names.at(-1) ?? ""];
  return {
    within: names[0],
    write(root, value) {
      if (value === undefined) {
        const parent = find(root, ...parents);
        if (parent !== undefined) setChild(parent, name, undefined);
        return takeAway(root, parents, "");
      }
      const parent = parents.reduce(ensureChild, root);
      setChild(parent, name, toXml(value as never, find(parent, name)));
    },
    read(root) {
      const found = find(root, ...names);
      return found === undefined ? undefined : fromXml(found);
    },
  };
}

/** A list, or an object by key, that stands in one element each: `<timer name=…>`. */
export function elements<T>(
  path: string,
  toXml: (value: never) => readonly XmlElement[],
  fromXml: (elements: readonly XmlElement[]) => T,
): Binding {
  const names = path.split("/");
  const [parents, name] = [names.slice(0, -1), names.at(-1) ?? ""];
  return {
    within: names[0],
    write(root, value) {
      if (value === undefined && find(root, ...parents) === undefined) return;
      const parent = parents.reduce(ensureChild, root);
      for (const child of childrenOf(parent, name)) removeChild(parent, child);
      if (value !== undefined) parent.children.push(...toXml(value as never));
      if (parent.children.length === 0) takeAway(root, parents, "");
    },
    read(root) {
      const found = childrenOf(find(root, ...parents), name);
      return found.length === 0 ? undefined : fromXml(found);
    },
  };
}

/** A list of objects whose fields are attributes of one element each. */
export function records(path: string, attributes: Bindings): Binding {
  const name = path.split("/").at(-1) ?? "";
  return elements(
    path,
    (items: readonly Record<string, unknown>[]) =>
      items.map((item) => {
        const made = el(name);
        writeBound(made, attributes, item, () => false);
        return made;
      }),
    (found) => found.map((each) => readBound(each, attributes)),
  );
}

type Plain = Readonly<Record<string, unknown>>;

/**
 * Writes what the program says, and takes away what it no longer says (`had`); all else stays as it is. Answers the
 * paths of what it says, so that the next change knows.
 */
export function writeBound(
  root: XmlElement,
  bindings: Bindings,
  value: Plain | undefined,
  had: (path: string) => boolean,
  prefix = "",
): string[] {
  return Object.entries(bindings).flatMap(([name, binding]) => {
    const [path, inner] = [prefix + name, value?.[name]];
    if (!isBinding(binding)) return writeBound(root, binding, inner as Plain | undefined, had, `${path}.`);
    if (inner === undefined && !had(path)) return [];
    binding.write(root, inner);
    return inner === undefined ? [] : [path];
  });
}

/** Everything that the element says, by the names of the table's fields. Of hundreds of fields an element says a few. */
export function readBound(root: XmlElement, bindings: Bindings): Record<string, unknown> {
  return readWithin(root, bindings, namesIn(root));
}

function readWithin(
  root: XmlElement,
  bindings: Bindings,
  there: ReadonlySet<string>,
): Record<string, unknown> {
  const said: Record<string, unknown> = {};
  for (const name in bindings) {
    const binding = bindings[name] as Binding | Bindings;
    if (!isBinding(binding)) said[name] = readWithin(root, binding, there);
    else
      said[name] = binding.within === undefined || there.has(binding.within) ? binding.read(root) : undefined;
  }
  return said;
}

function namesIn(root: XmlElement): ReadonlySet<string> {
  const names = new Set<string>();
  for (const child of root.children) if (typeof child !== "string") names.add(child.name);
  return names;
}
