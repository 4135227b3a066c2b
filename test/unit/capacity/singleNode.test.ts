import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { TiedVm } from "../../../provider/capacity/numa";
import type { HostNode } from "../../../provider/driver/summaries";
import { chooseNode } from "../../../provider/capacity/singleNode";

const NODES: readonly HostNode[] = [0, 1].map((id) => ({
  id,
  cpus: Array.from({ length: 4 }, (_, cpu) => id * 4 + cpu),
  memoryMiB: 8192,
  hugepages: [{ pageKiB: 2048, pages: 512 }],
}));

const pinned = (cpus: number[], memoryMiB = 1024): TiedVm => ({
  id: `vm${cpus.join("-")}`,
  name: "vm",
  cores: cpus.length,
  memoryMiB,
  cpus,
  pinnedCores: cpus,
});
const roaming: TiedVm = { id: "roams", name: "roams", cores: 16, memoryMiB: 65536 };

describe("a VM on a single node", () => {
  test("goes where most CPUs are left, on the first of them", () => {
    expect(chooseNode(NODES, [pinned([0, 2])], { cores: 2, memoryMiB: 1024 })).toEqual({
      node: 1,
      cpus: [4, 5],
    });
    expect(chooseNode(NODES, [pinned([4])], { cores: 1, memoryMiB: 1024 })).toEqual({ node: 0, cpus: [0] });
  });

  test("goes to the other where its memory is not left, and nothing is overcommitted", () => {
    expect(chooseNode(NODES, [pinned([0], 7000)], { cores: 1, memoryMiB: 512 })).toMatchObject({ node: 1 });
    expect(
      chooseNode(NODES, [pinned([0], 7000), pinned([4, 5])], { cores: 1, memoryMiB: 6000 }),
    ).toMatchObject({
      node: 1,
    });
    expect(chooseNode(NODES, [], { cores: 1, memoryMiB: 7168 })).toMatchObject({ node: 0 });
    expect(chooseNode(NODES, [], { cores: 1, memoryMiB: 7169 })).toHaveProperty("refused");
  });

  test("takes huge pages of the node, not its ordinary memory", () => {
    expect(chooseNode(NODES, [], { cores: 1, memoryMiB: 1024, hugepages: true })).toMatchObject({ node: 0 });
    expect(chooseNode(NODES, [], { cores: 1, memoryMiB: 1026, hugepages: true })).toHaveProperty("refused");
  });

  test("is refused with what every node has left", () => {
    expect(chooseNode(NODES, [pinned([0, 1]), pinned([4])], { cores: 4, memoryMiB: 1024 })).toEqual({
      refused:
        "no NUMA node has room for 4 cores and 1024 MiB of this VM: node 0 has 2 CPUs and 6144 MiB left, node 1 has 3 CPUs and 6144 MiB left",
    });
  });

  test("does not mind VMs that may run anywhere, also where there is one node", () => {
    expect(chooseNode(NODES.slice(0, 1), [roaming], { cores: 4, memoryMiB: 1024 })).toMatchObject({
      node: 0,
    });
  });

  test("never shares a CPU with a pinned VM, and is always on one node", () => {
    const cpus = fc.uniqueArray(fc.nat(7), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(cpus, { maxLength: 4 }), fc.integer({ min: 1, max: 4 }), (others, cores) => {
        const chosen = chooseNode(
          NODES,
          others.map((each) => pinned(each)),
          { cores, memoryMiB: 256 },
        );
        if ("refused" in chosen) return;
        expect(chosen.cpus).toHaveLength(cores);
        expect(chosen.cpus.filter((cpu) => others.flat().includes(cpu))).toEqual([]);
        expect(chosen.cpus.every((cpu) => NODES[chosen.node]?.cpus.includes(cpu))).toBe(true);
      }),
    );
  });
});
