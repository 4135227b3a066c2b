import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { ImageFiles, ImagePart } from "../../driver/contract";
import { DriverError } from "../../driver/errors";

const READ_SIZE = 1024 * 1024;
const QCOW2_MAGIC = "514649fb";

/** The files of an image of this machine: one, or the second one beside its metadata. */
export interface LocalImage {
  readonly image: string;
  readonly rootfs?: string;
}

/** Fingerprints by what the files are; a file that is written again has another time, or size. */
const known = new Map<string, Promise<string>>();

/** As LXD computes it: SHA-256 of the file, or of both files one after the other. */
export async function fingerprintOf({ image, rootfs }: LocalImage): Promise<string> {
  const paths = [image, ...(rootfs === undefined ? [] : [rootfs])].map((path) => resolve(path));
  const infos = await Promise.all(paths.map((path) => stat(path)));
  const key = JSON.stringify(
    paths.map((path, at) => [path, infos[at]?.size, infos[at]?.mtimeMs, infos[at]?.ino]),
  );
  let sum = known.get(key);
  if (sum === undefined) {
    sum = sumOf(paths);
    known.set(key, sum);
    sum.catch(() => known.delete(key));
  }
  return sum;
}

async function sumOf(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths)
    for await (const chunk of createReadStream(path, { highWaterMark: READ_SIZE }))
      hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** The image to send, a block at a time. Throws `invalid-argument` for a file that is gone since it was looked at. */
export async function imageFiles({ image, rootfs }: LocalImage, fingerprint: string): Promise<ImageFiles> {
  const second =
    rootfs === undefined ? [] : [await partOf(rootfs, (await isDisk(rootfs)) ? "disk" : "rootfs")];
  return { fingerprint, parts: [await partOf(image, "metadata"), ...second] };
}

async function partOf(path: string, name: ImagePart["name"]): Promise<ImagePart> {
  const from = resolve(path);
  const { size: bytes } = await stat(from).catch((error: unknown) => {
    throw new DriverError("the file cannot be read any more", {
      code: "invalid-argument",
      operation: "read",
      target: `image "${path}"`,
      cause: error,
    });
  });
  return {
    name,
    file: basename(path),
    bytes,
    chunks: () => createReadStream(from, { highWaterMark: READ_SIZE }) as AsyncIterable<Buffer>,
  };
}

/** A virtual machine's disk is qcow2; everything else holds a container's files. */
async function isDisk(path: string): Promise<boolean> {
  const file = await open(resolve(path));
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString("hex") === QCOW2_MAGIC;
  } finally {
    await file.close();
  }
}
