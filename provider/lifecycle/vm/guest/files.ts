import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import type { InsideDriver } from "../../../driver/contract";
import type { FileSpec } from "../../../schema/vm/guest";
import { isPlain, type Plain } from "../../engine/state";

/** What is kept of a file in the guest: what was written, and whether no file was there before; without content, that it is to be written. */
type Kept = Plain & { readonly path?: unknown; readonly made?: unknown };

/**
 * The files that the program has in a guest, one by one.
 */
export class GuestFiles {
  private readonly kept: Kept[];
  private readonly gone: Kept[];

  constructor(
    private readonly wanted: readonly FileSpec[] | undefined,
    olds: Plain,
  ) {
    const before = keptIn(olds);
    const paths = new Set((wanted ?? []).map(({ path }) => path));
    this.gone = before.filter(({ path, made }) => made === true && !paths.has(String(path)));
    this.kept = (wanted ?? []).map((file) => {
      const old = before.find(({ path }) => path === file.path);
      const made = old?.made === true ? { made: true } : {};
      return old !== undefined && isWritten(old, file)
        ? { ...plain(file), ...made }
        : { path: file.path, ...made };
    });
  }

  /** Whether the guest has to be reached for them. */
  get due(): boolean {
    return this.gone.length > 0 || this.kept.some(isDue);
  }

  /** Deletes what has left the program, and writes what has changed. */
  async bring(inside: InsideDriver, id: string): Promise<void> {
    for (let file = this.gone[0]; file !== undefined; file = this.gone[0]) {
      await inside.remove(id, String(file.path));
      this.gone.shift();
    }
    for (const [index, file] of (this.wanted ?? []).entries()) {
      const before = this.kept[index] ?? {};
      if (!isDue(before)) continue;
      const { path, uid, gid, createDirectories } = file;
      const { isNew } = await inside.write(id, {
        path,
        uid,
        gid,
        createDirectories,
        mode: parseInt(file.mode, 8),
        bytes: () => bytesOf(file),
      });
      this.kept[index] = { ...plain(file), ...(isNew || before.made === true ? { made: true } : {}) };
    }
  }

  /** As they are kept among the outputs. */
  get outs(): readonly Plain[] | undefined {
    const left = this.gone.map(({ path }) => ({ path, made: true }));
    return this.wanted === undefined && left.length === 0 ? undefined : [...this.kept, ...left];
  }
}

/** Of the files that a program has, which are to be written. */
export function dueFiles(wanted: readonly FileSpec[], olds: Plain): readonly number[] {
  const before = keptIn(olds);
  return wanted.flatMap((file, index) =>
    before.some((old) => old.path === file.path && isWritten(old, file)) ? [] : [index],
  );
}

function keptIn({ files }: Plain): readonly Kept[] {
  return Array.isArray(files) ? files.filter(isPlain) : [];
}

/** Where a file comes from is no matter, nor how its folder came to be. */
function isWritten(old: Plain, file: FileSpec): boolean {
  const essence = ({ content, sha256, mode, uid, gid }: Plain): unknown => [content, sha256, mode, uid, gid];
  return isDeepStrictEqual(essence(old), essence(plain(file)));
}

function isDue(kept: Kept): boolean {
  return kept["mode"] === undefined;
}

function bytesOf({ content, source }: FileSpec): Readable {
  return source === undefined
    ? Readable.from([Buffer.from(content ?? "")])
    : createReadStream(resolve(source));
}

const plain = (file: FileSpec): Plain => ({ ...file });
