import {
  childrenOf,
  clone,
  find,
  formatXml,
  isElement,
  parseXml,
  removeChild,
  type XmlElement,
} from "./tree";

/** Elements that exist once: raw XML is merged into them instead of standing beside them. */
const SINGLE = new Set([
  "devices",
  "os",
  "features",
  "cpu",
  "clock",
  "cputune",
  "memtune",
  "numatune",
  "memoryBacking",
  "metadata",
  "pm",
  "on_poweroff",
  "on_reboot",
  "on_crash",
  "blkiotune",
]);

function fragments(texts: readonly string[]): XmlElement[] {
  return texts.flatMap((text) => {
    const trimmed = text.trim();
    const wrapped = parseXml(trimmed.startsWith("<domain") ? trimmed : `<domain>${trimmed}</domain>`);
    return childrenOf(wrapped);
  });
}

/** Merges the program's raw XML into a domain, element by element (R128). */
export function mergeRaw(domain: XmlElement, texts: readonly string[]): void {
  for (const fragment of fragments(texts)) mergeInto(domain, fragment);
}

function mergeInto(parent: XmlElement, fragment: XmlElement): void {
  const existing = find(parent, fragment.name);
  if (existing === undefined || !SINGLE.has(fragment.name)) {
    const same = childrenOf(parent, fragment.name).some((child) => formatXml(child) === formatXml(fragment));
    if (!same) parent.children.push(clone(fragment));
    return;
  }
  Object.assign(existing.attributes, fragment.attributes);
  for (const child of fragment.children) {
    if (isElement(child)) mergeChild(existing, child);
    else existing.children = [child];
  }
}

/** Inside `<os>` and its like an element of the same name is the same thing; devices always stand beside each other. */
function mergeChild(parent: XmlElement, child: XmlElement): void {
  if (parent.name === "devices") {
    if (!childrenOf(parent, child.name).some((other) => matches(other, child)))
      parent.children.push(clone(child));
    return;
  }
  const existing = find(parent, child.name);
  if (existing === undefined) parent.children.push(clone(child));
  else
    Object.assign(existing, {
      attributes: { ...existing.attributes, ...child.attributes },
      children: child.children.length > 0 ? clone(child).children : existing.children,
    });
}

/** Takes out again what earlier raw XML has put in, as far as it is still as it was put. */
export function withdrawRaw(domain: XmlElement, texts: readonly string[]): void {
  for (const fragment of fragments(texts)) {
    const parent = find(domain, fragment.name);
    if (parent === undefined) continue;
    if (!SINGLE.has(fragment.name) || childrenOf(fragment).length === 0) {
      for (const child of childrenOf(domain, fragment.name))
        if (matches(child, fragment)) removeChild(domain, child);
      continue;
    }
    for (const child of childrenOf(fragment)) {
      for (const other of childrenOf(parent, child.name))
        if (matches(other, child)) removeChild(parent, other);
    }
  }
}

/** True when everything that `wanted` says is so in `element`; libvirt adds addresses and defaults of its own. */
function matches(element: XmlElement, wanted: XmlElement): boolean {
  const attributes = Object.entries(wanted.attributes).every(
    ([name, value]) => element.attributes[name] === value,
  );
  const text = wanted.children.every(
    (child) =>
      isElement(child) ||
      element.children.some((other) => !isElement(other) && other.trim() === child.trim()),
  );
  return (
    attributes &&
    text &&
    childrenOf(wanted).every((child) =>
      childrenOf(element, child.name).some((other) => matches(other, child)),
    )
  );
}
