import type {
  Consistency,
  HostInterface,
  HostNode,
  InterfaceAddresses,
  ObservedSnapshot,
  PageCount,
  PowerState,
} from "../../../provider/driver/contract";
import type { LibvirtNetworkSpec } from "../../../provider/schema/libvirtNetwork";
import type { StoragePoolSpec } from "../../../provider/schema/storagePool";
import type { VmSpec } from "../../../provider/schema/vm";

/** Everything that the host has, as plain data: tests read it beside the driver, and put hand-made objects into it. */
export interface Witness {
  readonly vms: Map<string, MemoryVm>;
  readonly networks: Map<string, MemoryNetwork>;
  readonly pools: Map<string, MemoryPool>;
  /** By path. A pool's volumes are the files of its folder, and outlive the pool. */
  readonly files: Map<string, MemoryFile>;
  readonly folders: Set<string>;
  /** The machine's own network devices. */
  readonly interfaces: HostInterface[];
}

export interface MemoryVm {
  readonly id: string;
  name: string;
  /** The name that it was made under, after which its volumes are called. */
  madeAs?: string;
  owner?: string;
  /** What the VM starts with next. */
  spec: Partial<VmSpec>;
  /** What the running guest has; absent while it is stopped. */
  live?: Partial<VmSpec>;
  state: PowerState;
  persistent: boolean;
  acpi: boolean;
  /** How often it was started. */
  starts?: number;
  /** Of a stop for a change, and at which of its starts that was. */
  note?: { readonly was: "running" | "paused"; readonly starts: number };
  /** Whether the guest shuts down when it is asked to. */
  obedient: boolean;
  /** Paths of the volumes made for this VM, written down before they are made; a detached disk's volume stays in it. */
  planned: string[];
  /** What the guest agent would tell; absent where no agent runs. */
  agent?: readonly InterfaceAddresses[];
  snapshots?: readonly MemorySnapshot[];
}

export interface MemorySnapshot {
  readonly name: string;
  readonly owner: string;
  description?: string;
  readonly createdAt: string;
  readonly kind: ObservedSnapshot["kind"];
  readonly consistency: Consistency;
  /** What each image held, by path. */
  readonly bytes: Map<string, Buffer>;
  /** The guest itself, where its memory is kept. */
  readonly live?: Partial<VmSpec>;
}

export interface MemoryNetwork {
  readonly id: string;
  readonly name: string;
  owner?: string;
  spec: Partial<LibvirtNetworkSpec>;
}

export interface MemoryPool {
  readonly id: string;
  readonly name: string;
  owner?: string;
  spec: Partial<StoragePoolSpec> & { path: string };
  totalBytes: number;
}

export interface MemoryFile {
  owner?: string;
  readonly format: "raw" | "qcow2";
  capacityBytes: number;
  bytes: Buffer;
  readonly backing?: string;
  complete: boolean;
}

export interface HostOptions {
  /** Huge pages set aside, free or not. */
  readonly hugepages?: readonly PageCount[];
  /** Default: one that has everything. */
  readonly nodes?: readonly HostNode[];
  readonly cores: number;
  readonly memoryMiB: number;
  /** Size of the file system below every pool. */
  readonly poolBytes: number;
  readonly kvmAvailable: boolean;
  readonly hostId: string;
  readonly hostname: string;
  readonly version: string;
}

export function emptyHost(): Witness {
  return {
    vms: new Map(),
    networks: new Map(),
    pools: new Map(),
    files: new Map(),
    folders: new Set(),
    interfaces: [],
  };
}

export function byIdOrName<T extends { readonly id: string; readonly name: string }>(
  objects: ReadonlyMap<string, T>,
  wanted: string,
): T | undefined {
  return objects.get(wanted) ?? [...objects.values()].find(({ name }) => name === wanted);
}
