/**
 * What a host tells in lists: plain data, which programs get as it is. Free of the schema, and so of its libraries: users compile it.
 */

export interface HostFacts {
  /** Stable identity of the machine: libvirt's host UUID, LXD's certificate fingerprint. */
  readonly hostId: string;
  readonly hostname: string;
  /** Guest architectures the host can run, its own first. */
  readonly architectures: readonly string[];
  /** Version of libvirt or LXD, such as `9.0.0`. */
  readonly version: string;
  /** Version of QEMU, where the host tells. */
  readonly hypervisorVersion?: string;
  readonly cpuModel?: string;
  readonly cpuMhz?: number;
  /** Whether guests run with hardware virtualisation (R12). */
  readonly kvmAvailable: boolean;
  readonly domainTypes: readonly string[];
  readonly total: Capacity;
  /** Huge pages that the host has set aside, by their size; absent where it does not tell. */
  readonly hugepages?: readonly PageCount[];
  /** Machines that its QEMU knows, by architecture, each with the most cores that it takes; absent where it does not tell. */
  readonly machines?: Readonly<Record<string, Readonly<Record<string, number | undefined>>>>;
  /** API extensions of an LXD server, which say what it can do; absent elsewhere. */
  readonly extensions?: readonly string[];
  /** Its NUMA nodes, in order; a host without NUMA is one node (R61, R168). */
  readonly nodes: readonly HostNode[];
  /** The machines of a cluster, of which `total` is the sum; what else is told is of the one that has answered. */
  readonly members?: readonly HostMember[];
}

/** One machine of a cluster. */
export interface HostMember {
  readonly name: string;
  readonly groups: readonly string[];
  /** Whether it takes VMs now: it is not evacuated. */
  readonly open: boolean;
  readonly total: Capacity;
}

/** A disk of the host itself, whatever is on it. */
export interface HostDisk {
  /** As the host calls it: `nvme0n1`. */
  readonly name: string;
  readonly bytes: number;
  readonly model?: string;
  /** How it is attached: `nvme`, `sata`, `virtio`, … */
  readonly type?: string;
  /** The NUMA node that it is on (R168). */
  readonly numaNode?: number;
}

/** Huge pages of one size, free or not. */
export interface PageCount {
  readonly pageKiB: number;
  readonly pages: number;
}

export interface HostNode {
  readonly id: number;
  /** CPUs of the host in it, by number. */
  readonly cpus: readonly number[];
  /** All of its memory, huge pages included. */
  readonly memoryMiB: number;
  /** Huge pages set aside in it; a host that has none of a size need not name the size. */
  readonly hugepages: readonly PageCount[];
}

export interface HostInterface {
  readonly name: string;
  readonly type: "bridge" | "bond" | "vlan" | "physical";
  readonly mac?: string;
  readonly active: boolean;
  /** Devices below a bridge, a bond or a VLAN. */
  readonly ports: readonly string[];
  /** Of a VLAN device: its number. */
  readonly vlanTag?: number;
  /** How many SR-IOV functions it can offer, where it can. */
  readonly virtualFunctions?: number;
  /** PCI addresses of the functions that are switched on, as `0000:03:10.1` (R174). */
  readonly functions?: readonly string[];
  /** The NUMA node that the card is on, where the host tells (R172). */
  readonly numaNode?: number;
}

export interface Capacity {
  readonly cores: number;
  readonly memoryMiB: number;
}

export type PowerState = "running" | "paused" | "stopped" | "crashed" | "suspended";

export interface VmSummary {
  /** libvirt: its UUID; LXD: its `volatile.uuid`, or its name where it has none. */
  readonly id: string;
  readonly name: string;
  readonly state: PowerState;
  /** As many as it may grow to. */
  readonly cores: number;
  /** As much as it may grow to. */
  readonly memoryMiB: number;
  readonly tags?: readonly string[];
  /** CPUs of the host, where every core of the VM is pinned and they are not more than its cores. */
  readonly pinnedCores?: readonly number[];
  /** CPUs of the host that it can run on, where every core of it is pinned. */
  readonly cpus?: readonly number[];
  /** NUMA nodes that its memory comes from and no others, where that is fixed. */
  readonly memoryNodes?: readonly number[];
  /** `true`, or the size of the pages in MiB, where its memory is in huge pages. */
  readonly hugepages?: boolean | number;
  /** What its interfaces are attached to. */
  readonly attachments?: readonly VmAttachment[];
  /** PCI addresses of devices of the host that it has for itself, beside those of its interfaces. */
  readonly pciDevices?: readonly string[];
  /** USB devices of the host that it has for itself, by vendor and product or by bus and device. */
  readonly usbDevices?: readonly string[];
  /** Ports of the host that are its screens' by name; those that the host chooses at the start are not among them. */
  readonly screenPorts?: readonly number[];
  /** The member of a cluster that it is on. */
  readonly member?: string;
  /** LXD's project that it is in. */
  readonly project?: string;
  /** `project/stack/Vm/name` where a program of ours made it. */
  readonly owner?: string;
}

export interface VmAttachment {
  /** The interface's name in the VM. */
  readonly name: string;
  /** A virtual network of the host. */
  readonly network?: string;
  /** A device of the host: a bridge, or the one below a macvlan or SR-IOV interface; for a certain function its PCI address. */
  readonly device?: string;
  /** Takes an SR-IOV function of the device. */
  readonly sriov?: true;
  /** Of a macvlan interface; one in `passthru` has the device for itself. */
  readonly macvlanMode?: string;
}

export interface NetworkSummary {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  /** The bridge device of the host. */
  readonly bridge?: string;
  /** Devices of the host that its VMs go straight to: macvlan and SR-IOV parents, uplinks. */
  readonly parents?: readonly string[];
  /** `nat`, `route` or another mode of libvirt's, `none`; on LXD the type of what is no bridge. */
  readonly forwardMode: string;
  /** The host itself hands out addresses on it. */
  readonly hasDhcp: boolean;
  /** Its DHCP tells guests what to boot over the network. */
  readonly hasBootp?: boolean;
  /** Addresses of the host on it, with their prefix lengths. */
  readonly subnets?: readonly string[];
  /** libvirt: kinds of switch (`<virtualport type>`) that it has, of its own or of a port group. */
  readonly switches?: readonly string[];
  /** libvirt: KiB in a second that can be guaranteed to its VMs together (`bandwidth.inbound.floor`). */
  readonly inboundLimit?: number;
}

export interface NwFilterSummary {
  readonly id: string;
  readonly name: string;
}

export interface PoolSummary {
  readonly id: string;
  readonly name: string;
  /** libvirt: `dir`, `logical`, …; LXD: its driver. */
  readonly type: string;
  /** Where it is on the host, where it has such a place. */
  readonly path?: string;
  readonly active: boolean;
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly availableBytes: number;
}

/** How much an LXD project has of what it may have; no limit means as much as the host has. */
export interface ProjectState {
  readonly name: string;
  readonly instances: ProjectAmount;
  readonly containers: ProjectAmount;
  readonly virtualMachines: ProjectAmount;
  readonly cores: ProjectAmount;
  readonly memoryMiB: ProjectAmount;
  readonly diskBytes: ProjectAmount;
  readonly networks: ProjectAmount;
  readonly processes: ProjectAmount;
}

export interface ProjectAmount {
  readonly used: number;
  readonly limit?: number;
}
