import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import type { Chunk } from "../../driver/contract";

/** Zeros shorter than this travel as zeros: a hole costs a packet of its own. */
const HOLE_GRAIN = 64 * 1024;
const BLOCK = 16 * HOLE_GRAIN;
const ZEROS = Buffer.alloc(BLOCK);

/**
 * A file's bytes with its runs of zeros as holes. The bytes of a chunk are the reader's until it asks for the next one: two
 * blocks take turns, one being read while the other is sent, so memory stays the same whatever the size.
 */
export async function* chunksOf(path: string): AsyncGenerator<Chunk, void> {
  let hole = 0;
  for await (const block of blocksOf(path)) {
    if (isZero(block)) {
      hole += block.length;
      continue;
    }
    let start = 0;
    for (let at = 0; at < block.length; at += HOLE_GRAIN) {
      const end = Math.min(at + HOLE_GRAIN, block.length);
      if (!isZero(block.subarray(at, end))) {
        if (hole > 0) yield { hole };
        hole = 0;
        continue;
      }
      if (start < at) yield block.subarray(start, at);
      hole += end - at;
      start = end;
    }
    if (start < block.length) yield block.subarray(start);
  }
  if (hole > 0) yield { hole };
}

function isZero(bytes: Buffer): boolean {
  return bytes.equals(bytes.length === BLOCK ? ZEROS : ZEROS.subarray(0, bytes.length));
}

async function* blocksOf(path: string): AsyncGenerator<Buffer, void> {
  const file = await ImageFile.open(path);
  let [now, next] = [newBlock(), newBlock()];
  let at = 0;
  let reading = file.read(now, at);
  try {
    for (;;) {
      const length = await reading;
      if (length === 0) return;
      at += length;
      reading = file.read(next, at);
      // Whoever stops here does not come to hear of it.
      reading.catch(() => undefined);
      yield now.subarray(0, length);
      [now, next] = [next, now];
    }
  } finally {
    await reading.catch(() => undefined);
    await file.close();
  }
}

/** Part of every Node.js; its types come only with those of a browser. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};

/** WebAssembly's memory begins at a page of the machine's, as reading past the page cache needs it; other buffers do not. */
function newBlock(): Buffer {
  return Buffer.from(new WebAssembly.Memory({ initial: BLOCK / HOLE_GRAIN }).buffer);
}

/** A file that is read once from its beginning to its end, in blocks. */
class ImageFile {
  private constructor(
    private readonly path: string,
    private readonly size: number,
    private file: FileHandle,
    private direct: boolean,
  ) {}

  /**
   * Node.js cannot ask where a file's holes are. Where most of a file is holes it is read past the page cache: the kernel hands
   * out their zeros many times faster than by filling its cache with them, and nothing else is driven out of there.
   */
  static async open(path: string): Promise<ImageFile> {
    const file = await open(path);
    const { size, blocks } = await file.stat();
    const past = constants.O_DIRECT as number | undefined;
    if (past !== undefined && blocks * 512 < size / 2) {
      const direct = await open(path, constants.O_RDONLY | past).catch(() => undefined);
      if (direct !== undefined) {
        await file.close();
        return new ImageFile(path, size, direct, true);
      }
    }
    return new ImageFile(path, size, file, false);
  }

  /** Fills the block, except at the end of the file; answers how much it has read. */
  async read(block: Buffer, at: number): Promise<number> {
    const wanted = Math.min(block.length, this.size - at);
    let filled = 0;
    while (filled < wanted) {
      const bytes = await this.readSome(block, filled, at + filled);
      if (bytes === 0) throw new Error("the file has become shorter while it was read");
      filled += bytes;
    }
    return Math.min(filled, wanted);
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private async readSome(block: Buffer, from: number, at: number): Promise<number> {
    try {
      return (await this.file.read(block, from, block.length - from, at)).bytesRead;
    } catch (error) {
      // Some file systems promise it and cannot, or not from here.
      if (!this.direct || (error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
      await this.file.close();
      [this.file, this.direct] = [await open(this.path), false];
      return this.readSome(block, from, at);
    }
  }
}
