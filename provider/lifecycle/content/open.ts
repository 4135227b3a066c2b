import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Chunk, VolumeContent } from "../../driver/contract";
import { DriverError } from "../../driver/errors";
import { isUrl } from "../../schema/storage/url";
import { fetched, shown } from "./fetched";
import { chunksOf } from "./imageFile";
import { unreadable } from "./localFile";
import { unpacked } from "./unpacked";

const QCOW2_MAGIC = 0x514649fb;
const READ_SIZE = 1024 * 1024;

/** An image in a local file or behind a URL, packed or not, recognised by its content, never by its name. Throws `invalid-argument` for what cannot be read. */
export async function openContent(
  source: string,
  want: { checksum?: string; format?: string },
): Promise<VolumeContent> {
  const refuse: Refuse = (message, remedy, cause) =>
    new DriverError(message, {
      code: "invalid-argument",
      operation: "read",
      target: `source "${shown(source)}"`,
      remedy,
      cause,
    });
  const sum = async (of: string): Promise<void> =>
    want.checksum === undefined ? undefined : verify(of, want.checksum, refuse);
  const given = isUrl(source)
    ? await fetched(source, want.checksum, sum)
    : await localFile(resolve(source), refuse, sum);
  const path = await unpacked(given, refuse);
  const [bytes, virtualBytes] = await Promise.all([stat(path).then(({ size }) => size), qcow2Size(path)]);
  const format = virtualBytes === undefined ? "raw" : "qcow2";
  if (want.format !== undefined && want.format !== format) {
    throw refuse(
      `its content is ${format}, not ${want.format}`,
      `Set \`format: "${format}"\` or leave it out.`,
    );
  }
  const chunks = (): AsyncIterable<Chunk> => readable(chunksOf(path), refuse);
  return { bytes, format, virtualBytes: virtualBytes ?? bytes, chunks };
}

/** What goes wrong with a file while it is sent is no failure of the host's, nor of ours. */
async function* readable(chunks: AsyncIterable<Chunk>, refuse: Refuse): AsyncGenerator<Chunk, void> {
  try {
    yield* chunks;
  } catch (error) {
    throw refuse((error as Error).message, "Run `pulumi up` again when nothing writes to the file.", error);
  }
}

type Refuse = (message: string, remedy?: string, cause?: unknown) => DriverError;

async function localFile(
  path: string,
  refuse: Refuse,
  sum: (path: string) => Promise<void>,
): Promise<string> {
  const why = await unreadable(path);
  if (why !== undefined) throw refuse(`it ${why}`);
  await sum(path);
  return path;
}

async function verify(path: string, checksum: string, refuse: Refuse): Promise<void> {
  const [algorithm = "", expected] = checksum.split(":");
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: READ_SIZE }))
    hash.update(chunk as Buffer);
  const actual = hash.digest("hex");
  if (actual !== expected)
    throw refuse(
      `its ${algorithm} is ${actual}, not ${expected}`,
      "Fetch the file again, or correct `checksum`.",
    );
}

/** The virtual size in a qcow2 header (bytes 24 to 31, big-endian), or undefined for any other content. */
async function qcow2Size(path: string): Promise<number | undefined> {
  const file = await open(path);
  try {
    const header = Buffer.alloc(32);
    const { bytesRead } = await file.read(header, 0, 32, 0);
    return bytesRead === 32 && header.readUInt32BE(0) === QCOW2_MAGIC
      ? Number(header.readBigUInt64BE(24))
      : undefined;
  } finally {
    await file.close();
  }
}
