import type { SnapshotSpec } from "../schema/snapshot";
import type { Named, Observed, Ownership } from "./observed";

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
