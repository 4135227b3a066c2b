import type { StorageVolumeSpec, Wipe } from "../schema/storageVolume";
import type { Named, Observed, Ownership } from "./contract";

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
  /** Makes the volume this owner's, and brings description and keys to the spec's; the size stays. */
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
}
