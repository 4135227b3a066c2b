import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { choosePool, roomIn, type KnownPool } from "../../../provider/capacity/pool";

const GiB = 2 ** 30;
const pool = (name: string, free: number, more: Partial<KnownPool> = {}): KnownPool => ({
  name,
  id: `id-${name}`,
  active: true,
  takesDisks: true,
  freeBytes: free * GiB,
  ...more,
});
const POOLS = [pool("slow", 100), pool("fast", 10), pool("off", 500, { active: false })];

describe("the pool of a disk that names none", () => {
  test.each([
    ["the first with room, by name", 5, undefined, undefined, "fast"],
    ["the first with room, if the first is full", 20, undefined, undefined, "slow"],
    ["the host's default", 5, undefined, "slow", "slow"],
    ["the host's default by its id", 5, undefined, "id-slow", "slow"],
    ["the first preferred one with room", 20, ["fast", "slow"], undefined, "slow"],
    ["preferred before the default", 5, ["fast"], "slow", "fast"],
    ["the default where the host has none of the preferred", 5, ["ssd"], "slow", "slow"],
    ["to the byte", 10, ["fast"], undefined, "fast"],
  ] as const)("%s", (_what, size, pools, defaultPool, expected) => {
    expect(choosePool(POOLS, { bytes: size * GiB, pools }, defaultPool)).toMatchObject({
      pool: expected,
      chosen: expect.stringContaining(`${expected}: `),
    });
  });

  test.each([
    [
      POOLS,
      200,
      undefined,
      undefined,
      "size",
      /^no space: 200 GiB do not fit in "fast" \(10 GiB free\), "off" \(not active\), "slow" \(100 GiB free\)$/,
    ],
    [
      POOLS,
      20,
      undefined,
      "fast",
      "size",
      /^no space: 20 GiB do not fit in "fast" \(10 GiB free\); there is "slow" \(100 GiB free\), /,
    ],
    [POOLS, 20, ["fast", "ssd"], "slow", "size", /^no space: 20 GiB do not fit in "fast" \(10 GiB free\)$/],
    [
      POOLS,
      1,
      undefined,
      "nope",
      "pool",
      /^the host's default storage pool "nope" is not there; it has "slow" \(100 GiB free\), /,
    ],
    [POOLS, 1, undefined, "off", "size", /"off" \(not active\)/],
    [[], 1, undefined, undefined, "pool", /^the host has no storage pool/],
    [[pool("san", 50, { takesDisks: false })], 1, undefined, undefined, "size", /"san" \(takes no disks\)/],
  ] as const)("refused: %j %d %j %j", (pools, size, preferred, defaultPool, at, words) => {
    expect(choosePool(pools, { bytes: size * GiB, pools: preferred }, defaultPool)).toEqual({
      at,
      refused: expect.stringMatching(words),
    });
  });

  test("of a pool that this program makes nothing is known, so it has room", () => {
    const coming: KnownPool = { name: "new", active: true, takesDisks: true };
    expect(choosePool([coming], { bytes: 999 * GiB })).toMatchObject({ pool: "new" });
    expect(choosePool([], { bytes: 1 }, "new")).toMatchObject({ at: "pool" });
    expect(choosePool([coming], { bytes: 1 }, "new")).toMatchObject({ chosen: "new: the host's default" });
  });

  test("a disk that names its pool must fit there; of one that is not known nothing is said", () => {
    expect(roomIn(POOLS, "fast", 10 * GiB)).toBeUndefined();
    expect(roomIn(POOLS, "nope", 10 * GiB)).toBeUndefined();
    expect(roomIn(POOLS, "fast", 10 * GiB + 1)).toMatchObject({ at: "size" });
  });

  test("is never one without room, and there is one whenever any has it", () => {
    const some = fc.array(fc.record({ free: fc.nat(50), active: fc.boolean() }), { maxLength: 5 });
    fc.assert(
      fc.property(some, fc.nat(60), (pools, size) => {
        const known = pools.map(({ free, active }, index) => pool(`p${index}`, free, { active }));
        const choice = choosePool(known, { bytes: size * GiB });
        const fits = known.filter(({ active, freeBytes = 0 }) => active && freeBytes >= size * GiB);
        if ("refused" in choice) return fits.length === 0;
        return fits.some(({ name }) => name === choice.pool);
      }),
    );
  });
});
