import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { available, fits, leftOf, limitOf } from "../../../provider/capacity/arithmetic";
import { fitsOnPaper, limitOnPaper } from "./exact";

const MiB_PER_GB = 1024;

describe("the mission's vectors", () => {
  test.each([
    { total: 8, ratio: 1, used: 0, requested: 8, expected: true },
    { total: 8, ratio: 1, used: 0, requested: 9, expected: false },
    { total: 8, ratio: 0.5, used: 0, requested: 4, expected: true },
    { total: 8, ratio: 0.5, used: 0, requested: 5, expected: false },
    { total: 15, ratio: 8.2, used: 122, requested: 1, expected: true },
    { total: 15, ratio: 8.2, used: 122, requested: 2, expected: false },
    { total: 25, ratio: 4.6, used: 114, requested: 1, expected: true },
    { total: 32, ratio: 10.0, used: 319, requested: 1, expected: true },
    { total: 32, ratio: 10.0, used: 319, requested: 2, expected: false },
    { total: 128 * MiB_PER_GB, ratio: 5.5, used: 0, requested: 704 * MiB_PER_GB, expected: true },
    { total: 128 * MiB_PER_GB, ratio: 5.5, used: 0, requested: 704 * MiB_PER_GB + 1, expected: false },
    { total: 4, ratio: 2, used: 6, requested: 2, expected: true },
    { total: 12288, ratio: 1.34, used: 12288, requested: 4096, expected: true },
    { total: 12288, ratio: 1.3333, used: 12288, requested: 4096, expected: false },
    { total: 12288, ratio: 1.3334, used: 12288, requested: 4096, expected: true },
    { total: 4, ratio: 1, used: 4, requested: 2, expected: false },
    { total: 12288, ratio: 1, used: 8192, requested: 4096, expected: true },
    { total: 4, ratio: 0.3, used: 0, requested: 1, expected: true },
    { total: 4, ratio: 0.3, used: 0, requested: 2, expected: false },
    { total: 4096, ratio: 0, used: 0, requested: 1, expected: false },
    { total: 8, ratio: 1, used: 8, requested: 1, expected: false },
    { total: 16384, ratio: 1, used: 16384, requested: 1024, expected: false },
  ])(
    "$total × $ratio with $used used: $requested more → $expected",
    ({ total, ratio, used, requested, expected }) => {
      expect(fits(total, ratio, used, requested)).toBe(expected);
    },
  );

  test.each([
    { total: 8, ratio: 1, expected: 8 },
    { total: 8, ratio: 0.5, expected: 4 },
    { total: 32, ratio: 10.0, expected: 320 },
    { total: 128 * MiB_PER_GB, ratio: 5.5, expected: 704 * MiB_PER_GB },
    { total: 15, ratio: 8.2, expected: 123 },
    { total: 25, ratio: 4.6, expected: 115 },
    { total: 12288, ratio: 1.3333, expected: 16383 },
    { total: 4, ratio: 0.3, expected: 1 },
    { total: 4, ratio: 0, expected: 0 },
  ])("the limit of $total × $ratio is $expected", ({ total, ratio, expected }) => {
    expect(limitOf({ total, ratio })).toBe(expected);
  });
});

describe("reserved capacity", () => {
  test.each([
    { reserved: 1024, limit: 16896 },
    { reserved: "25%" as const, limit: 13824 },
    { reserved: "0%" as const, limit: 18432 },
    { reserved: "12.5%" as const, limit: 16128 },
    { reserved: -1024, limit: 19968 },
    { reserved: "-50%" as const, limit: 27648 },
    { reserved: "100%" as const, limit: 0 },
    { reserved: 99999, limit: 0 },
  ])("$reserved of 12288 MiB at 1.5 leaves $limit MiB", ({ reserved, limit }) => {
    expect(limitOf({ total: 12288, ratio: 1.5, reserved })).toBe(limit);
    expect(limit === 0 || fits(12288, 1.5, 0, limit, reserved)).toBe(true);
    expect(fits(12288, 1.5, 0, limit + 1, reserved)).toBe(false);
  });
});

test("what is available may be below zero, and so may what is left", () => {
  expect(available(4, 7)).toBe(-3);
  expect(leftOf({ total: 4, ratio: 1 }, 7)).toBe(-3);
  expect(Object.is(leftOf({ total: 4, ratio: 0.3 }, 1), 0)).toBe(true);
});

test("asking for nothing, or giving back, fits on a host that is over its limit", () => {
  expect(fits(4, 1, 9, 0)).toBe(true);
  expect(fits(4, 1, 9, -2)).toBe(true);
  expect(fits(4, 1, 9, 1)).toBe(false);
});

test("numbers that are none never fit", () => {
  expect(fits(4, 1, 0, NaN)).toBe(false);
  expect(fits(4, 1, NaN, 1)).toBe(false);
  expect(fits(NaN, 1, 0, 1)).toBe(false);
});

describe("against arithmetic on paper", () => {
  const ratio = fc.integer({ min: 0, max: 10_000 }).map((thousandths) => thousandths / 1000);
  const cores = fc.integer({ min: 0, max: 4096 });
  /** Memory up to 64 TiB; some hosts tell a size that is no whole number of MiB. */
  const memory = fc.oneof(
    fc.integer({ min: 0, max: 2 ** 26 }),
    fc.integer({ min: 0, max: 2 ** 36 }).map((kib) => kib / 1024),
  );

  test("cores: what fits is admitted, and nothing else", () => {
    fc.assert(
      fc.property(cores, ratio, cores, fc.integer({ min: 1, max: 4096 }), (total, by, used, requested) => {
        expect(fits(total, by, used, requested)).toBe(fitsOnPaper(total, by, used, requested));
      }),
      { numRuns: 2000 },
    );
  });

  test("memory at and next to the limit: the last MiB is admitted, the one after is not", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 26 }),
        ratio,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (total, by, share) => {
          const limit = limitOnPaper(total, by);
          const used = Math.floor(limit * share);
          expect(limitOf({ total, ratio: by })).toBe(limit);
          expect(fits(total, by, used, limit - used)).toBe(true);
          expect(fits(total, by, used, limit - used + 1)).toBe(false);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("amounts with fractions: nothing that fits is refused, nothing is admitted by more than the tolerance", () => {
    fc.assert(
      fc.property(memory, ratio, memory, memory, (total, by, used, requested) => {
        const admitted = fits(total, by, used, requested);
        if (fitsOnPaper(total, by, used, requested)) expect(admitted).toBe(true);
        if (admitted && requested > 0) expect(fitsOnPaper(total, by, used, requested - 1e-5)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("any ratio a program can write: what is left is just what fits", () => {
    const anyRatio = fc.double({ min: 0, max: 10, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 26 }),
        anyRatio,
        fc.integer({ min: 0, max: 2 ** 26 }),
        (total, by, used) => {
          const left = leftOf({ total, ratio: by }, used);
          if (left > 0) expect(fits(total, by, used, left)).toBe(true);
          expect(fits(total, by, used, Math.max(1, left + 1))).toBe(false);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
