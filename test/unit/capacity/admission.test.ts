import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  admit,
  beyondHost,
  largestThatFits,
  standing,
  type HostMeasure,
} from "../../../provider/capacity/admission";
import { coresOf, growth, usageOf } from "../../../provider/capacity/usage";

const host = (cores: number, memoryMiB: number, cpuRatio = 1, memoryRatio = 1): HostMeasure => ({
  cores: { total: cores, ratio: cpuRatio },
  memoryMiB: { total: memoryMiB, ratio: memoryRatio },
});

const refused = (...args: Parameters<typeof admit>): string[] =>
  admit(...args)
    .verdicts.filter(({ fits }) => !fits)
    .map(({ resource }) => resource);

describe("cores and memory are judged apart, and both refusals are told", () => {
  test.each([
    { cores: 4, memory: 12288, ratios: [2, 1.34], used: [6, 12288], request: [2, 4096], violations: [] },
    {
      cores: 4,
      memory: 12288,
      ratios: [2, 1.3333],
      used: [6, 12288],
      request: [2, 4096],
      violations: ["memory"],
    },
    { cores: 4, memory: 12288, ratios: [1, 1], used: [4, 8192], request: [2, 4096], violations: ["cores"] },
    {
      cores: 8,
      memory: 16384,
      ratios: [1, 1],
      used: [8, 16384],
      request: [1, 1024],
      violations: ["cores", "memory"],
    },
    {
      cores: 8,
      memory: 16384,
      ratios: [0, 0],
      used: [0, 0],
      request: [1, 1],
      violations: ["cores", "memory"],
    },
  ] as const)(
    "$cores cores, $memory MiB at $ratios with $used used: $request → $violations",
    ({ cores, memory, ratios, used, request, violations }) => {
      const measured = host(cores, memory, ...ratios);
      expect(
        refused(
          measured,
          { cores: used[0], memoryMiB: used[1] },
          { cores: request[0], memoryMiB: request[1] },
        ),
      ).toEqual(violations);
    },
  );

  test("the worked scenario: four VMs of 2 cores and 4 GiB on 4 cores and 12 GiB", () => {
    const admitted = (cpuRatio: number, memoryRatio: number): number => {
      const vms: { id: string; cores: number; memoryMiB: number }[] = [];
      while (
        vms.length < 4 &&
        admit(host(4, 12288, cpuRatio, memoryRatio), usageOf(vms), { cores: 2, memoryMiB: 4096 }).fits
      ) {
        vms.push({ id: String(vms.length), cores: 2, memoryMiB: 4096 });
      }
      return vms.length;
    };
    expect(admitted(2, 1.34)).toBe(4);
    expect(admitted(2, 1.3333)).toBe(3);
    expect(admitted(2, 1)).toBe(3);
    expect(admitted(1, 1)).toBe(2);
  });
});

describe("huge pages", () => {
  const measured: HostMeasure = { ...host(8, 16384, 4, 4), hugepages: { pageKiB: 2048, freePages: 512 } };

  test("are never overcommitted", () => {
    expect(
      refused(measured, { cores: 0, memoryMiB: 0 }, { cores: 1, memoryMiB: 1024, hugepages: true }),
    ).toEqual([]);
    expect(
      refused(measured, { cores: 0, memoryMiB: 0 }, { cores: 1, memoryMiB: 1025, hugepages: true }),
    ).toEqual(["hugepages"]);
    expect(refused(measured, { cores: 0, memoryMiB: 0 }, { cores: 1, memoryMiB: 1025 })).toEqual([]);
  });

  test("are taken whole", () => {
    const large: HostMeasure = { ...host(8, 16384), hugepages: { pageKiB: 1048576, freePages: 1 } };
    expect(
      admit(large, { cores: 0, memoryMiB: 0 }, { cores: 1, memoryMiB: 700, hugepages: true }).verdicts[2],
    ).toMatchObject({ requested: 1024, fits: true });
    expect(
      refused(large, { cores: 0, memoryMiB: 0 }, { cores: 1, memoryMiB: 1500, hugepages: true }),
    ).toEqual(["hugepages"]);
  });

  test("of a host that tells of none are not to be had", () => {
    expect(
      refused(host(8, 16384), { cores: 0, memoryMiB: 0 }, { cores: 1, memoryMiB: 2, hugepages: true }),
    ).toEqual(["hugepages"]);
  });

  test("bound the largest VM that wants them, and the memory limit counts as well", () => {
    expect(largestThatFits(measured, { cores: 2, memoryMiB: 0 }, true)).toEqual({
      cores: 30,
      memoryMiB: 1024,
    });
    expect(largestThatFits(measured, { cores: 2, memoryMiB: 65000 }, true)).toEqual({
      cores: 30,
      memoryMiB: 536,
    });
    expect(
      refused(measured, { cores: 2, memoryMiB: 65000 }, { cores: 1, memoryMiB: 600, hugepages: true }),
    ).toEqual(["memory"]);
  });
});

