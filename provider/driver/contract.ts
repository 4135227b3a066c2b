import type { HostConnection } from "../schema/address/connection";
import type { HostKind } from "../schema/table/field";
import type { CpuDriver } from "./cpus";
import type { DeviceDriver } from "./devices";
import type { GuestDriver } from "./guest";
import type { ImageDriver } from "./images";
import type { LxdNetworkDriver, LxdProjectDriver } from "./lxdContract";
import type { NetworkDriver } from "./networks";
import type { NwFilterDriver } from "./nwFilters";
import type { Ownership } from "./observed";
import type { PoolDriver } from "./pools";
import type { SecretDriver } from "./secrets";
import type { SnapshotDriver } from "./snapshots";
import type { HostDisk, HostFacts, HostInterface, NwFilterSummary, PageCount } from "./summaries";
import type { TrustDriver } from "./trust";
import type { MoveOptions, NamedVmSpec, VmDriver } from "./vms";
import type { VolumeDriver } from "./volumes";

export type * from "./cpus";
export type * from "./devices";
export type * from "./guest";
export type * from "./images";
export type * from "./lxdContract";
export type * from "./networks";
export type * from "./nwFilters";
export type * from "./observed";
export type * from "./pools";
export type * from "./secrets";
export type * from "./snapshots";
export type * from "./summaries";
export type * from "./trust";
export type * from "./vms";
export type * from "./volumes";

/**
 * A hypervisor host as the domain needs it. libvirt, LXD and the in-memory host implement it; one contract suite
 * (test/contract) holds all of them to it.
 *
 * Rules for every method: a lookup answers `undefined` only for "not there", any other failure throws a DriverError;
 * removing what is absent succeeds; changing methods are idempotent, so that a step cut off in the middle is repeated.
 */
export interface HostDriver {
  readonly kind: HostKind;
  /** Who the host is and what it has; asked anew at every call. Throws where we may not list its VMs (R17). */
  facts(): Promise<HostFacts>;
  /** Network devices of the host that VMs could be attached to. */
  interfaces(): Promise<readonly HostInterface[]>;
  /** The host's own disks, by name; absent where the hypervisor tells of none. */
  disks?(): Promise<readonly HostDisk[]>;
  readonly vms: VmDriver;
  /** Absent where nothing is known of what goes on inside of VMs. */
  readonly guests?: GuestDriver;
  readonly networks: NetworkDriver;
  readonly pools: PoolDriver;
  readonly volumes: VolumeDriver;
  /** Absent where VMs are not made of images that the host keeps. */
  readonly images?: ImageDriver;
  /** Network filters that interfaces may name; absent where the hypervisor has none. */
  nwFilters?(): Promise<readonly NwFilterSummary[]>;
  /** Absent where the hypervisor does not tell which CPUs guests can have. */
  readonly cpus?: CpuDriver;
  /** Absent where the hypervisor does not tell which devices guests can have. */
  readonly devices?: DeviceDriver;
  /** Huge pages of these sizes (KiB) that nobody has taken now; absent where the hypervisor does not tell. */
  freePages?(sizes: readonly number[]): Promise<readonly PageCount[]>;
  /** Absent where the hypervisor keeps none. */
  readonly snapshots?: SnapshotDriver;
  /**
   * Take a VM over from another host of the same kind, running or not, with its identity, its definition and the volumes of its own.
   * The spec is the one for this host. After a failure the VM is where it was, as it was; one that is here already stays.
   * Absent where the hypervisor cannot.
   */
  receive?(
    source: HostDriver,
    id: string,
    spec: NamedVmSpec,
    owned: Ownership,
    options: MoveOptions,
  ): Promise<void>;
  /** Absent where hosts know us by other means. */
  readonly trust?: TrustDriver;
  /** Absent where the hypervisor has none. */
  readonly filters?: NwFilterDriver;
  readonly secrets?: SecretDriver;
  /** Present on LXD hosts only. */
  readonly lxdNetworks?: LxdNetworkDriver;
  readonly projects?: LxdProjectDriver;
  close(): Promise<void>;
}

/** Opens a driver; the connection is made at the first call, not here. */
export type DriverFactory = (connection: HostConnection) => HostDriver;
