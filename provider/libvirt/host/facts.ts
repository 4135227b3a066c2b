import type { HostFacts } from "../../driver/contract";
import { hasCode } from "../../driver/errors";
import { uuidOfOwner } from "../common";
import { VIR_NODE_MEMORY_STATS_ALL_CELLS } from "../rpc/constants.gen";
import type { LibvirtSession } from "../session";
import { readCapabilities, type Capabilities } from "../xml/capabilities";
import { readXml } from "../xml/tree";

export async function capabilitiesOf(session: LibvirtSession): Promise<Capabilities> {
  return readCapabilities(readXml((await session.call("connect_get_capabilities")).capabilities));
}

/** Who the host is and what it has, in one burst of questions; listing its VMs needs the rights that all the rest needs. */
export async function hostFacts(session: LibvirtSession, address: string): Promise<HostFacts> {
  const [capabilities, node, memoryKiB, { hostname }, { lib_ver: library }, hypervisor] = await Promise.all([
    capabilitiesOf(session),
    session.call("node_get_info"),
    totalMemory(session),
    session.call("connect_get_hostname"),
    session.call("connect_get_lib_version"),
    session.call("connect_get_version").catch((error: unknown) => {
      if (hasCode(error, "unsupported", "failed")) return undefined;
      throw error;
    }),
    session.call("connect_list_all_domains", { need_results: 1, flags: 0 }),
  ]);
  const total = { cores: node.cpus, memoryMiB: Math.floor((memoryKiB ?? Number(node.memory)) / 1024) };
  return {
    // libvirt's test driver has no UUID of its own; its address is all there is of it.
    hostId: capabilities.hostUuid ?? uuidOfOwner("host", address),
    hostname,
    architectures: capabilities.guestArchitectures,
    version: version(library),
    hypervisorVersion: hypervisor && version(hypervisor.hv_ver),
    cpuModel: capabilities.cpuModel,
    cpuMhz: node.mhz === 0 ? undefined : node.mhz,
    kvmAvailable: capabilities.domainTypes.includes("kvm"),
    domainTypes: capabilities.domainTypes,
    machines: capabilities.machines,
    hugepages: capabilities.hugepages,
    total,
    nodes: capabilities.nodes.length > 0 ? capabilities.nodes : oneNode(total),
  };
}

/** A host that tells of no NUMA nodes. */
function oneNode({ cores, memoryMiB }: HostFacts["total"]): HostFacts["nodes"] {
  return [{ id: 0, cpus: Array.from({ length: cores }, (_, cpu) => cpu), memoryMiB, hugepages: [] }];
}

/** total, free, buffers, cached: libvirt wants to be asked for exactly as many values as it has. */
const MEMORY_STATS = 4;

/**
 * KiB of all memory as the kernel counts it. The node info adds up NUMA nodes instead, whose figures lag behind on
 * machines that get their memory bit by bit; it counts where there are no statistics (libvirt's test driver).
 */
async function totalMemory(session: LibvirtSession): Promise<number | undefined> {
  const args = { nparams: MEMORY_STATS, cellNum: VIR_NODE_MEMORY_STATS_ALL_CELLS, flags: 0 };
  const answer = await session.call("node_get_memory_stats", args).catch((error: unknown) => {
    if (hasCode(error, "unsupported", "failed", "invalid-argument")) return undefined;
    throw error;
  });
  const total = answer?.params.find(({ field }) => field === "total")?.value;
  return total === undefined ? undefined : Number(total);
}

/** libvirt counts versions as major × 1000000 + minor × 1000 + release. */
function version(number: bigint): string {
  const value = Number(number);
  return [Math.floor(value / 1_000_000), Math.floor(value / 1000) % 1000, value % 1000].join(".");
}
