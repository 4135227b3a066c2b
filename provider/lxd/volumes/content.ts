import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import type { VolumeContent } from "../../driver/contract";
import { DriverError, isDriverError } from "../../driver/errors";
import { at, UPLOAD_MS, type Change, type LxdClient, type Upload } from "../api/client";
import type { Config } from "../objects";

/** A block volume as it is to be made: LXD takes its content as the backup of such a volume, which we write on the way. */
interface Blocks {
  readonly name: string;
  readonly description: string;
  readonly config: Config;
}

const RECORD = 512;
const INDEX = "backup/index.yaml";
const IMAGE = "backup/volume.img";

/** Sends raw bytes into a new block volume; its configuration goes along, so that it is ours from the first moment. */
export function importBlocks(pool: string, volume: Blocks, content: VolumeContent): Change {
  const { name, description, config } = volume;
  const index = JSON.stringify({
    name,
    backend: "dir",
    pool,
    type: "custom",
    optimized: false,
    optimized_header: false,
    config: { volume: { name, type: "custom", content_type: "block", description, config } },
  });
  // Zeros are most of an image. A source that breaks breaks the request off; the request tells of it.
  const bytes = (): Readable =>
    pipeline(Readable.from(tar(Buffer.from(index), content)), createGzip({ level: 1 }), () => undefined);
  return sending({ headers: { "X-LXD-name": name }, bytes });
}

/** Sends an ISO image into a new volume. */
export function importIso(name: string, content: VolumeContent): Change {
  const headers = { "X-LXD-name": name, "X-LXD-type": "iso" };
  return sending({ headers, bytes: () => Readable.from(plain(content)) });
}

export function uploadTo(client: LxdClient, pool: string, change: Change): Promise<void> {
  return client.change("POST", at("storage-pools", pool, "volumes", "custom"), change);
}

function sending(upload: Upload): Change {
  return { upload, deadlineMs: UPLOAD_MS };
}

async function* tar(index: Buffer, content: VolumeContent): AsyncGenerator<Buffer> {
  yield header(INDEX, index.length);
  yield index;
  yield padding(index.length);
  yield header(IMAGE, content.virtualBytes);
  yield* plain(content);
  yield padding(content.virtualBytes);
  yield Buffer.alloc(2 * RECORD);
}

const ZEROS = Buffer.alloc(2 ** 20);

/** The bytes of a chunk are ours until the next one is asked for; a stream keeps them longer. */
async function* plain(content: VolumeContent): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of content.chunks()) {
      if (Buffer.isBuffer(chunk)) yield Buffer.from(chunk);
      else for (let left = chunk.hole; left > 0; left -= ZEROS.length) yield ZEROS.subarray(0, left);
    }
  } catch (error) {
    // Not the connection's fault, and no reason to try again.
    throw isDriverError(error)
      ? error
      : new DriverError(error instanceof Error ? error.message : String(error), {
          code: "failed",
          operation: "read the content",
          cause: error,
        });
  }
}

function padding(length: number): Buffer {
  return Buffer.alloc((RECORD - (length % RECORD)) % RECORD);
}

/** A header of ustar; sizes from 8 GiB on are written as numbers, as GNU's tar does. */
function header(name: string, size: number): Buffer {
  const record = Buffer.alloc(RECORD);
  const octal = (value: number, at: number, length: number): void =>
    void record.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  record.write(name, 0, "latin1");
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  if (size < 8 ** 11) octal(size, 124, 12);
  else {
    record[124] = 0x80;
    record.writeBigUInt64BE(BigInt(size), 128);
  }
  octal(0, 136, 12);
  record.write("        0", 148, "latin1");
  record.write("ustar\x0000", 257, "latin1");
  const sum = record.reduce((total, byte) => total + byte, 0);
  record.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return record;
}
