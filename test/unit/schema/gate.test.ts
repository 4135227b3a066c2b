import { describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { field, type Fields } from "../../../provider/schema/table/field";
import { group, list, objectOf, type Rule } from "../../../provider/schema/table/gate";
import { closest } from "../../../provider/schema/table/suggest";
import { hasUnknown, isUnknown, UNKNOWN } from "../../../provider/schema/table/unknown";
import { complaints, complaintsOf } from "./complaints";

const options = { fate: "live", doc: "" } as const;
const inner = {
  name: field(z.string(), options),
  size: field(z.number().max(10, "must be at most 10").optional(), options),
} satisfies Fields;
const table = {
  name: field(z.string().min(1, "must not be empty"), options),
  mode: field(z.enum(["a", "b", "c"]).default("a"), options),
  count: field(z.int().optional(), options),
  inside: group({ flag: field(z.boolean().default(true), options) }, options),
  items: list(inner, "name", options),
  either: field(z.union([z.boolean(), z.literal("paused")]).optional(), options),
} satisfies Fields;

describe("the gate", () => {
  test("fills in defaults and leaves out what was not given", () => {
    expect(objectOf(table).parse({ name: "x" })).toEqual({ name: "x", mode: "a", items: [] });
    expect(objectOf(table).parse({ name: "x", inside: {}, count: undefined, mode: null })).toEqual({
      name: "x",
      mode: "a",
      items: [],
      inside: { flag: true },
    });
  });

  test("refuses an unknown property, with the name that was meant", () => {
    expect(complaintsOf(table, { name: "x", mod: "a" })).toEqual([
      'mod: unknown property "mod"; did you mean "mode"?',
    ]);
    expect(complaintsOf(table, { name: "x", NAME: "a" })).toEqual([
      'NAME: unknown property "NAME"; did you mean "name"?',
    ]);
    expect(complaintsOf(table, { name: "x", completelyElse: 1 })).toEqual([
      'completelyElse: unknown property "completelyElse"; there is name, mode, count, inside, items, either',
    ]);
  });

  test("refuses it at every depth, under its own path", () => {
    expect(
      complaintsOf(table, {
        name: "x",
        inside: { flga: true },
        items: [{ name: "a" }, { name: "b", sise: 1 }],
      }),
    ).toEqual([
      'inside.flga: unknown property "flga"; did you mean "flag"?',
      'items.1.sise: unknown property "sise"; did you mean "size"?',
    ]);
  });

  test.each(["constructor", "toString", "hasOwnProperty", "__proto__"])(
    "does not take %s for a property of the table",
    (name) => {
      const input = JSON.parse(`{ "name": "x", ${JSON.stringify(name)}: 1 }`) as unknown;
      expect(complaintsOf(table, input)).toEqual([
        `${name}: unknown property "${name}"; there is name, mode, count, inside, items, either`,
      ]);
    },
  );

  test("a property that is undefined is not there", () => {
    expect(complaintsOf(table, { name: "x", mod: undefined })).toEqual([]);
  });

  test("tells all complaints at once, each at its path, in words", () => {
    expect(
      complaintsOf(table, {
        mode: "d",
        count: 1.5,
        inside: { flag: "yes" },
        items: [{ size: 11 }, "text"],
        either: 3,
      }),
    ).toEqual([
      "name: is required",
      'mode: must be "a", "b" or "c"',
      "count: must be a whole number",
      "inside.flag: expected boolean, received string",
      "items.0.name: is required",
      "items.0.size: must be at most 10",
      "items.1: expected an object with name, size, got a string",
      'either: must be true, false or "paused"',
    ]);
  });

  test.each([
    ["nothing", undefined, "expected an object with name, mode, count, inside, items, either, got nothing"],
    ["null", null, "expected an object with name, mode, count, inside, items, either, got null"],
    ["a list", [], "expected an object with name, mode, count, inside, items, either, got a list"],
    ["a text", "x", "expected an object with name, mode, count, inside, items, either, got a string"],
    ["a number", 3, "expected an object with name, mode, count, inside, items, either, got a number"],
  ])("refuses %s in place of an object", (_, input, message) => {
    expect(complaintsOf(table, input)).toEqual([`: ${message}`]);
  });

  test("is strict: a number is no text, a text is no number or truth", () => {
    expect(complaints("Vm", { cores: "2", autostart: "true", title: 7 })).toEqual([
      "title: expected string, received number",
      "cores: must be a whole number of cores; it is a text here: write 2 without quotes",
      "autostart: expected boolean, received string",
    ]);
  });

  test("lets rules speak beside types, also about values that were refused", () => {
    const rule: Rule<typeof table> = function* ({ count, mode }) {
      if (Number(count) > 3) yield { path: ["count"], message: "is above 3" };
      if (mode !== "a") yield { path: ["mode"], message: "is not a" };
    };
    expect(complaintsOf(table, { count: 4, mode: "d" }, [rule])).toEqual([
      "name: is required",
      'mode: must be "a", "b" or "c"',
      "count: is above 3",
      "mode: is not a",
    ]);
  });

  test("survives a rule that trips over a refused value", () => {
    const rule: Rule<typeof table> = ({ name }) => [{ path: [], message: (name ?? "").toUpperCase() }];
    expect(complaintsOf(table, { name: 3 }, [rule])).toEqual(["name: expected string, received number"]);
  });
});

describe("values that are not known yet", () => {
  test("pass in place of anything", () => {
    const input = {
      name: UNKNOWN,
      mode: UNKNOWN,
      count: UNKNOWN,
      inside: UNKNOWN,
      items: UNKNOWN,
      either: UNKNOWN,
    };
    expect(objectOf(table).parse(input)).toEqual(input);
    const deep = {
      name: "x",
      mode: "a",
      inside: { flag: UNKNOWN },
      items: [UNKNOWN, { name: UNKNOWN, size: UNKNOWN }],
    };
    expect(objectOf(table).parse(deep)).toEqual(deep);
  });

  test("are found at any depth", () => {
    expect(isUnknown(UNKNOWN)).toBe(true);
    expect([UNKNOWN, [[UNKNOWN]], { a: { b: [UNKNOWN] } }].map(hasUnknown)).toEqual([true, true, true]);
    expect([undefined, null, 3, "x", [], { a: [1] }].map(hasUnknown)).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

test("a suggestion is near, or there is none", () => {
  expect(closest("memroy", ["memory", "cores"])).toBe("memory");
  expect(closest("CORES", ["memory", "cores"])).toBe("cores");
  expect(closest("cpus", ["memory", "cores"])).toBeUndefined();
  expect(closest("x", [])).toBeUndefined();
});
