import { createHash } from "node:crypto";
import type { Chunk, VolumeContent } from "../../provider/driver/contract";

/** Bytes that look like nothing else: the same for the same seed. */
export function noise(seed: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
    createHash("sha256").update(`${seed}${index}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}

export function contentOf(
  chunks: readonly Chunk[],
  format: "raw" | "qcow2" = "raw",
  virtualBytes?: number,
): VolumeContent {
  const bytes = chunks.reduce((sum, chunk) => sum + (Buffer.isBuffer(chunk) ? chunk.length : chunk.hole), 0);
  return {
    bytes,
    format,
    virtualBytes: virtualBytes ?? bytes,
    async *chunks() {
      yield* chunks;
    },
  };
}

/** Content whose source breaks after the first chunk. */
export function brokenContent(first: Buffer, bytes: number): VolumeContent {
  return {
    bytes,
    format: "raw",
    virtualBytes: bytes,
    async *chunks() {
      yield first;
      throw new Error("the source broke");
    },
  };
}

/** Content during which something happens, after so many of its chunks. */
export function interrupted(
  chunks: readonly Chunk[],
  after: number,
  event: () => Promise<void>,
): VolumeContent {
  return {
    ...contentOf(chunks),
    async *chunks() {
      yield* chunks.slice(0, after);
      await event();
      yield* chunks.slice(after);
    },
  };
}

export function bytesOf(chunks: readonly Chunk[]): Buffer {
  return Buffer.concat(chunks.map((chunk) => (Buffer.isBuffer(chunk) ? chunk : Buffer.alloc(chunk.hole))));
}

/** An empty qcow2 image (version 2, 64 KiB clusters): header, refcount table, one refcount block, L1 table. */
export function emptyQcow2(virtualBytes: number): Buffer {
  const cluster = 65536;
  const image = Buffer.alloc(4 * cluster);
  const l1Entries = Math.ceil(virtualBytes / (cluster * (cluster / 8)));
  image.write("QFI\xfb", 0, "latin1");
  image.writeUInt32BE(2, 4);
  image.writeUInt32BE(16, 20);
  image.writeBigUInt64BE(BigInt(virtualBytes), 24);
  image.writeUInt32BE(l1Entries, 36);
  image.writeBigUInt64BE(BigInt(3 * cluster), 40);
  image.writeBigUInt64BE(BigInt(cluster), 48);
  image.writeUInt32BE(1, 56);
  image.writeBigUInt64BE(BigInt(2 * cluster), cluster);
  for (let used = 0; used < 4; used++) image.writeUInt16BE(1, 2 * cluster + 2 * used);
  return image;
}
