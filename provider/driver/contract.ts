import type { HostConnection } from "../schema/address/connection";
import type { HostKind } from "../schema/table/field";
import type { LibvirtNetworkSpec } from "../schema/libvirtNetwork";
import type { LibvirtSecretSpec } from "../schema/libvirtSecret";
import type { NwFilterSpec } from "../schema/nwFilter";
import type { SnapshotSpec } from "../schema/snapshot";
import type { StoragePoolSpec } from "../schema/storagePool";
import type { VmSpec } from "../schema/vm";
import type { ImageDriver } from "./images";
import type { LxdNetworkDriver, LxdProjectDriver } from "./lxdContract";
import type { GuestDriver } from "./guest";
import type {
  HostDisk,
  HostFacts,
  HostInterface,
  NetworkSummary,
  NwFilterSummary,
  PoolSummary,
  PowerState,
  VmSummary,
} from "./summaries";
import type { VolumeDriver } from "./volumes";

export type * from "./images";
export type * from "./lxdContract";
export type * from "./guest";
export type * from "./summaries";
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

/** PEM texts. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** What buys the host's trust, once; neither is ever kept. */
export interface TrustOffer {
  readonly token?: string;
  readonly password?: string;
  /** The name under which the host lists us. */
  readonly name: string;
}

export interface TrustDriver {
  newPair(name: string): Promise<KeyPair>;
  /** Whether the host trusts us, after the offer where it did not before. Throws where the offer is refused. */
  establish(offer: TrustOffer): Promise<{ readonly trusted: boolean; readonly fingerprint: string }>;
  /** Throws `not-found` where the project of the connection is missing and not to be made. */
  ensureProject(make: boolean): Promise<void>;
}

/** Opens a driver; the connection is made at the first call, not here. */
export type DriverFactory = (connection: HostConnection) => HostDriver;

/** Wrote on the host: which program's resource the object belongs to. */
export interface Ownership {
  readonly owner: string;
  /** Is told what the host says of how far it is, where making something takes long. */
  readonly tell?: (words: string) => void;
}

export interface VmChange extends Ownership {
  /** Names of drives whose medium the program has taken out; of others that name none, what is in them stays. */
  readonly emptied?: readonly string[];
}

/** Something that exists on the host, with what the table's fields say about it. */
export interface Observed<S> {
  readonly id: string;
  readonly name: string;
  /** Absent for objects that no program of ours made. */
  readonly owner?: string;
  /** The object's persistent configuration in the table's terms; a field is absent where the host does not tell. */
  readonly spec: Partial<S>;
}

export interface ObservedVm extends Observed<VmSpec> {
  readonly state: PowerState;
  /** False for a VM that vanishes when it stops; such a one is never stopped by us (R149). */
  readonly persistent: boolean;
  /** Fields whose configured value the running guest does not have yet. */
  readonly restartRequired: readonly string[];
  /** The volume behind each disk by the disk's name, as far as the host can tell. */
  readonly volumes: Readonly<Record<string, DiskVolume>>;
}

export interface DiskVolume {
  readonly pool?: string;
  readonly volume?: string;
  readonly path?: string;
  /** By which the guest knows the disk, where that is the host's choice. */
  readonly serial?: string;
  /** Made for this VM, and leaves with it. */
  readonly owned: boolean;
}

export interface InterfaceAddresses {
  readonly mac: string;
  readonly addresses: readonly string[];
}

export interface VmCreation extends Ownership {
  /** Told that an earlier run has made it, before anything of it is changed. */
  readonly wasThere?: () => void;
  /** Told that the host counts the VM from now on, though its volumes may be still to be made. */
  readonly defined?: () => void;
  /** Told which volumes of a VM that is made anew were there before it, as `pool/name`: they hold what another has left. */
  readonly older?: (volumes: readonly string[]) => void;
}

export interface VmRemoval {
  /** Whether nothing of it is to be taken, by its name and the owner that it bears. */
  readonly spared?: (found: Pick<ObservedVm, "name" | "owner">) => boolean;
  /** Volumes of its own that stay, as `pool/name`. */
  readonly kept?: readonly string[];
}

export interface VmDriver {
  /**
   * All VMs of the host, whoever made them. Of a VM that is `known` by its id or its name, only whether it is there, and
   * on, need be asked.
   */
  list(known?: ReadonlyMap<string, VmSummary>): Promise<readonly VmSummary[]>;
  /**
   * By id (UUID) or by name. As one of `many` in a refresh, what the host told a few seconds ago will do, where nothing was
   * changed from here since.
   */
  find(idOrName: string, options?: { readonly many: boolean }): Promise<ObservedVm | undefined>;
  /**
   * Make the VM, stopped: records intent first, then makes the volumes it owns. Continues what an earlier, cut-off
   * create of the same owner has left. Throws `already-exists` when the name belongs to somebody else.
   */
  create(spec: NamedVmSpec, owned: VmCreation): Promise<ObservedVm>;
  /**
   * Bring an existing VM to the spec: live where the hypervisor can, the rest in its definition. Another name renames it, with
   * all that it has; one that is on throws `invalid-state`.
   */
  change(id: string, spec: NamedVmSpec, change: VmChange): Promise<ObservedVm>;
  /** Why the VM could not be renamed even if it were off, in a few words. Absent where nothing stands in the way. */
  nameHeld?(id: string): Promise<string | undefined>;
  start(id: string, options?: { readonly paused?: boolean }): Promise<void>;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  /** Ask the guest to shut down; does not wait. `hard` switches it off at once. */
  stop(id: string, options: { readonly hard: boolean }): Promise<void>;
  /** Stop the guest with its memory on disk; the next start goes on from there. */
  save?(id: string): Promise<void>;
  /** What the guest can do about being stopped; ACPI off means it cannot shut down politely (R159). */
  hasAcpi(id: string): Promise<boolean>;
  state(id: string): Promise<PowerState | undefined>;
  addresses(id: string, source: "lease" | "agent" | "any"): Promise<readonly InterfaceAddresses[]>;
  /** Take away a stopped or running VM, its own volumes and everything the hypervisor keeps for it. */
  remove(id: string, options?: VmRemoval): Promise<void>;
}

