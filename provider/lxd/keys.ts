import type { KeyForm, LxdKey } from "../schema/lxdConfig";
import { OWN, sizeIn, type Config } from "./objects";

type Tree = Record<string, unknown>;

/** The keys that a spec's fields stand for, with the raw ones of its `config`. */
export function writeKeys(keys: readonly LxdKey[], spec: object, type?: string): Config {
  const { config = {} } = spec as { config?: Config };
  const modelled = keys.filter(isFor(type)).flatMap(({ path, key, form }) => {
    const value = path.split(".").reduce<unknown>((at, part) => (at as Tree | undefined)?.[part], spec);
    return value === undefined ? [] : [[key, write(form, value)] as const];
  });
  return { ...Object.fromEntries(modelled), ...config };
}

/**
 * What a configuration says in the table's words, absent keys included: one that the program has set may have been taken out.
 * Of raw keys it tells those that the program has set, or all where nobody has noted any.
 */
export function readKeys(keys: readonly LxdKey[], config: Config, type?: string): Tree {
  const spec: Tree = {};
  const fields = keys.filter(isFor(type));
  for (const { path, key, form } of fields) {
    const text = config[key] ?? "";
    const parts = path.split(".");
    const last = parts.pop() ?? path;
    const group = parts.reduce<Tree>((at, part) => (at[part] ??= {}) as Tree, spec);
    group[last] = text === "" ? undefined : read(form, text);
  }
  const noted = notedKeys(config);
  const known = new Set(fields.map(({ key }) => key));
  const raw = Object.entries(config).filter(
    ([key]) => !known.has(key) && !isServers(key) && (noted === undefined || noted.includes(key)),
  );
  return { ...spec, config: raw.length === 0 ? undefined : Object.fromEntries(raw) };
}

/**
 * A configuration as it is to be: what the spec says, what others have set and what the server has made; keys that the
 * program set before and does not set any more are gone, except those of `stay`.
 */
export function mergeKeys(now: Config, wanted: Config, owner: string, stay: readonly string[] = []): Config {
  const before = new Set((notedKeys(now) ?? []).filter((key) => !stay.includes(key)));
  const kept = Object.entries(now).filter(([key]) => !before.has(key));
  const keys = Object.keys(wanted).sort();
  return { ...Object.fromEntries(kept), ...wanted, [OWN.owner]: owner, [OWN.keys]: JSON.stringify(keys) };
}

export function sameConfig(a: Config, b: Config): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => a[key] === b[key]);
}

/** A note that somebody has written over counts as none. */
function notedKeys(config: Config): readonly string[] | undefined {
  try {
    const noted: unknown = JSON.parse(config[OWN.keys] ?? "null");
    return Array.isArray(noted) ? noted.map(String) : undefined;
  } catch {
    return undefined;
  }
}

/** Keys that no program sets. */
function isServers(key: string): boolean {
  return /^(volatile|user\.vmhost)\./.test(key);
}

function isFor(type: string | undefined): (key: LxdKey) => boolean {
  return ({ types }) => types === undefined || type === undefined || types.includes(type);
}

interface Range {
  readonly start: string;
  readonly end: string;
}

function write(form: KeyForm, value: unknown): string {
  if (form === "list") return (value as readonly string[]).join(",");
  if (form === "ranges")
    return (value as readonly Range[]).map(({ start, end }) => `${start}-${end}`).join(",");
  return form === "mebibytes" ? `${String(value)}MiB` : String(value);
}

const MiB = 2 ** 20;
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

function read(form: KeyForm, text: string): unknown {
  switch (form) {
    case "text":
      return text;
    case "flag":
      return ["true", "1", "yes", "on"].includes(text.toLowerCase());
    case "number":
      return Number(text);
    case "bytes":
      return sizeIn(text);
    case "mebibytes":
      return (sizeIn(text) ?? 0) / MiB;
    case "seconds":
      return Number.parseFloat(text) * (SECONDS[text.at(-1) ?? ""] ?? 1);
    case "list":
      return text.split(",").map((each) => each.trim());
    case "ranges":
      return text.split(",").map((each): Range => {
        const [start = "", end = start] = each.trim().split("-");
        return { start, end };
      });
  }
}
