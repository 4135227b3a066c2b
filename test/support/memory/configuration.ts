import { isDeepStrictEqual } from "node:util";
import { DriverError } from "../../../provider/driver/errors";
import type { Field, Fields } from "../../../provider/schema/table/field";

type Plain = Record<string, unknown>;

/** The identity of a resource is told beside its configuration, and how it is reached is not the host's business. */
const NOT_TOLD = new Set(["host", "owner", "name", "adopt"]);

/** Plain data of its own. (`structuredClone` would make arrays of another realm inside jest, which equal no others.) */
export function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** The part of a spec that a host keeps: everything but what only the program's state records. */
export function configuration<S extends object>(
  fields: Fields,
  spec: S,
  also: readonly string[] = [],
  never: readonly string[] = [],
): Partial<S> {
  const kept = Object.entries(spec).filter(([name, value]) => {
    const told = fields[name]?.fate !== "record" || also.includes(name);
    return told && value !== undefined && !NOT_TOLD.has(name) && !never.includes(name);
  });
  return copy(Object.fromEntries(kept)) as Partial<S>;
}

/**
 * What a running guest has after its configuration changed: values whose fate is `live` at once, added and removed
 * list elements at once, everything else when it boots again.
 */
export function liveAfter(fields: Fields, live: Plain, next: Plain): Plain {
  const result: Plain = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = fieldAfter(field, live[name], next[name]);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function fieldAfter(field: Field, live: unknown, next: unknown): unknown {
  if (isDeepStrictEqual(live, next)) return live;
  if (field.each !== undefined) {
    const { fields, key } = field.each;
    return listOf(next).map((item) => {
      const before = listOf(live).find((old) => old[key] === item[key]);
      return before === undefined ? item : liveAfter(fields, before, item);
    });
  }
  const fate = typeof field.fate === "function" ? field.fate(live, next) : field.fate;
  return fate === "live" || fate === undefined ? next : live;
}

/** Top-level fields in which a running guest differs from its configuration. */
export function differing(fields: Fields, live: Plain, next: Plain): string[] {
  return Object.keys(fields).filter((name) => !isDeepStrictEqual(live[name], next[name]));
}

function listOf(value: unknown): Plain[] {
  return Array.isArray(value) ? (value as Plain[]) : [];
}

export function absent(kind: string, name: string, operation: string): DriverError {
  return new DriverError("there is no such object", {
    code: "not-found",
    operation,
    target: `${kind} "${name}"`,
  });
}

/** A name that somebody else has taken. */
export function taken(kind: string, name: string, owner: string | undefined): DriverError {
  return new DriverError(`the name is taken${owner === undefined ? "" : ` by ${owner}`}`, {
    code: "already-exists",
    operation: `make the ${kind}`,
    target: `${kind} "${name}"`,
    remedy: "Choose another `name`, or take it over with `adopt`.",
  });
}
