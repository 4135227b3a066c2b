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
  readonly hugepages?: readonly { readonly pageKiB: number; readonly pages: number }[];
}

export interface HostInterface {
  readonly name: string;
  readonly type: "bridge" | "bond" | "vlan" | "physical";
  readonly mac?: string;
  readonly active: boolean;
  /** Devices below a bridge or bond. */
  readonly ports: readonly string[];
  /** How many SR-IOV functions it can offer, where it can. */
  readonly virtualFunctions?: number;
}

export interface Capacity {
  readonly cores: number;
  readonly memoryMiB: number;
}

export type PowerState = "running" | "paused" | "stopped" | "crashed" | "suspended";

export interface VmSummary {
  readonly id: string;
  readonly name: string;
  readonly state: PowerState;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly tags?: readonly string[];
  /** CPUs of the host, where every core of the VM is pinned and they are not more than its cores. */
  readonly pinnedCores?: readonly number[];
  /** `true`, or the size of the pages in MiB, where its memory is in huge pages. */
  readonly hugepages?: boolean | number;
  /** `project/stack/Vm/name` where a program of ours made it. */
  readonly owner?: string;
}

export interface NetworkSummary {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  readonly bridge?: string;
  readonly forwardMode: string;
  readonly hasDhcp: boolean;
  /** Addresses of the host on it, with their prefix lengths. */
  readonly subnets?: readonly string[];
}

export interface NwFilterSummary {
  readonly id: string;
  readonly name: string;
}

export interface PoolSummary {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly path?: string;
  readonly active: boolean;
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly availableBytes: number;
}
