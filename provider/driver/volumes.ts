import type { StorageVolumeSpec, Wipe } from "../schema/storageVolume";
import type { SnapshotSpec } from "../schema/snapshot";
import type { Named, Observed, Ownership } from "./observed";
import type { Consistency } from "./snapshots";

export interface ObservedVolume extends Observed<StorageVolumeSpec> {
  readonly pool: string;
  readonly path: string;
  readonly capacityBytes: number;
  readonly allocationBytes: number;
  /** False while content is still being sent, or when an upload was cut off. */
  readonly complete: boolean;
}

/** Bytes to send, which are the reader's until it asks for the next chunk, or a hole of that many zeros. */
export type Chunk = Buffer | { readonly hole: number };

export interface VolumeContent {
  readonly bytes: number;
  readonly format: "raw" | "qcow2";
  /** Virtual size of the image; equal to `bytes` for raw. */
  readonly virtualBytes: number;
  chunks(): AsyncIterable<Chunk>;
}

export interface VolumeDriver {
  list(pool: string): Promise<readonly ObservedVolume[]>;
  /** Where the host keeps no more than a mark of the owner, `owner` is the one asked for, or says that it is another. */
  find(pool: string, name: string, asked?: Ownership): Promise<ObservedVolume | undefined>;
  create(spec: Named<StorageVolumeSpec>, owned: Ownership, content?: VolumeContent): Promise<ObservedVolume>;
  /**
   * Makes the volume this owner's, and brings description and keys to the spec's, and the name too where the host can: the size
   * stays. Throws `invalid-state` where the name cannot change now.
   */
  change?(
    pool: string,
    name: string,
    spec: Named<StorageVolumeSpec>,
    owned: Ownership,
  ): Promise<ObservedVolume>;
  /** Grow; a smaller size throws `invalid-argument`. */
  resize(pool: string, name: string, bytes: number): Promise<ObservedVolume>;
  /** With `wipe`, its data is overwritten first. */
  remove(pool: string, name: string, options?: { readonly wipe: Wipe }): Promise<void>;
  /** What keeps the volume's name as it is, in words: VMs that have it and are on. Absent where volumes get no other name. */
  runningUsers?(pool: string, name: string): Promise<readonly string[]>;
  /** Absent where only VMs have snapshots. */
  readonly snapshots?: VolumeSnapshotDriver;
}

/** The volume is `pool/name`. */
export interface VolumeSnapshotSpec extends Named<Pick<SnapshotSpec, "name" | "description" | "expiresAt">> {
  readonly volume: string;
}

export interface ObservedVolumeSnapshot extends Observed<SnapshotSpec> {
  readonly volume: string;
  /** ISO 8601; absent where nobody has noted it. */
  readonly createdAt?: string;
  readonly consistency: Consistency;
}

/** As `SnapshotDriver` has it for VMs. */
export interface VolumeSnapshotDriver {
  find(volume: string, name: string): Promise<ObservedVolumeSnapshot | undefined>;
  /** Throws `already-exists` when the volume has a snapshot of this name that is not this owner's. */
  create(spec: VolumeSnapshotSpec, owned: Ownership): Promise<ObservedVolumeSnapshot>;
  change(spec: VolumeSnapshotSpec): Promise<ObservedVolumeSnapshot>;
  /** The data as it was; the volume's name, size and keys stay. */
  revert(volume: string, name: string): Promise<void>;
  remove(volume: string, name: string): Promise<void>;
}
