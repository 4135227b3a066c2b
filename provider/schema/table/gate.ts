import { z } from "./zod";
import type { Field, FieldOptions, Fields, Spec } from "./field";
import { closest } from "./suggest";
import { isUnknown } from "./unknown";

/** A complaint about one place of the input. */
export interface Complaint {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Looks at several fields together. Values may be missing or unknown: a rule says nothing about what it cannot see. */
export type Rule<F extends Fields> = (value: Partial<Spec<F>>) => Iterable<Complaint>;

/**
 * The strict object of a table: unknown properties are refused by name, each value satisfies its field's type, and a
 * value not known yet (preview) passes. All complaints are collected; rules run on what could be read.
 */
export function objectOf<F extends Fields>(fields: F, rules: readonly Rule<F>[] = []): z.ZodType<Spec<F>> {
  return z.unknown().transform((value, context) => {
    const complain = (path: readonly PropertyKey[], message: string): void => {
      context.issues.push({ code: "custom", path: [...path], message, input: value });
    };
    // An element of a list, say, that another resource has yet to tell.
    if (isUnknown(value)) return value as Spec<F>;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      complain([], `expected an object${listed(" with ", fields)}, got ${describe(value)}`);
      return z.NEVER;
    }
    const given = value as Record<string, unknown>;
    for (const name of Object.keys(given)) {
      if (!Object.hasOwn(fields, name) && given[name] !== undefined)
        complain([name], unknownProperty(name, fields));
    }
    const out: Record<string, unknown> = {};
    const refused: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(fields)) {
      const result = pass(field, given[name]);
      if ("data" in result) {
        if (result.data !== undefined) out[name] = result.data;
      } else {
        const hint = asNumber(field, given[name]);
        for (const issue of result.issues) complain([name, ...issue.path], `${sentence(issue)}${hint}`);
        refused[name] = given[name];
      }
    }
    for (const rule of rules) {
      for (const { path, message } of apply(rule, { ...refused, ...out } as Partial<Spec<F>>))
        complain(path, message);
    }
    return out as Spec<F>;
  }) as unknown as z.ZodType<Spec<F>>;
}

/** What each field is where nothing is given; fields that must be given are left out. */
export function defaultsOf(fields: Fields): Record<string, unknown> {
  const values = Object.entries(fields).map(([name, field]) => [name, pass(field, undefined)] as const);
  return Object.fromEntries(
    values.flatMap(([name, result]) =>
      "data" in result && result.data !== undefined ? [[name, result.data]] : [],
    ),
  );
}

/** Rules also see what a field's own type has refused, so that one complaint does not hide another; there they may trip. */
function apply<F extends Fields>(rule: Rule<F>, value: Partial<Spec<F>>): readonly Complaint[] {
  try {
    return [...rule(value)];
  } catch {
    return [];
  }
}

function pass(field: Field, value: unknown): { data: unknown } | { issues: z.core.$ZodIssue[] } {
  if (isUnknown(value)) return { data: value };
  const result = field.type.safeParse(value ?? undefined);
  if (result.success) return { data: result.data };
  const absent = value === undefined || value === null;
  return {
    issues: absent
      ? [{ code: "custom", path: [], message: "is required", input: value }]
      : result.error.issues,
  };
}

/** A number that came as a text, from a configuration, say: the engine prints both alike. */
function asNumber(field: Field, value: unknown): string {
  if (typeof value !== "string" || !/^\d+(\.\d+)?$/.test(value)) return "";
  return field.type.safeParse(Number(value)).success
    ? `; it is a text here: write ${value} without quotes`
    : "";
}

/** An object with fields of its own, absent unless the program gives it. */
export function group<F extends Fields>(
  fields: F,
  options: FieldOptions,
  rules: readonly Rule<F>[] = [],
): Field<Spec<F> | undefined> {
  return { ...options, type: objectOf(fields, rules).optional(), fields };
}

/** A list of objects, each known by the value of its `key` field. */
export function list<F extends Fields>(
  fields: F,
  key: keyof F & string,
  options: FieldOptions,
  rules: readonly Rule<F>[] = [],
): Field<Spec<F>[]> {
  return { ...options, type: z.array(objectOf(fields, rules)).default([]), each: { fields, key } };
}

function unknownProperty(name: string, fields: Fields): string {
  const near = closest(name, Object.keys(fields));
  return near === undefined
    ? `unknown property "${name}"${listed("; there is ", fields)}`
    : `unknown property "${name}"; did you mean "${near}"?`;
}

/** The fields of a small table, so that nobody need look them up. */
function listed(before: string, fields: Fields): string {
  const names = Object.keys(fields).filter((name) => fields[name]?.internal !== true);
  return names.length > MANY ? "" : `${before}${names.join(", ")}`;
}

const MANY = 12;

/** zod's issue in words for a person; texts given with a type are kept. */
function sentence(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected === "int"
        ? own(issue, "must be a whole number")
        : issue.message.replace("Invalid input: ", "");
    case "too_small":
      return own(issue, tooSmall(issue.origin, issue.minimum));
    case "too_big":
      return own(
        issue,
        issue.origin === "string"
          ? `must not be longer than ${issue.maximum} characters`
          : `must be at most ${issue.maximum}`,
      );
    case "invalid_value":
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`.replace(
        /, ([^,]*)$/,
        " or $1",
      );
    case "invalid_union":
      return issue.message === "Invalid input" ? unionSentence(issue) : issue.message;
    case "invalid_key":
      return `as a name ${issue.issues.map(sentence).join(", ")}`;
    default:
      return issue.message;
  }
}

function tooSmall(origin: string, minimum: number | bigint): string {
  if (origin !== "string") return `must be at least ${minimum}`;
  return minimum === 1 ? "must not be empty" : `must have at least ${minimum} characters`;
}

/** Our words in place of zod's; words that a type was given stay. */
function own(issue: z.core.$ZodIssue, words: string): string {
  return /^(Too (small|big)|Invalid input): /.test(issue.message) ? words : issue.message;
}

function unionSentence(issue: z.core.$ZodIssueInvalidUnion): string {
  const words = issue.errors.flatMap((branch) =>
    branch.length === 1 && branch[0] ? accepted(branch[0]) : [undefined],
  );
  if (words.every((word) => word !== undefined))
    return `must be ${words.join(", ")}`.replace(/, ([^,]*)$/, " or $1");
  const inner = issue.errors.flatMap((branch) => branch.map(sentence));
  return [...new Set(inner)].join(", or ") || "has a value of no accepted type";
}

/** What one branch of a choice takes, where that is a few values. */
function accepted(issue: z.core.$ZodIssue): readonly (string | undefined)[] {
  if (issue.path.length > 0) return [undefined];
  if (issue.code === "invalid_value") return issue.values.map((value) => JSON.stringify(value));
  return issue.code === "invalid_type" && issue.expected === "boolean" ? ["true", "false"] : [undefined];
}

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  return value === null ? "null" : `a ${typeof value}`;
}
