import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable, type Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as zlib from "node:zlib";
import type { DriverError } from "../../driver/errors";
import { cacheFolder, digest, exists, once, written } from "./fetched";

type Refuse = (message: string, remedy?: string, cause?: unknown) => DriverError;

/** Node.js before 22.15 has no zstd, whatever its types say. */
const { createZstdDecompress, ZstdDecompress }: Partial<typeof zlib> = zlib;

const BLOCK = 64 * 1024;
const ZEROS = Buffer.alloc(BLOCK);

/** The file itself, or what is packed in it (gzip, xz, zstd), unpacked once beside the files that were fetched. */
export async function unpacked(path: string, refuse: Refuse): Promise<string> {
  const magic = await magicOf(path);
  if (magic.startsWith(ZSTD) && createZstdDecompress === undefined)
    throw refuse(
      "it is packed with zstd, which this Node.js cannot unpack",
      "Use Node.js 22.15 or newer, or unpack it first, with `unzstd`.",
    );
  const unpack = unpackerOf(magic);
  if (unpack === undefined) return path;
  const { size, mtimeMs, ino } = await stat(path);
  const plain = join(await cacheFolder(), `${digest([path, size, mtimeMs, ino].join("\n"))}.plain`);
  return once(plain, async () => {
    if (await exists(plain)) return plain;
    let unread = false;
    return written(plain, async (part) => {
      const stream = unpack();
      if (typeof stream === "function") await intoSparse(part)(stream(createReadStream(path)));
      else await pipeline(createReadStream(path), stream, intoSparse(part));
      // An older Node.js ends after the first zstd frame and says nothing of others behind it: a part must not pass for the whole.
      unread =
        ZstdDecompress !== undefined && stream instanceof ZstdDecompress && stream.bytesWritten !== size;
      if (unread) throw new Error("only the first of its zstd frames could be read");
    }).catch((error: unknown) => {
      const remedy = unread
        ? "Pack it as one frame, or unpack it first, with `unzstd`."
        : "Fetch the file again.";
      throw refuse(unread ? "it is packed in several zstd frames" : "it cannot be unpacked", remedy, error);
    });
  });
}

async function magicOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(6), 0, 6, 0);
    return buffer.toString("hex", 0, bytesRead);
  } finally {
    await file.close();
  }
}

const ZSTD = "28b52ffd";

type Unpacker = Duplex | ((packed: Readable) => AsyncIterable<Uint8Array>);

function unpackerOf(magic: string): (() => Unpacker) | undefined {
  if (magic.startsWith("1f8b")) return () => zlib.createGunzip();
  if (magic.startsWith(ZSTD)) return createZstdDecompress;
  if (magic === "fd377a585a00") return () => unxz;
  return undefined;
}

interface XzDecompress {
  readonly XzReadableStream: new (packed: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;
}

/** Node.js has no xz; this one is WebAssembly, checks what it has unpacked, and reads several streams as one file. */
async function* unxz(packed: Readable): AsyncGenerator<Uint8Array, void> {
  const { XzReadableStream } = require("xz-decompress") as XzDecompress;
  try {
    yield* new XzReadableStream(Readable.toWeb(packed) as ReadableStream<Uint8Array>);
  } finally {
    packed.destroy();
  }
}

/** Writes a file with runs of zeros as holes. */
function intoSparse(path: string): (content: AsyncIterable<Uint8Array>) => Promise<void> {
  return async (content) => {
    const file = await open(path, "wx", 0o600);
    try {
      let at = 0;
      for await (const chunk of content) {
        for (let start = 0; start < chunk.length; start += BLOCK) {
          const block = chunk.subarray(start, start + BLOCK);
          if (ZEROS.compare(block, 0, block.length, 0, block.length) !== 0)
            await file.write(block, 0, block.length, at);
          at += block.length;
        }
      }
      await file.truncate(at);
    } finally {
      await file.close();
    }
  };
}
