import { DriverError } from "../../driver/errors";
import type { VolumeContent } from "../../driver/volumes";
import { formatBytes } from "../../schema/table/units";
import { type Chunk, isHole } from "../rpc/streams/stream";
import type { RemoteNonnullStoragePool as Pool, RemoteNonnullStorageVol as Vol } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";

/**
 * The content of a new volume, which ends with an error of ours before it fills the pool: the daemon of Debian 13 (libvirt 11.3)
 * crashes when a write of an upload finds no space. What fits by what libvirt knows goes as it is.
 */
export async function withinRoom(
  session: LibvirtSession,
  {
    pool,
    vol,
    lookAgain,
  }: { readonly pool: Pool; readonly vol: Vol; readonly lookAgain: () => Promise<void> },
  content: VolumeContent,
): Promise<AsyncIterable<Chunk>> {
  if ((await roomFor(session, pool, vol)) >= content.bytes) return content.chunks();
  // libvirt counts when it reads the pool, and others may have made room since.
  await lookAgain();
  return upTo(await roomFor(session, pool, vol), pool.name, content);
}

/** Holes take none: how much an image with holes needs is known when it has been read. */
async function* upTo(room: number, pool: string, content: VolumeContent): AsyncIterable<Chunk> {
  let sent = 0;
  for await (const chunk of content.chunks()) {
    sent += isHole(chunk) ? 0 : chunk.length;
    if (sent > room)
      throw new DriverError(
        `No space left in pool "${pool}": it has ${formatBytes(room)} for content of ${formatBytes(content.bytes)}`,
        { code: "no-space" },
      );
    yield chunk;
  }
}

/** What is free, and what the volume has already. */
async function roomFor(session: LibvirtSession, pool: Pool, vol: Vol): Promise<number> {
  const [{ available }, { allocation }] = await Promise.all([
    session.call("storage_pool_get_info", { pool }),
    session.call("storage_vol_get_info", { vol }),
  ]);
  return Number(available) + Number(allocation);
}
