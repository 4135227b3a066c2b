import type { Ownership } from "./observed";

/** One file of an image; `disk` is the root of a virtual machine, `rootfs` that of a container. */
export interface ImagePart {
  readonly name: "metadata" | "rootfs" | "disk";
  readonly file: string;
  readonly bytes: number;
  chunks(): AsyncIterable<Buffer>;
}

/** An image in one file (metadata and root together) or in two. */
export interface ImageFiles {
  /** SHA-256 of all parts, one after the other. */
  readonly fingerprint: string;
  readonly parts: readonly ImagePart[];
}

/** Images that instances are made of, on hosts that keep them. */
export interface ImageDriver {
  /** Sends the image where the host has none with this fingerprint; asked twice at once, it is sent once. */
  ensure(image: ImageFiles, owned: Ownership): Promise<void>;
}
