import { hasCode } from "../driver/errors";
import { orAbsent } from "./common";
import { findVolumeIn } from "./lookup";
import type { RemoteNonnullStoragePool as Pool, RemoteNonnullStorageVol as Vol } from "./rpc/procedures.gen";
import type { LibvirtSession } from "./session";
import { make, mark, markerName, removeVolume } from "./volumes";
import type { VolumeShape } from "./xml/volume";

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
 * Makes a volume that a VM's own metadata already claims, or finds it there. A copy is marked while it is on its way: what
 * a host that died meanwhile has left of it is not taken for whole.
 */
export async function ensureOwned(
  session: LibvirtSession,
  pool: Pool,
  shape: VolumeShape,
  origin?: Vol,
): Promise<{ readonly vol: Vol; readonly isNew: boolean }> {
  const look = (name: string) => orAbsent(session.call("storage_vol_lookup_by_name", { pool, name }));
  const [found, half] = await Promise.all([
    look(shape.name),
    origin === undefined ? undefined : look(halfCopy(shape.name)),
  ]);
  if (found !== undefined && half === undefined) return { vol: found.vol, isNew: false };
  if (origin === undefined) return { vol: await makeOwned(session, pool, shape), isNew: true };
  if (found !== undefined) await removeVolume(session, found.vol);
  const marker = half?.vol ?? (await mark(session, pool, halfCopy(shape.name)));
  try {
    const vol = await make(session, pool, shape, undefined, origin);
    await removeVolume(session, marker);
    return { vol, isNew: true };
  } catch (error) {
    if (!hasCode(error, "connection-lost")) await removeVolume(session, marker).catch(() => undefined);
    throw error;
  }
}

/** Whether the volume is there, and no copy that was cut off. */
export async function isWhole(session: LibvirtSession, pool: Pool, name: string): Promise<boolean> {
  const [found, half] = await Promise.all([
    findVolumeIn(session, pool, name),
    // libvirt has made it, so it is known without looking through the pool again.
    orAbsent(session.call("storage_vol_lookup_by_name", { pool, name: halfCopy(name) })),
  ]);
  return found !== undefined && half === undefined;
}

/** The marker of a copy that was made for a VM and is not finished. */
export function halfCopy(name: string): string {
  return markerName(name, "copy", "half");
}
