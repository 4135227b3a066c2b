import type { Fate, Kind } from "../../provider/schema/table/field";

export type Args = Readonly<Record<string, unknown>>;

/** What there is to see of an object: by the host's own tools, and in the engine's state. */
export interface Look {
  /** Name of the object on the host. */
  readonly name: string;
  /** Its persistent definition, and what `virsh dominfo` and its like say. */
  readonly xml: string;
  /** The running guest's definition; that of one which does not run is the persistent one. */
  readonly live: string;
  /** What the program says and what was found out. */
  readonly outs: Args;
  /** On the object's own host. */
  virsh(args: readonly string[]): Promise<string>;
  /** A file of that host. */
  file(path: string): Promise<string>;
}

/**
 * One field, changed from A to B. The witness must see B after the change and must not see it before, so that a row which
 * proves nothing fails.
 */
export interface Row {
  readonly kind: Kind;
  /** As in the table: `os.kernel`, `disks[].cache`. */
  readonly field: string;
  /** Arguments that differ. */
  readonly a: Args;
  readonly b: Args;
  readonly shows: RegExp;
  /** Where the witness looks: the definition (or the part of it that `part` cuts out), the state, or a question of its own. */
  readonly where: "xml" | "state" | ((look: Look) => Promise<string>);
  readonly part: (xml: string) => string;
  /** The object that carries the row; rows of the same one are made and changed together. */
  readonly on: string | undefined;
  /** What the test's host has not, so that the change is previewed and not made. */
  readonly lacks: string | undefined;
  /** The word of the preview, where it depends on the VM and not on the table alone. */
  readonly fate?: Fate;
  /** What it would need to run a guest that has this; the change is made to the definition of one that is off. */
  readonly off: string | undefined;
}

export interface RowOptions {
  /** Arguments that the field needs beside it, before and after the change alike. */
  readonly needs?: Args;
  readonly where?: Row["where"];
  /**
   * Rows stand together on one object, except that each replacement has one of its own. A name here gives the row its own
   * object, or one shared with the rows of the same name. VMs have no guest, except where the name begins with "running" (a
   * paused one, that has not begun to boot) or "booted" (a Linux that lets go of devices).
   */
  readonly on?: string;
  readonly lacks?: string;
  readonly fate?: Fate;
  readonly off?: string;
}

/** A field of the table's top, or one inside groups: `title`, `os.kernel`. */
export function row(
  kind: Kind,
  field: string,
  a: unknown,
  b: unknown,
  shows: RegExp,
  { needs = {}, where = "xml", on, lacks, off, fate }: RowOptions = {},
): Row {
  const at = (value: unknown): Args => merge(needs, nest(field.split("."), value));
  const also = fate === undefined ? {} : { fate };
  return { kind, field, a: at(a), b: at(b), shows, where, part: (xml) => xml, on, lacks, off, ...also };
}

/** The same, from a VM without a word about the group that the field stands in. */
export function withoutGroup(row: Row): Row {
  return { ...row, a: {} };
}

/** What stays in state alone, and changes nothing on the host. */
export function kept(kind: Kind, field: string, a: unknown, b: unknown, options: RowOptions = {}): Row {
  const shows = new RegExp(`"${field.split(".").at(-1)}":${escape(JSON.stringify(b))}`);
  return row(kind, field, a, b, shows, { where: "state", ...options });
}

/** A field of a disk that no other row uses. */
export function disk(
  field: string,
  a: unknown,
  b: unknown,
  shows: RegExp,
  options: RowOptions & { readonly with?: Args; readonly name?: string } = {},
): Row {
  const name = options.name ?? field.replace(/\W/g, "-");
  const has = options.with ?? { pool: "fates", size: "1MiB" };
  return inList("disks", "disk", name, field, a, b, shows, { ...options, with: has });
}

/** A field of an interface that no other row uses. */
export function nic(
  field: string,
  a: unknown,
  b: unknown,
  shows: RegExp,
  options: RowOptions & { readonly with?: Args; readonly name?: string } = {},
): Row {
  const name = options.name ?? field.replace(/\W/g, "-");
  const has = options.with ?? { network: "fates" };
  return inList("interfaces", "nic", name, field, a, b, shows, { ...options, with: has });
}

/** A field of any other of the VM's lists of devices, on a device that no other row uses. */
export function device(
  list: string,
  field: string,
  a: unknown,
  b: unknown,
  shows: RegExp,
  options: RowOptions & { readonly with?: Args } = {},
): Row {
  const name = `d-${field.replace(/\W/g, "-")}`;
  const rest = { on: list, ...options, with: options.with ?? {} };
  if (field !== "name") return inList(list, list, name, field, a, b, shows, rest);
  const named = inList(list, list, name, field, `${name}-a`, `${name}-b`, /./, rest);
  return { ...named, part: (xml) => elementOf(xml, `ua-${list}-${name}-b`) };
}

function inList(
  list: string,
  alias: string,
  name: string,
  field: string,
  a: unknown,
  b: unknown,
  shows: RegExp,
  { needs = {}, where, on, lacks, off, with: has }: RowOptions & { readonly with: Args },
): Row {
  const at = (value: unknown): Args => {
    const own = nest(field.split("."), value);
    const item = field.includes(".") ? merge({ name, ...has }, own) : { name, ...has, ...own };
    return merge(needs, { [list]: [item] });
  };
  const part = (xml: string): string => elementOf(xml, `ua-${alias}-${name}`);
  const path = `${list}[].${field}`;
  return { kind: "Vm", field: path, a: at(a), b: at(b), shows, where: where ?? "xml", part, on, lacks, off };
}

const DEVICES =
  /<(disk|interface|input|serial|console|channel|controller|redirdev|shmem|hostdev|filesystem)\b[^>]*[^/]>[\s\S]*?<\/\1>/g;

/** The device with that alias. */
export function elementOf(xml: string, alias: string): string {
  return (
    [...xml.matchAll(DEVICES)]
      .map(([element]) => element)
      .find((element) => element.includes(`<alias name='${alias}'/>`)) ?? ""
  );
}

function nest([first = "", ...rest]: readonly string[], value: unknown): Args {
  if (rest.length > 0) return { [first]: nest(rest, value) };
  return value === undefined ? {} : { [first]: value };
}

/** Both together; elements of lists are told apart by their names. */
export function merge(a: Args, b: Args): Args {
  const result: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const before = result[key];
    if (isArgs(before) && isArgs(value)) result[key] = merge(before, value);
    else if (isNamed(before) && isNamed(value)) result[key] = mergeLists(before, value);
    else if (before !== undefined && JSON.stringify(before) !== JSON.stringify(value))
      throw new Error(`two rows of one object want ${key} to be ${JSON.stringify([before, value])}`);
    else result[key] = value;
  }
  return result;
}

/** By which an element of a list is told from the others: files have a path. */
export function nameOf(item: Args): unknown {
  return item["name"] ?? item["path"];
}

function mergeLists(a: readonly Args[], b: readonly Args[]): readonly Args[] {
  const names = [...new Set([...a, ...b].map(nameOf))];
  return names.map((name) => {
    const [x, y] = [a, b].map((list) => list.find((item) => nameOf(item) === name));
    return merge(x ?? {}, y ?? {});
  });
}

function isArgs(value: unknown): value is Args {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNamed(value: unknown): value is readonly Args[] {
  return Array.isArray(value) && value.every((item) => isArgs(item) && nameOf(item) !== undefined);
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
