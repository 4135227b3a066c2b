import type { HostNode } from "../driver/summaries";
import { nodeUses, type TiedVm } from "./numa";

export interface NodeWish {
  readonly cores: number;
  readonly memoryMiB: number;
  readonly hugepages?: boolean | number;
}

export interface ChosenNode {
  readonly node: number;
  /** CPUs of the host for the VM's cores, one each. */
  readonly cpus: readonly number[];
}

export interface NoNode {
  readonly refused: string;
}

/**
 * One NUMA node for all of a VM, with CPUs that no other VM is pinned to, and its memory (R170): the one with the most CPUs
 * left, then with the most memory. Nothing is overcommitted here: a guest that is tied to a node cannot go elsewhere.
 */
export function chooseNode(
  nodes: readonly HostNode[],
  others: readonly TiedVm[],
  wish: NodeWish,
): ChosenNode | NoNode {
  // VMs that may run anywhere are on no node, also where there is but one; the host's own limits count them.
  const tied = others.filter(({ cpus = [], memoryNodes = [] }) => cpus.length + memoryNodes.length > 0);
  const pinned = new Set(tied.flatMap(({ pinnedCores = [] }) => pinnedCores));
  const uses = nodeUses(nodes, tied).map((use) => {
    const asked: TiedVm = { id: "", name: "", ...wish, memoryNodes: [use.id] };
    const after = nodeUses(nodes, [...tied, asked]).find(({ id }) => id === use.id)?.memoryMiB;
    const cpus = use.cpus.filter((cpu) => !pinned.has(cpu));
    return {
      id: use.id,
      cpus,
      left: Math.min(cpus.length, use.cores.free),
      general: use.memoryMiB.general.free,
      enough: after !== undefined && [after.general, ...after.hugepages].every(({ free }) => free >= 0),
    };
  });
  const [best] = uses
    .filter(({ left, enough }) => enough && left >= wish.cores)
    .sort((a, b) => b.left - a.left || b.general - a.general || a.id - b.id);
  if (best !== undefined) return { node: best.id, cpus: best.cpus.slice(0, wish.cores) };
  const there = uses
    .map(({ id, left, general }) => `node ${id} has ${Math.max(0, left)} CPUs and ${general} MiB left`)
    .join(", ");
  return {
    refused: `no NUMA node has room for ${wish.cores} cores and ${wish.memoryMiB} MiB of this VM: ${there}`,
  };
}
