import { isDeepStrictEqual } from "node:util";
import type { Fate, Field, Fields } from "../../schema/table/field";
import { hasUnknown } from "../../schema/table/unknown";
import { isPlain, type Plain } from "./state";

export type Path = readonly (string | number)[];

/** One field that differs, and what that does. */
export interface Change {
  readonly path: Path;
  readonly fate: Fate;
  readonly before: unknown;
  readonly after: unknown;
}

/** All differences between two sets of inputs, by the table alone: no network, no guesses. */
export function changesBetween(fields: Fields, before: Plain, after: Plain): readonly Change[] {
  return changesWithin(fields, [], before, after);
}

/** A table has hundreds of fields, of which most objects say nothing. */
function changesWithin(fields: Fields, path: Path, before: Plain, after: Plain): readonly Change[] {
  const changes: Change[] = [];
  for (const name in fields) {
    const [a, b] = [before[name], after[name]];
    if (a !== b) changes.push(...fieldChanges(fields[name] as Field, [...path, name], a, b));
  }
  return changes;
}

function fieldChanges(field: Field, path: Path, before: unknown, after: unknown): readonly Change[] {
  if ((field.keep && after === undefined) || isDeepStrictEqual(before, after)) return [];
  const switched = field.switchable === true && (before === undefined) !== (after === undefined);
  // A group that is not known yet is a text.
  if (field.fields !== undefined && typeof after !== "string" && !switched) {
    const [a, b] = [withDefaults(field, before), withDefaults(field, after)];
    return changesWithin(field.fields, path, a, b);
  }
  if (field.each !== undefined && (after === undefined || Array.isArray(after)))
    return listChanges(field, path, before, after);
  if (field.same?.(before, after) === true) return [];
  // What a value not known yet will do to a field cannot be told; it counts as a change, never as a replacement.
  const fate = hasUnknown(after)
    ? "live"
    : typeof field.fate === "function"
      ? field.fate(before, after)
      : field.fate;
  return fate === undefined ? [] : [{ path, fate, before, after }];
}

function listChanges(field: Field, path: Path, before: unknown, after: unknown): readonly Change[] {
  const { fields, key } = field.each ?? { fields: {}, key: "" };
  const [olds, news] = [items(before), items(after)];
  const fate = typeof field.fate === "function" ? "live" : field.fate;
  const oldByKey = new Map(olds.map((item) => [item[key], item]));
  const newKeys = new Set(news.map((item) => item[key]));
  const removed = olds
    .filter((item) => !newKeys.has(item[key]))
    .map((item) => ({ path, fate, before: item, after: undefined }));
  const others = news.flatMap((item, index): readonly Change[] => {
    const old = oldByKey.get(item[key]);
    if (old === undefined) return [{ path: [...path, index], fate, before: undefined, after: item }];
    return changesWithin(fields, [...path, index], old, item);
  });
  return [...removed, ...others];
}

/** An absent group means the same as one that is given empty, where it can be empty. */
function withDefaults({ type }: Field, value: unknown): Plain {
  if (isPlain(value)) return value;
  const result = type.safeParse({});
  return result.success && isPlain(result.data) ? result.data : {};
}

function items(value: unknown): readonly Plain[] {
  return Array.isArray(value) ? value.filter(isPlain) : [];
}

/** A path as Pulumi writes it: `disks[0].size`. */
export function formatPath(path: Path): string {
  return path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : text === "" ? part : `${text}.${part}`),
    "",
  );
}
