import { hasCode } from "../../driver/errors";
import { orAbsent } from "../common";
import { findVolumeIn } from "./lookup";
import type { RemoteNonnullStoragePool as Pool, RemoteNonnullStorageVol as Vol } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { mark, markerName, removeVolume } from "./marks";
import { make } from "./index";
import type { VolumeShape } from "../xml/volume";

/** Small content that is at hand as a whole. */
export async function fill(session: LibvirtSession, vol: Vol, content: Buffer): Promise<void> {
  await session.upload("storage_vol_upload", { vol, offset: 0n, length: BigInt(content.length), flags: 0 }, [
    content,
  ]);
}

/** Makes a volume that a VM's own metadata already claims. */
export async function makeOwned(session: LibvirtSession, pool: Pool, shape: VolumeShape): Promise<Vol> {
  return make(session, pool, shape, undefined);
}

/**
 * Makes a volume that a VM's own metadata already claims, or finds it there. It is asked for at once: it is hardly ever there, and
 * the host says so where it is.
 */
export async function ensureOwned(
  session: LibvirtSession,
  pool: Pool,
  shape: VolumeShape,
): Promise<{ readonly vol: Vol; readonly isNew: boolean }> {
  try {
    return { vol: await makeOwned(session, pool, shape), isNew: true };
  } catch (error) {
    const there = hasCode(error, "already-exists") ? await lookUp(session, pool, shape.name) : undefined;
    if (there === undefined) throw error;
    return { vol: there, isNew: false };
  }
}

/**
 * The same for one that is, or was to be, a copy. It is marked while it is on its way: what a host that died meanwhile has left of
 * it is not taken for whole, and one that is whole is never made again.
 */
export async function ensureCopy(
  session: LibvirtSession,
  pool: Pool,
  shape: VolumeShape,
  origin: Vol | undefined,
): Promise<{ readonly vol: Vol; readonly isNew: boolean }> {
  const [found, half] = await Promise.all([
    lookUp(session, pool, shape.name),
    lookUp(session, pool, halfCopy(shape.name)),
  ]);
  if (found !== undefined && half === undefined) return { vol: found, isNew: false };
  if (found !== undefined) await removeVolume(session, found);
  const marker = half ?? (await mark(session, pool, halfCopy(shape.name)));
  try {
    const vol = await make(session, pool, shape, undefined, origin);
    await removeVolume(session, marker);
    return { vol, isNew: true };
  } catch (error) {
    if (!hasCode(error, "connection-lost")) await removeVolume(session, marker).catch(() => undefined);
    throw error;
  }
}

/** The volume, where it is there and no copy that was cut off. */
export async function wholeVolume(
  session: LibvirtSession,
  pool: Pool,
  name: string,
  copied: boolean,
): Promise<Vol | undefined> {
  const [found, half] = await Promise.all([
    findVolumeIn(session, pool, name),
    // libvirt has made it, so it is known without looking through the pool again.
    copied ? lookUp(session, pool, halfCopy(name)) : undefined,
  ]);
  return half === undefined ? found : undefined;
}

async function lookUp(session: LibvirtSession, pool: Pool, name: string): Promise<Vol | undefined> {
  return (await orAbsent(session.call("storage_vol_lookup_by_name", { pool, name })))?.vol;
}

/** The marker of a copy that was made for a VM and is not finished. */
export function halfCopy(name: string): string {
  return markerName(name, "copy", "half");
}
