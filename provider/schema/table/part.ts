import { z } from "./zod";
import {
  field,
  type Fate,
  type FateRule,
  type Field,
  type FieldOptions,
  type Fields,
  type Spec,
} from "./field";
import { group, objectOf, type Rule } from "./gate";
import { oneOf } from "./types";

type PartOptions = Omit<FieldOptions, "fate"> & Partial<Pick<FieldOptions, "fate">>;

/**
 * A field inside a group of a VM. The host may have a value where the program says none: that is no drift, and taking
 * the field out gives back what the VM would have without it. A running guest sees it at its next boot, unless it says otherwise.
 */
export function part<T>(type: z.ZodType<T>, options: PartOptions): Field<T> {
  return field(type, { fate: "restart", filled: true, ...options });
}

/** The same fields with another fate: of what can be taken out of a running guest and put in again, say. */
export function fated<F extends Fields>(fields: F, fate: Fate): F {
  const entries = Object.entries(fields).map(([name, each]) => [name, { ...each, fate }]);
  return Object.fromEntries(entries) as unknown as F;
}

/** What can be set while the guest runs; that nothing is said of it any more counts from the next start. */
export const setAtOnce: FateRule = (_before, after) => (after === undefined ? "restart" : "live");

/** A switch that the host does not tell while it has its default value. */
export function flag(fallback: boolean, options: PartOptions): Field<boolean | undefined> {
  return part(z.boolean().optional(), {
    same: (a, b) => (a ?? fallback) === (b ?? fallback),
    ...options,
  });
}

/** One of the words, where no word means `fallback`. */
export function word<const T extends readonly string[]>(
  words: T,
  options: PartOptions,
): Field<T[number] | undefined> {
  return part(oneOf(...words).optional(), options);
}

/** A list of objects inside a group; absent unless the program gives it. */
export function parts<F extends Fields>(
  fields: F,
  key: keyof F & string,
  options: PartOptions,
  rules: readonly Rule<F>[] = [],
): Field<Spec<F>[] | undefined> {
  return {
    fate: "restart",
    filled: true,
    ...options,
    type: z.array(objectOf(fields, rules)).optional(),
    each: { fields, key },
  };
}

/** A group that means something when it is given empty, as its absence does not: a device, say. */
export function told<F extends Fields>(
  fields: F,
  options: FieldOptions,
  rules: readonly Rule<F>[] = [],
): Field<Spec<F> | undefined> {
  return { ...group(fields, options, rules), switchable: true };
}

/** A group that `true` stands for with its usual values, and `false` for its absence. */
export function switchable<F extends Fields>(
  fields: F,
  options: FieldOptions,
  rules: readonly Rule<F>[] = [],
  usual: object = {},
): Field<Spec<F> | undefined> {
  const { type } = group(fields, options, rules);
  const spread = (value: unknown): unknown => (value === true ? usual : value === false ? undefined : value);
  return { ts: "boolean", switchable: true, ...options, fields, type: z.preprocess(spread, type) };
}
