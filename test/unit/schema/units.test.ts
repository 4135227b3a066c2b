import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { z } from "zod";
import { diskSize, duration, formatBytes, memorySize, parseSize } from "../../../provider/schema/table/units";

const GiB = 2 ** 30;

function answer<T>(type: z.ZodType<T>, value: unknown): T | string {
  const result = type.safeParse(value);
  return result.success ? result.data : (result.error.issues[0]?.message ?? "");
}

describe("memory", () => {
  test.each([
    [2048, 2048],
    ["2GiB", 2048],
    ["2 gib", 2048],
    ["512MiB", 512],
    ["1.5G", 1536],
    ["1GB", 954],
    [" 4096 KiB ", 4],
    [0.5, 1],
    ["1B", 1],
  ])("%j is %j MiB", (given, expected) => {
    expect(answer(memorySize(), given)).toBe(expected);
  });

  test.each(["", "2048", "2 GiBs", "GiB", "-1GiB", "1e3MiB", "0x10MiB", "2,5GiB", "ten MiB"])(
    "%j is refused with an example",
    (given) => {
      expect(answer(memorySize(), given)).toMatch(
        /is no size; write it as "2GiB" .* or a bare number of MiB/,
      );
    },
  );

  test.each([0, -1, "0GiB", -0.1])("%j is not above 0", (given) => {
    expect(answer(memorySize(), given)).toMatch(/must be more than 0, got /);
  });

  test.each([NaN, Infinity, 1e300, "99999999TiB", true, {}, [1]])("%j is refused", (given) => {
    expect(typeof answer(memorySize(), given)).toBe("string");
  });
});

describe("disks", () => {
  test.each([
    [20, 20 * GiB],
    ["20GiB", 20 * GiB],
    ["10GB", 10e9],
    [0.1, 107374183],
    ["512B", 512],
    ["1TiB", 2 ** 40],
  ])("%j is %j bytes", (given, expected) => {
    expect(answer(diskSize(), given)).toBe(expected);
  });

  test("what was meant as bytes is too large as GiB, and the message says so", () => {
    expect(answer(diskSize(), 20 * GiB)).toMatch(/is too large for a size \(a bare number is in GiB\)/);
  });
});

describe("time spans", () => {
  test.each([
    ["90s", 90],
    ["5m", 300],
    ["1h", 3600],
    ["1.5 h", 5400],
    ["250ms", 0.25],
    ["30", 30],
    [30, 30],
    [0.25, 0.25],
    ["5M", 300],
  ])("%j is %j seconds", (given, expected) => {
    expect(answer(duration(), given)).toBe(expected);
  });

  test.each(["", "five minutes", "5 days", "-5s", -5, "1h30m", "1e3"])(
    "%j is refused with examples",
    (given) => {
      expect(answer(duration(), given)).toMatch(
        /is no time span; write it as "90s", "5m" or "1h", or a bare number of seconds/,
      );
    },
  );
});

test.each([NaN, Infinity, -Infinity, true, {}])("%p is no time span either", (given) => {
  expect(duration().safeParse(given).success).toBe(false);
});

test("a time span that is short beyond reason stays one", () => {
  const short = duration().parse("0.00001ms");
  expect(duration().parse(short)).toBe(short);
});

describe("any input", () => {
  const anything = fc.oneof(
    fc.string(),
    fc.double(),
    fc.anything(),
    fc.stringMatching(/^\s*\d{1,20}(\.\d{1,20})?\s*[kmgtKMGT]?[iI]?[bB]?\s*$/),
  );
  const types: readonly (readonly [string, () => z.ZodType<number>])[] = [
    ["memory", memorySize],
    ["disk", diskSize],
    ["duration", duration],
  ];

  test.each(types)("%s: never throws, and what passes is a number that JSON keeps", (_, type) => {
    fc.assert(
      fc.property(anything, (value) => {
        const result = type().safeParse(value);
        if (result.success) expect(JSON.parse(JSON.stringify(result.data))).toBe(result.data);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["memory", memorySize],
    ["duration", duration],
  ] as const)("%s: normalising again changes nothing", (_, type) => {
    fc.assert(
      fc.property(anything, (value) => {
        const result = type().safeParse(value);
        if (result.success) expect(type().parse(result.data)).toBe(result.data);
      }),
      { numRuns: 1000 },
    );
  });

  test("memory and disks are whole numbers above 0, never less than what was written", () => {
    fc.assert(
      fc.property(fc.double({ min: Number.MIN_VALUE, max: 2 ** 20, noNaN: true }), (value) => {
        const [mib, bytes] = [memorySize().parse(value), diskSize().parse(value)];
        expect(Number.isSafeInteger(mib) && mib >= value && mib - value <= 1).toBe(true);
        expect(Number.isSafeInteger(bytes) && bytes >= value * GiB && bytes - value * GiB <= 1).toBe(true);
      }),
    );
  });

  test("a size reads back as it was written", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 20 }),
        fc.constantFrom("KiB", "MiB", "GiB"),
        (amount, unit) => {
          const factor = { KiB: 2 ** 10, MiB: 2 ** 20, GiB }[unit] ?? 0;
          expect(parseSize(`${amount}${unit}`)).toBe(amount * factor);
          expect(parseSize(`${amount} ${unit.toLowerCase()}`)).toBe(amount * factor);
        },
      ),
    );
  });
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1 KiB"],
  [1.5 * GiB, "1.5 GiB"],
  [20 * GiB, "20 GiB"],
  [10e9, "9.3 GiB"],
  [3 * 2 ** 40, "3 TiB"],
])("%d bytes are shown as %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
