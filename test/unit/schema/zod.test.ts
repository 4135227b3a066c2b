import { expect, test } from "@jest/globals";
import * as zod from "zod";
import { tables } from "../../../provider/schema";
import type { Fields } from "../../../provider/schema/table/field";
import { z } from "../../../provider/schema/table/zod";
import { loadedBy } from "../../support/loaded";

/** Fields of a table and of all that is inside of it, by path. */
function all(fields: Fields, before: string): [string, Fields[string]][] {
  return Object.entries(fields).flatMap(([name, field]): [string, Fields[string]][] => [
    [before + name, field],
    ...all(field.fields ?? field.each?.fields ?? {}, `${before}${name}.`),
  ]);
}

const every = Object.entries(tables).flatMap(([kind, { fields }]) => all(fields, `${kind} `));

test("what is not given means the same before and after the type is made", () => {
  for (const [path, { type }] of every) {
    const early = type.safeParse(undefined);
    const made = zod.safeParse(type as unknown as zod.ZodType, undefined);
    expect([path, early.success, early.data]).toEqual([path, made.success, made.data]);
  }
});

test("types are made of others, wherever these stand in the call", () => {
  const type = z.array(z.union([z.int().min(2), z.string().transform((text) => text.length)])).default([]);
  expect(type.safeParse(undefined)).toEqual({ success: true, data: [] });
  expect(type.safeParse([3, "four"])).toMatchObject({ success: true, data: [3, 4] });
  expect(type.safeParse([1]).success).toBe(false);
  expect(z.record(z.string(), z.boolean()).parse({ a: true })).toEqual({ a: true });
});

test("what is given by default is not shared", () => {
  const type = z.array(z.string()).default([]);
  const [one, two] = [type.safeParse(undefined).data, type.safeParse(undefined).data];
  one?.push("mine");
  expect(two).toEqual([]);
});

test("loading the tables makes no type, and does not load zod", () => {
  expect(loadedBy(`require("./provider/runtime.ts")`, /node_modules.zod/)).toBe(0);
});