describe("what is used", () => {
  const vms = [
    { id: "a", cores: 2, memoryMiB: 2048, state: "running" },
    { id: "b", cores: 4, memoryMiB: 4096, state: "stopped" },
    { id: "c", cores: 1, memoryMiB: 512, state: "paused" },
    { id: "d", cores: 1, memoryMiB: 1024, state: "crashed", pinnedCores: [4, 5, 5] },
  ];

  test("counts every VM, running or not", () => {
    expect(usageOf(vms)).toEqual({ cores: 9, memoryMiB: 7680 });
  });

  test("leaves out stopped VMs only where that is asked for", () => {
    expect(usageOf(vms, "running")).toEqual({ cores: 5, memoryMiB: 3584 });
  });

  test("counts pinned cores instead of the number", () => {
    expect(coresOf({ cores: 8, pinnedCores: [0, 2] })).toBe(2);
    expect(coresOf({ cores: 8, pinnedCores: [] })).toBe(8);
  });

  test("a change asks only for what it adds", () => {
    expect(growth({ cores: 2, memoryMiB: 4096 }, { cores: 4, memoryMiB: 2048 })).toEqual({
      cores: 2,
      memoryMiB: 0,
    });
    const over = host(4, 4096);
    expect(
      refused(
        over,
        { cores: 2, memoryMiB: 9000 },
        growth({ cores: 1, memoryMiB: 4096 }, { cores: 2, memoryMiB: 2048 }),
      ),
    ).toEqual([]);
  });
});

test("outputs show total, used, available and limit", () => {
  expect(standing({ total: 15, ratio: 8.2 }, 20)).toEqual({ total: 15, used: 20, available: -5, limit: 123 });
});

test("a single VM above the machine's size is found", () => {
  expect(beyondHost(host(4, 8192, 10, 10), { cores: 5, memoryMiB: 8192 })).toEqual(["cores"]);
  expect(beyondHost(host(4, 8192, 10, 10), { cores: 4, memoryMiB: 8193 })).toEqual(["memory"]);
});

test("the largest VM fits, and anything larger does not", () => {
  const size = fc.integer({ min: 0, max: 2 ** 20 });
  const ratio = fc.integer({ min: 0, max: 1000 }).map((hundredths) => hundredths / 100);
  fc.assert(
    fc.property(
      size,
      size,
      ratio,
      ratio,
      size,
      size,
      (cores, memoryMiB, cpuRatio, memoryRatio, usedCores, usedMiB) => {
        const measured = host(cores, memoryMiB, cpuRatio, memoryRatio);
        const used = { cores: usedCores, memoryMiB: usedMiB };
        const largest = largestThatFits(measured, used);
        expect(refused(measured, used, largest)).toEqual([]);
        expect(refused(measured, used, { ...largest, cores: largest.cores + 1 })).toEqual(["cores"]);
        expect(refused(measured, used, { ...largest, memoryMiB: largest.memoryMiB + 1 })).toEqual(["memory"]);
      },
    ),
    { numRuns: 1000 },
  );
});
