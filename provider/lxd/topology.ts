import type { HostDisk, HostInterface, HostNode, PageCount } from "../driver/contract";
import { given } from "./common";
import type { Resources } from "./objects";

const MIB = 2 ** 20;

/** `/1.0/resources` by NUMA node (R168): CPUs that are online, and memory. A host that tells of no nodes is one. */
export function nodesOf(resources: Resources): readonly HostNode[] {
  const { cpu, memory } = resources;
  const threads = (cpu.sockets ?? [])
    .flatMap(({ cores }) => cores ?? [])
    .flatMap(({ threads }) => threads ?? [])
    .filter(({ online }) => online !== false);
  const told = memory.nodes ?? [];
  const parts =
    told.length > 0 ? told : [{ numa_node: 0, total: memory.total, hugepages_total: memory.hugepages_total }];
  const only = parts.length === 1;
  return parts
    .map((node): HostNode => {
      const mine = threads.filter(({ numa_node = 0 }) => only || numa_node === node.numa_node);
      return {
        id: node.numa_node,
        cpus:
          threads.length === 0 && only
            ? Array.from({ length: cpu.total }, (_, id) => id)
            : mine.map(({ id }) => id).sort((a, b) => a - b),
        memoryMiB: Math.floor(node.total / MIB),
        hugepages: pagesOf(memory, node.hugepages_total),
      };
    })
    .sort((a, b) => a.id - b.id);
}

/** LXD tells of one size of huge pages, the host's usual one (R177). */
export function pagesOf(
  { hugepages_size: size = 0, hugepages_total: all = 0 }: Resources["memory"],
  bytes: number = all,
): readonly PageCount[] {
  return size === 0 ? [] : [{ pageKiB: size / 1024, pages: Math.floor(bytes / size) }];
}

/** The host's disks, as far as the server tells of any (R168). */
export function disksOf({ storage }: Resources): readonly HostDisk[] {
  return (storage?.disks ?? [])
    .map(({ id, size, model, type, numa_node: numaNode }) => ({
      name: id,
      bytes: size,
      ...given({ model: model || undefined, type: type || undefined, numaNode }),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

type Card = Pick<HostInterface, "numaNode" | "virtualFunctions" | "functions">;

/** What the card behind each port can do, by the port's name (R172, R174). */
export function cardsOf({ network }: Resources): ReadonlyMap<string, Card> {
  return new Map(
    (network?.cards ?? []).flatMap(({ ports, sriov, numa_node: numaNode }) => {
      const functions = (sriov?.vfs ?? []).flatMap(({ pci_address: address }) => address ?? []);
      const card = given({
        numaNode,
        virtualFunctions: sriov?.maximum_vfs,
        functions: sriov?.maximum_vfs === undefined ? undefined : functions,
      });
      return (ports ?? []).map(({ id }) => [id, card] as const);
    }),
  );
}
