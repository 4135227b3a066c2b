import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { nodeUses, split, weightsOf, type TiedVm } from "../../../provider/capacity/numa";
import type { HostNode } from "../../../provider/driver/summaries";

const GIB = 1024;

/** Two nodes of 8 CPUs and 64 GiB, a part of it in huge pages. */
const NODES: readonly HostNode[] = [0, 1].map((id) => ({
  id,
  cpus: Array.from({ length: 8 }, (_, cpu) => id * 8 + cpu),
  memoryMiB: 64 * GIB,
  hugepages: [
    { pageKiB: 2048, pages: 4096 },
    { pageKiB: 1024 * 1024, pages: 8 },
  ],
}));

const vm = (name: string, more: Partial<TiedVm>): TiedVm => ({
  id: name,
  name,
  cores: 2,
  memoryMiB: 4 * GIB,
  ...more,
});
const pinned = (name: string, cpus: number[], more: Partial<TiedVm> = {}): TiedVm =>
  vm(name, { cores: cpus.length, cpus, pinnedCores: cpus, ...more });

describe("the weight of a VM on a node", () => {
  test("is its pinned CPUs there of all that it is pinned to (R169)", () => {
    expect([...weightsOf(pinned("a", [0, 1, 2, 8]), NODES)]).toEqual([
      [0, 0.75],
      [1, 0.25],
    ]);
  });

  test("is whole on the node that its memory is fixed to, and nothing where it is tied to nothing", () => {
    expect([...weightsOf(vm("a", { memoryNodes: [1] }), NODES)]).toEqual([[1, 1]]);
    expect(weightsOf(vm("a", {}), NODES).size).toBe(0);
    expect([...weightsOf(vm("a", {}), NODES.slice(0, 1))]).toEqual([[0, 1]]);
  });

  test("sums to 1, whatever it is pinned to", () => {
    const cpus = fc.uniqueArray(fc.nat(15), { minLength: 1 });
    fc.assert(
      fc.property(cpus, (some) => {
        const sum = [...weightsOf({ cpus: some }, NODES).values()].reduce((a, b) => a + b, 0);
        expect(sum).toBeCloseTo(1, 10);
      }),
    );
  });
});

describe("a split", () => {
  test("is of whole numbers that sum to the total, each less than 1 from its exact share", () => {
    const parts = fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.nat(2 ** 24), parts, (total, some) => {
        const whole = some.reduce((a, b) => a + b, 0);
        const weights = some.map((part) => part / whole);
        const cut = split(total, weights);
        expect(cut.every(Number.isInteger)).toBe(true);
        expect(cut.reduce((a, b) => a + b, 0)).toBe(total);
        cut.forEach((part, index) =>
          expect(Math.abs(part - total * (weights[index] ?? 0))).toBeLessThan(1 + 1e-6),
        );
      }),
    );
  });
});

describe("a node", () => {
  test("has its CPUs less those that VMs are pinned to, each counted once", () => {
    const [first, second] = nodeUses(NODES, [pinned("a", [0, 1, 8]), pinned("b", [1, 2]), vm("roams", {})]);
    expect(first?.cores).toEqual({ total: 8, allocated: 3, free: 5 });
    expect(second?.cores).toEqual({ total: 8, allocated: 1, free: 7 });
    expect(first?.vms.map(({ name, cores }) => [name, cores])).toEqual([
      ["a", 2],
      ["b", 2],
    ]);
  });

  test("counts a VM that may roam over more of its CPUs by its cores", () => {
    const [first] = nodeUses(NODES, [vm("a", { cores: 2, cpus: [0, 1, 2, 3, 4, 5] })]);
    expect(first?.cores).toEqual({ total: 8, allocated: 2, free: 6 });
  });

  test("has ordinary memory without what is set aside in huge pages", () => {
    const [first, second] = nodeUses(NODES, [pinned("a", [0, 1, 2, 8], { memoryMiB: 8 * GIB })]);
    expect(first?.memoryMiB.general).toEqual({ total: 48 * GIB, allocated: 6 * GIB, free: 42 * GIB });
    expect(second?.memoryMiB.general).toEqual({ total: 48 * GIB, allocated: 2 * GIB, free: 46 * GIB });
  });

  test("gives huge pages as whole ones, of the VM's size", () => {
    const [first, second] = nodeUses(NODES, [
      pinned("a", [0, 8, 9], { memoryMiB: 4 * GIB, hugepages: 1024 }),
      pinned("b", [1], { memoryMiB: 101, hugepages: true }),
    ]);
    expect(first?.memoryMiB.hugepages).toEqual([
      { pageKiB: 2048, total: 8 * GIB, allocated: 102, free: 8 * GIB - 102 },
      { pageKiB: 1024 * 1024, total: 8 * GIB, allocated: 2 * GIB, free: 6 * GIB },
    ]);
    // A third of 4 GiB is more than one page of 1 GiB, two thirds are less than three.
    expect(second?.memoryMiB.hugepages[1]).toMatchObject({ allocated: 3 * GIB });
    expect(first?.memoryMiB.general.allocated).toBe(0);
  });

  test("together with the others has all cores and memory of the VMs that are tied to nodes", () => {
    const tied = fc.record({
      cpus: fc.uniqueArray(fc.nat(15), { minLength: 1 }),
      cores: fc.integer({ min: 1, max: 16 }),
      memoryMiB: fc.nat(65536),
    });
    fc.assert(
      fc.property(fc.array(tied, { maxLength: 6 }), (some) => {
        const vms = some.map((each, index) => vm(`vm${index}`, each));
        const uses = nodeUses(NODES, vms);
        const sum = (of: (node: (typeof uses)[number]) => number): number =>
          uses.reduce((total, node) => total + of(node), 0);
        expect(sum(({ cores }) => cores.allocated)).toBe(vms.reduce((all, { cores }) => all + cores, 0));
        expect(sum(({ memoryMiB }) => memoryMiB.general.allocated)).toBe(
          vms.reduce((all, { memoryMiB }) => all + memoryMiB, 0),
        );
        for (const { cores } of uses) expect(cores.free).toBe(cores.total - cores.allocated);
      }),
    );
  });
});
