import type { HostNode, PageCount } from "../driver/summaries";
import { pageSize } from "./hugepages";
import { coresOf, type CountedVm } from "./usage";

/** A VM of the host, with what ties it to nodes. */
export interface TiedVm extends CountedVm {
  readonly name: string;
  readonly cpus?: readonly number[];
  readonly memoryNodes?: readonly number[];
}

/** In the unit of its name; `free` is below 0 where more was given away than there is. */
export interface Share {
  readonly total: number;
  readonly allocated: number;
  readonly free: number;
}

export interface PageShare extends Share {
  readonly pageKiB: number;
}

export interface MemoryShare {
  /** Ordinary memory: huge pages that were set aside are not in it. */
  readonly general: Share;
  /** Memory in huge pages, by their size. */
  readonly hugepages: readonly PageShare[];
}

/** What a VM takes of one node. */
export interface VmOnNode {
  readonly id: string;
  readonly name: string;
  /** Its part of the VM, from 0 to 1. */
  readonly weight: number;
  readonly cores: number;
  readonly memoryMiB: number;
}

export interface NodeUse {
  readonly id: number;
  readonly cpus: readonly number[];
  readonly cores: Share;
  readonly memoryMiB: MemoryShare;
  readonly vms: readonly VmOnNode[];
}

/**
 * How much of a VM is on each node: the CPUs there of all that it is pinned to, else its memory's nodes alike (R169). A VM
 * that is tied to nothing is on no node, unless there is but one.
 */
export function weightsOf(
  { cpus = [], memoryNodes = [] }: Pick<TiedVm, "cpus" | "memoryNodes">,
  nodes: readonly HostNode[],
): ReadonlyMap<number, number> {
  const [first, ...others] = nodes;
  if (first !== undefined && others.length === 0) return new Map([[first.id, 1]]);
  const pinned = new Set(cpus);
  const parts = nodes.flatMap(({ id, cpus: own }): [number, number][] => {
    const part = pinned.size > 0 ? own.filter((cpu) => pinned.has(cpu)).length : +memoryNodes.includes(id);
    return part === 0 ? [] : [[id, part]];
  });
  const whole = parts.reduce((sum, [, part]) => sum + part, 0);
  return new Map(parts.map(([id, part]) => [id, part / whole]));
}

/** A whole number cut by weights that sum to 1: whole parts that sum to it, each less than 1 from its exact share. */
export function split(total: number, weights: readonly number[]): number[] {
  const exact = weights.map((weight) => total * weight);
  const parts = exact.map(Math.floor);
  const byRest = exact
    .map((share, index) => ({ index, rest: share - Math.floor(share) }))
    .sort((a, b) => b.rest - a.rest || a.index - b.index);
  const missing = Math.round(total - parts.reduce((sum, part) => sum + part, 0));
  for (const { index } of byRest.slice(0, missing)) parts[index] = (parts[index] ?? 0) + 1;
  return parts;
}

/** Each node with what VMs take of it. VMs that are tied to no node are nobody's; the host as a whole counts them. */
export function nodeUses(nodes: readonly HostNode[], vms: readonly TiedVm[]): NodeUse[] {
  const hugepages = nodes.flatMap((node) => node.hugepages);
  const tied = vms.map((vm) => {
    const weights = weightsOf(vm, nodes);
    const on = (total: number): ReadonlyMap<number, number> => {
      const parts = split(total, [...weights.values()]);
      return new Map([...weights.keys()].map((id, index) => [id, parts[index] ?? 0]));
    };
    return {
      vm,
      weights,
      cores: on(coresOf(vm)),
      memory: on(vm.memoryMiB),
      pageKiB: pageSize({ hugepages }, vm.hugepages),
    };
  });
  return nodes.map(({ id, cpus, memoryMiB, hugepages: pages }) => {
    const here = tied.filter(({ weights }) => weights.has(id));
    const own = new Set(here.flatMap(({ vm }) => vm.pinnedCores ?? []));
    // CPUs of VMs that have them as their own count once each; a VM that may roam over several takes as many as it has cores.
    const roaming = here.filter(({ vm }) => vm.pinnedCores === undefined);
    const cores =
      cpus.filter((cpu) => own.has(cpu)).length +
      roaming.reduce((sum, each) => sum + (each.cores.get(id) ?? 0), 0);
    const used = (size: number | undefined): number =>
      here
        .filter(({ pageKiB }) => pageKiB === size)
        .reduce((sum, { memory }) => sum + inPages(memory.get(id) ?? 0, size), 0);
    return {
      id,
      cpus,
      cores: share(cpus.length, cores),
      memoryMiB: memoryShare(memoryMiB, pages, used),
      vms: here.map(({ vm, weights, ...amounts }) => ({
        id: vm.id,
        name: vm.name,
        weight: weights.get(id) ?? 0,
        cores: amounts.cores.get(id) ?? 0,
        memoryMiB: amounts.memory.get(id) ?? 0,
      })),
    };
  });
}

/** Memory with huge pages of several sizes, each counted by itself: they are never overcommitted. */
export function memoryShare(
  memoryMiB: number,
  pages: readonly PageCount[],
  used: (pageKiB: number | undefined) => number,
): MemoryShare {
  const aside = pages.map(({ pageKiB, pages: count }) => ({ pageKiB, total: (pageKiB * count) / 1024 }));
  const reserved = aside.reduce((sum, { total }) => sum + total, 0);
  return {
    general: share(memoryMiB - reserved, used(undefined)),
    hugepages: aside.map(({ pageKiB, total }) => ({ pageKiB, ...share(total, used(pageKiB)) })),
  };
}

/** Whole pages; ordinary memory is as it is. */
export function inPages(memoryMiB: number, pageKiB: number | undefined): number {
  return pageKiB === undefined ? memoryMiB : (Math.ceil((memoryMiB * 1024) / pageKiB) * pageKiB) / 1024;
}

export function share(total: number, allocated: number): Share {
  return { total, allocated, free: total - allocated };
}
