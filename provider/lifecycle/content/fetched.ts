import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type * as Undici from "undici";
import { DriverError } from "../../driver/errors";
import { isUrl } from "../../schema/storage/url";

/** A server may be silent for so long; a whole image may take as long as it needs. */
const SILENCE_MS = 60_000;

/** Images that were fetched or unpacked; whatever is in the folder can be deleted at any time. */
export async function cacheFolder(): Promise<string> {
  const base = process.env["XDG_CACHE_HOME"];
  const folder = join(
    base === undefined || base === "" ? join(homedir(), ".cache") : base,
    "pulumi-vmhost",
    "images",
  );
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Several resources of one program that want the same file wait for one. */
const underway = new Map<string, Promise<string>>();

/**
 * The file behind a URL, fetched once: known by its digest where the program names one, else by its address and what the
 * server calls this version of it (its ETag). A server without ETags is asked for everything each time.
 */
export async function fetched(
  url: string,
  checksum: string | undefined,
  verify: (path: string) => Promise<void>,
): Promise<string> {
  return once(`${url}\n${checksum ?? ""}`, async () => {
    const folder = await cacheFolder();
    const kept = checksum === undefined ? undefined : join(folder, checksum.replace(":", "-"));
    if (kept !== undefined && (await exists(kept))) {
      await verify(kept);
      return kept;
    }
    // Loaded when the first image is fetched: most programs fetch none.
    const { EnvHttpProxyAgent, fetch } = require("undici") as typeof Undici;
    const agent = new EnvHttpProxyAgent({ headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS });
    try {
      const answer = await fetch(url, { dispatcher: agent, headers: { "accept-encoding": "identity" } });
      if (!answer.ok || answer.body === null)
        throw unfetched(url, `the server answers ${answer.status} ${answer.statusText}`.trim());
      const tag = answer.headers.get("etag");
      const path = kept ?? join(folder, `${digest(url)}-${tag === null ? "untagged" : digest(tag)}`);
      if (kept === undefined && tag !== null && (await exists(path))) return path;
      const body = answer.body;
      return await written(path, async (part) => {
        await pipeline(Readable.fromWeb(body), createWriteStream(part, { mode: 0o600 }));
        await verify(part);
      });
    } catch (error) {
      throw error instanceof DriverError ? error : unfetched(url, reasonOf(error), error);
    } finally {
      await agent.destroy();
    }
  });
}

/** One file at a time for each key, however many ask for it. */
export async function once(key: string, make: () => Promise<string>): Promise<string> {
  const running = underway.get(key);
  if (running !== undefined) return running;
  const promise = make().finally(() => underway.delete(key));
  underway.set(key, promise);
  return promise;
}

/** A file that has its name only when it is whole; other processes may be making the same one. */
export async function written(path: string, write: (part: string) => Promise<void>): Promise<string> {
  const part = `${path}.${randomUUID()}.part`;
  try {
    await write(part);
    await rename(part, path);
    return path;
  } finally {
    await rm(part, { force: true });
  }
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** What comes behind a question mark may be a key to the file. */
export function shown(source: string): string {
  return isUrl(source) ? source.replace(/[?#].*$/s, "") : source;
}

function unfetched(url: string, message: string, cause?: unknown): DriverError {
  return new DriverError(message, {
    code: "failed",
    operation: "fetch",
    target: `source "${shown(url)}"`,
    remedy: "Check the address, and that the machine that runs Pulumi may reach it.",
    cause,
  });
}

/** "fetch failed" says nothing; what is beneath it does. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string; code?: string } };
  return cause?.message || cause?.code || message || "the transfer broke off";
}