export interface MoveOptions {
  /** Copy the volumes of the VM's own, or find all of them on storage that both hosts see. */
  readonly storage: "copy" | "shared";
  /** Move although a cache of the old host may hold what the new one has not seen (R161). */
  readonly unsafe: boolean;
  readonly autoConverge: boolean;
  readonly compressed: boolean;
  readonly tls: boolean;
}

export type Named<S extends { name: string | undefined }> = Omit<S, "name"> & { readonly name: string };
export type NamedVmSpec = Named<VmSpec>;

export interface NetworkDriver {
  list(): Promise<readonly NetworkSummary[]>;
  find(idOrName: string): Promise<Observed<LibvirtNetworkSpec> | undefined>;
  create(spec: Named<LibvirtNetworkSpec>, owned: Ownership): Promise<Observed<LibvirtNetworkSpec>>;
  change(
    id: string,
    spec: Named<LibvirtNetworkSpec>,
    owned: Ownership,
  ): Promise<Observed<LibvirtNetworkSpec>>;
  remove(id: string): Promise<void>;
}

export interface ObservedNwFilter extends Observed<NwFilterSpec> {
  /** The filter in the host's own words; the rules are told nowhere else. */
  readonly definition: string;
}

export interface NwFilterDriver {
  find(idOrName: string): Promise<ObservedNwFilter | undefined>;
  create(spec: Named<NwFilterSpec>, owned: Ownership): Promise<ObservedNwFilter>;
  change(id: string, spec: Named<NwFilterSpec>, owned: Ownership): Promise<ObservedNwFilter>;
  remove(id: string): Promise<void>;
}

/** The value of a secret goes to the host and never comes back. */
export interface SecretDriver {
  find(id: string): Promise<Observed<LibvirtSecretSpec> | undefined>;
  /** The one that is for the same usage. */
  findUsage(spec: LibvirtSecretSpec): Promise<Observed<LibvirtSecretSpec> | undefined>;
  create(spec: LibvirtSecretSpec, owned: Ownership): Promise<Observed<LibvirtSecretSpec>>;
  change(id: string, spec: LibvirtSecretSpec, owned: Ownership): Promise<Observed<LibvirtSecretSpec>>;
  remove(id: string): Promise<void>;
}

export interface ObservedPool extends Observed<StoragePoolSpec> {
  /** Told by `create` and `change` alone: this call has made the folder, or what else the pool stands on. */
  readonly built?: boolean;
}

export interface PoolDriver {
  list(): Promise<readonly PoolSummary[]>;
  find(idOrName: string): Promise<ObservedPool | undefined>;
  /** What is on devices is never built over, unless the spec's `build` and `overwrite` say so and the pool is new. */
  create(spec: Named<StoragePoolSpec>, owned: Ownership): Promise<ObservedPool>;
  change(id: string, spec: Named<StoragePoolSpec>, owned: Ownership): Promise<ObservedPool>;
  /** The types of pool that the host can run; `undefined`, or no such question at all, where it does not tell. */
  types?(): Promise<readonly string[] | undefined>;
  /** Why the host cannot make a pool larger in place; `undefined` where it can. Absent where pools have no size. */
  noGrowth?(): Promise<string | undefined>;
  /** Volumes and folder stay, unless `contents` and the folder (volume group, …) is empty. */
  remove(id: string, options: { readonly contents: boolean }): Promise<void>;
}

export type NamedSnapshotSpec = Omit<Named<SnapshotSpec>, "vm" | "volume" | "volumeId"> & {
  readonly vm: string;
};

/**
 * In what state the disks of a snapshot are: as the guest left them when it was off (`stopped`), together with its memory
 * (`memory`), frozen by the guest agent (`quiesced`), or as after a power cut (`crash`).
 */
export type Consistency = "stopped" | "memory" | "quiesced" | "crash";

export interface ObservedSnapshot extends Observed<SnapshotSpec> {
  /** UUID of the VM. */
  readonly vm: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Inside the images, or with a new image for each disk on top of the one that stays as it was. */
  readonly kind: "internal" | "external";
  readonly consistency: Consistency;
}

/** VMs are given by name or UUID. */
export interface SnapshotDriver {
  /**
   * Why the hypervisor cannot take such a snapshot of the VM as that is now, in a few words. Nothing where it can, and where
   * the VM is not there.
   */
  obstacle?(spec: NamedSnapshotSpec): Promise<string | undefined>;
  find(vm: string, name: string): Promise<ObservedSnapshot | undefined>;
  /** Throws `already-exists` when the VM has a snapshot of this name that is not this owner's. */
  create(spec: NamedSnapshotSpec, owned: Ownership): Promise<ObservedSnapshot>;
  /** Brings the description to the spec's. */
  change(spec: NamedSnapshotSpec): Promise<ObservedSnapshot>;
  /**
   * Disks (and memory, if kept) as they were; the VM's configuration stays, and so does its power, except that memory
   * brings a stopped guest back to life. Throws `invalid-state` where a later snapshot stands on this one.
   */
  revert(vm: string, name: string): Promise<void>;
  /** The disks keep what they hold now; other snapshots stay usable. */
  remove(vm: string, name: string): Promise<void>;
}
