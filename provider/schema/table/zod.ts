import type { z as Zod } from "zod";

/**
 * zod, each type made when a value is first held against it. The tables have hundreds of fields, and making their types (and
 * loading zod) was most of the start of the engine's provider process, while a refresh and a destroy hold nothing against any,
 * and an `up` only what a program says. What is written in the tables is remembered and done later, in the same order.
 */
export const z: typeof Zod = new Proxy({} as typeof Zod, {
  get: (_, name) => {
    if (name === "iso")
      return { datetime: (...args: unknown[]) => later(() => call(loaded().iso, "datetime", args)) };
    return typeof name === "string" && KINDS.has(name)
      ? (...args: unknown[]) => later(() => call(loaded(), name, args))
      : (loaded() as unknown as Record<PropertyKey, unknown>)[name];
  },
});

/** The types that the tables name. */
// eslint-disable-next-line @typescript-eslint/no-namespace
export declare namespace z {
  export type ZodType<Output = unknown, Input = unknown> = Zod.ZodType<Output, Input>;
  export type ZodString = Zod.ZodString;
  export type ZodNumber = Zod.ZodNumber;
  export type ZodOptional<T extends Zod.core.SomeType = Zod.core.$ZodType> = Zod.ZodOptional<T>;
  export type ZodDefault<T extends Zod.core.SomeType = Zod.core.$ZodType> = Zod.ZodDefault<T>;
  // eslint-disable-next-line @typescript-eslint/no-namespace
  export namespace core {
    export type $ZodIssue = Zod.core.$ZodIssue;
    export type $ZodRawIssue = Zod.core.$ZodRawIssue;
    export type $ZodIssueInvalidUnion = Zod.core.$ZodIssueInvalidUnion;
  }
}

const KINDS: ReadonlySet<string> = new Set(
  "array boolean enum int literal number object preprocess record strictObject string union unknown uuid".split(
    " ",
  ),
);
const STEPS: ReadonlySet<string> = new Set(
  "catch check default int length max min nonnegative nullable optional or pipe positive refine regex superRefine transform trim".split(
    " ",
  ),
);

function loaded(): typeof Zod {
  return (require("zod") as typeof import("zod")).z;
}

const MADE = Symbol("the type itself");

type Called = Readonly<Record<string, (...args: readonly unknown[]) => object>>;

function call(on: object, name: string, args: readonly unknown[]): object {
  return (on as Called)[name]?.(...args.map(typeItself)) as object;
}

/** Types inside of a value, made. */
export function typeItself(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(typeItself);
  const make = (value as { [MADE]?: () => object })[MADE];
  if (make !== undefined) return make();
  return Object.getPrototypeOf(value) === Object.prototype
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, typeItself(inner)]))
    : value;
}

/** What a type answers where nothing is given, when its last step alone tells that. */
type Absent = () => { readonly success: true; readonly data: unknown };

function absentAfter(step: string, [value]: readonly unknown[]): Absent | undefined {
  if (step === "optional") return () => ({ success: true, data: undefined });
  if (step !== "default" || typeof value === "function") return undefined;
  if (Array.isArray(value)) return () => ({ success: true, data: [...(value as unknown[])] });
  return typeof value === "object" && value !== null ? undefined : () => ({ success: true, data: value });
}

function later(make: () => object, absent?: Absent): object {
  let made: object | undefined;
  const type = (): object => (made ??= make());
  const safeParse = (value: unknown): unknown =>
    value === undefined && absent !== undefined ? absent() : (type() as Zod.ZodType).safeParse(value);
  return new Proxy(
    {},
    {
      get: (_, name) => {
        if (name === MADE) return type;
        if (name === "safeParse") return safeParse;
        if (typeof name === "string" && STEPS.has(name))
          return (...args: unknown[]) => later(() => call(type(), name, args), absentAfter(name, args));
        const value: unknown = Reflect.get(type(), name);
        return typeof value === "function" ? (value.bind(made) as unknown) : value;
      },
    },
  );
}
