import type { HostDisk, HostNode, PageCount } from "../driver/summaries";
import { pageSize } from "./hugepages";
import {
  misaligned,
  functionsOf,
  type Attached,
  type Device,
  type FunctionShare,
  type VirtualNetwork,
} from "./devices";
import {
  inPages,
  memoryShare,
  nodeUses,
  share,
  weightsOf,
  type MemoryShare,
  type NodeUse,
  type Share,
  type TiedVm,
} from "./numa";
import { coresOf, usageOf } from "./usage";

/** What a host has told of itself and of what is on it. */
export interface Inventory {
  readonly total: { readonly cores: number; readonly memoryMiB: number };
  readonly hugepages?: readonly PageCount[];
  readonly nodes: readonly HostNode[];
  readonly vms: readonly PlacedVm[];
  readonly interfaces: readonly Device[];
  readonly disks?: readonly HostDisk[];
  readonly networks: readonly VirtualNetwork[];
}

export type PlacedVm = TiedVm & Attached & { readonly state: string; readonly project?: string };

export interface HostResources {
  readonly cores: Share;
  readonly memoryMiB: MemoryShare;
  readonly vms: readonly VmResources[];
  /** What VMs take that are tied to no NUMA node. */
  readonly untied: { readonly vms: number; readonly cores: number; readonly memoryMiB: number };
  readonly interfaces: readonly InterfaceResources[];
  /** The host's own disks; empty where it does not tell of them (R168). */
  readonly disks: readonly HostDisk[];
  /** The same by LXD project; empty on hosts without projects. */
  readonly projects: readonly ProjectUse[];
  /** Only where it was asked for. */
  readonly numa?: readonly NodeResources[];
  /** VMs that span nodes, and VMs with an interface on another node than theirs; one sentence each. */
  readonly warnings: readonly string[];
}

export interface VmResources {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly pinnedCores?: readonly number[];
  readonly hugepages?: boolean | number;
  readonly project?: string;
  /** The nodes that it is tied to; empty where it may run anywhere. */
  readonly numaNodes: readonly number[];
}

export interface InterfaceResources {
  readonly name: string;
  readonly type: string;
  readonly numaNode?: number;
  /** SR-IOV functions of the device, where it has any (R174). */
  readonly functions?: FunctionShare;
}

export interface ProjectUse {
  readonly project: string;
  readonly vms: number;
  readonly cores: number;
  readonly memoryMiB: number;
}

export interface NodeResources extends NodeUse {
  /** Names of the host's interfaces on it. */
  readonly interfaces: readonly string[];
  /** The host's disks on it: their names, and how large they are together. */
  readonly storage: { readonly disks: readonly string[]; readonly bytes: number };
}

/** A host's resources, and who has them: every VM counts, running or not, whoever made it (R61, R168–R174). */
export function hostResources(host: Inventory, { perNuma = false } = {}): HostResources {
  const { total, nodes, vms, interfaces, networks } = host;
  const disks = (host.disks ?? []).map((disk) => placed(disk, nodes));
  const hugepages = host.hugepages ?? sumOfPages(nodes);
  const used = (size: number | undefined): number =>
    vms
      .filter((vm) => pageSize({ hugepages }, vm.hugepages) === size)
      .reduce((sum, { memoryMiB }) => sum + inPages(memoryMiB, size), 0);
  const tied = vms.map((vm) => ({ vm, numaNodes: [...weightsOf(vm, nodes).keys()] }));
  const untied = tied.filter(({ numaNodes }) => numaNodes.length === 0).map(({ vm }) => vm);
  return {
    cores: share(total.cores, usageOf(vms).cores),
    memoryMiB: memoryShare(total.memoryMiB, hugepages, used),
    vms: tied.map(({ vm, numaNodes }) => vmResources(vm, numaNodes)),
    untied: { vms: untied.length, ...usageOf(untied) },
    interfaces: interfaces.map((device) => interfaceResources(device, vms, networks)),
    disks,
    projects: projectsOf(vms),
    ...(perNuma
      ? {
          numa: nodeUses(nodes, vms).map((node) => ({
            ...node,
            interfaces: on(node.id, interfaces),
            storage: storageOf(disks.filter(({ numaNode }) => numaNode === node.id)),
          })),
        }
      : {}),
    warnings: [
      ...vms.flatMap((vm) => spanning(vm, nodes) ?? []),
      ...vms.flatMap((vm) => misaligned(vm, nodes, interfaces, networks)),
    ],
  };
}

/** A host of one node need not say where its disks are. */
function placed(disk: HostDisk, nodes: readonly HostNode[]): HostDisk {
  const { numaNode = -1, ...rest } = disk;
  const [only, ...others] = nodes;
  if (numaNode >= 0) return disk;
  return only === undefined || others.length > 0 ? rest : { ...rest, numaNode: only.id };
}

function storageOf(disks: readonly HostDisk[]): NodeResources["storage"] {
  return { disks: disks.map(({ name }) => name), bytes: disks.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** A sentence about a VM that is pinned to CPUs of several nodes (R169). */
export function spanning(
  vm: Pick<TiedVm, "name" | "cpus" | "memoryNodes">,
  nodes: readonly HostNode[],
): string | undefined {
  const weights = [...weightsOf(vm, nodes)];
  if (weights.length < 2) return undefined;
  const parts = weights.map(([id, weight]) => `${Math.round(weight * 100)}% on node ${id}`).join(", ");
  return `VM "${vm.name}" spans NUMA nodes (${parts}); pinned to CPUs of one, its memory is as near as can be`;
}

function vmResources(vm: PlacedVm, numaNodes: readonly number[]): VmResources {
  const { id, name, state, memoryMiB, pinnedCores, hugepages, project } = vm;
  return {
    id,
    name,
    state,
    cores: coresOf(vm),
    memoryMiB,
    ...(pinnedCores === undefined ? {} : { pinnedCores }),
    ...(hugepages === undefined ? {} : { hugepages }),
    ...(project === undefined ? {} : { project }),
    numaNodes,
  };
}

function interfaceResources(
  device: Device,
  vms: readonly PlacedVm[],
  networks: readonly VirtualNetwork[],
): InterfaceResources {
  const { name, type, numaNode } = device;
  const functions = functionsOf(device, vms, networks);
  return {
    name,
    type,
    ...(numaNode === undefined ? {} : { numaNode }),
    ...(functions === undefined ? {} : { functions }),
  };
}

function on(node: number, interfaces: readonly Device[]): readonly string[] {
  return interfaces.filter(({ numaNode }) => numaNode === node).map(({ name }) => name);
}

function sumOfPages(nodes: readonly HostNode[]): PageCount[] {
  const sums = new Map<number, number>();
  for (const { pageKiB, pages } of nodes.flatMap(({ hugepages }) => hugepages))
    sums.set(pageKiB, (sums.get(pageKiB) ?? 0) + pages);
  return [...sums].map(([pageKiB, pages]) => ({ pageKiB, pages }));
}

function projectsOf(vms: readonly PlacedVm[]): ProjectUse[] {
  const names = new Set(vms.flatMap(({ project }) => project ?? []));
  return [...names].sort().map((project) => {
    const mine = vms.filter((vm) => vm.project === project);
    return { project, vms: mine.length, ...usageOf(mine) };
  });
}
