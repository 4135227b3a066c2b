import { createHash } from "node:crypto";
import type { ObservedVolume, VolumeContent, VolumeDriver } from "../driver/contract";
import { DriverError, hasCode } from "../driver/errors";
import type { StorageVolumeSpec } from "../schema/storageVolume";
import { formatBytes } from "../schema/units";
import { doing, missing, orAbsent, taken, untilFree } from "./common";
import { findVolume, resolveImage, volumeFacts } from "./lookup";
import { activePool } from "./pools";
import { VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM } from "./rpc/constants.gen";
import type { RemoteNonnullStoragePool as Pool, RemoteNonnullStorageVol as Vol } from "./rpc/procedures.gen";
import type { LibvirtSession } from "./session";
import { formatXml } from "./xml/tree";
import { volumeXml, type VolumeFacts, type VolumeShape } from "./xml/volume";

type Spec = StorageVolumeSpec & { readonly name: string };

/** How long the host may be silent in the middle of an upload, or take to make or grow an image. */
const SLOW_MS = 600_000;

/**
 * libvirt keeps nothing about a volume but its bytes, so an unfinished one is marked by an empty volume beside it that
 * carries the owner: made first, taken away last. What a killed run leaves behind is thus known as its own and as half.
 */
function markerName(name: string, owner: string): string {
  return `.${name}.${createHash("sha256").update(owner).digest("hex").slice(0, 12)}.vmhost`;
}

export function createVolumeDriver(session: LibvirtSession): VolumeDriver {
  const observe = (pool: string, facts: VolumeFacts): ObservedVolume => ({
    id: `${pool}/${facts.name}`,
    name: facts.name,
    pool,
    path: facts.path,
    capacityBytes: facts.capacityBytes,
    allocationBytes: facts.allocationBytes,
    complete: true,
    spec: { name: facts.name, pool, format: facts.format as Spec["format"], size: facts.capacityBytes },
  });

  return {
    async list(poolName) {
      const pool = await activePool(session, poolName);
      const { vols } = await session.call("storage_pool_list_all_volumes", {
        pool,
        need_results: 1,
        flags: 0,
      });
      const shown = vols.filter(({ name }) => !name.endsWith(".vmhost"));
      return (await Promise.all(shown.map((vol) => orAbsent(volumeFacts(session, vol))))).flatMap((facts) =>
        facts === undefined ? [] : [observe(poolName, facts)],
      );
    },

    async find(pool, name) {
      const vol = await findVolume(session, pool, name);
      const facts = vol && (await orAbsent(volumeFacts(session, vol)));
      return facts && observe(pool, facts);
    },

    create: (spec, { owner }, content) =>
      doing("create", `volume "${spec.name}" in pool "${spec.pool}"`, async () => {
        const pool = await activePool(session, spec.pool);
        const shape = await shapeOf(session, spec, content);
        const marker = await claim(session, pool, spec.name, owner);
        const vol = await make(session, pool, shape, content).catch(async (error: unknown) => {
          if (!hasCode(error, "connection-lost")) await removeVolume(session, marker);
          throw error;
        });
        const facts = await volumeFacts(session, vol);
        await removeVolume(session, marker);
        return observe(spec.pool, facts);
      }),

    resize: (pool, name, bytes) =>
      doing("grow", `volume "${name}" in pool "${pool}"`, async () => {
        const vol = await findVolume(session, pool, name);
        if (vol === undefined) throw missing("volume", name, "grow");
        const { capacityBytes } = await volumeFacts(session, vol);
        if (bytes < capacityBytes) {
          throw new DriverError(
            `it has ${formatBytes(capacityBytes)} and cannot shrink to ${formatBytes(bytes)}`,
            { code: "invalid-argument" },
          );
        }
        if (bytes > capacityBytes) {
          await untilFree(() =>
            session.call(
              "storage_vol_resize",
              { vol, capacity: BigInt(bytes), flags: 0 },
              { timeoutMs: SLOW_MS },
            ),
          );
        }
        return observe(pool, await volumeFacts(session, vol));
      }),

    async remove(poolName, name) {
      const vol = await findVolume(session, poolName, name).catch((error: unknown) => {
        if (hasCode(error, "not-found")) return undefined;
        throw error;
      });
      if (vol === undefined) return;
      await doing("remove", `volume "${name}" in pool "${poolName}"`, () => removeVolume(session, vol));
    },
  };
}

async function shapeOf(
  session: LibvirtSession,
  spec: Spec,
  content: VolumeContent | undefined,
): Promise<VolumeShape> {
  const backing =
    spec.backing === undefined ? undefined : await resolveImage(session, spec.backing, "backing volume");
  const format = spec.format ?? content?.format ?? "qcow2";
  const least = backing?.capacityBytes ?? content?.virtualBytes ?? 0;
  if (spec.size !== undefined && spec.size < least) {
    throw new DriverError(
      `the image has ${formatBytes(least)}, more than the size asked for (${formatBytes(spec.size)})`,
      { code: "invalid-argument", remedy: "Leave `size` out, or make it at least as large." },
    );
  }
  return { name: spec.name, format, capacityBytes: spec.size ?? least, backing };
}

/** Says "ours, and not finished" on the host; throws when a volume of this name is somebody else's. */
async function claim(session: LibvirtSession, pool: Pool, name: string, owner: string): Promise<Vol> {
  const lookUp = (wanted: string) =>
    orAbsent(session.call("storage_vol_lookup_by_name", { pool, name: wanted }));
  const mark = markerName(name, owner);
  const [existing, earlier] = await Promise.all([lookUp(name), lookUp(mark)]);
  if (existing !== undefined && earlier === undefined) throw taken("volume", name, undefined);
  if (existing !== undefined) await removeVolume(session, existing.vol);
  if (earlier !== undefined) return earlier.vol;
  const xml = formatXml(volumeXml({ name: mark, format: "raw", capacityBytes: 0 }));
  return (await untilFree(() => session.call("storage_vol_create_xml", { pool, xml, flags: 0 }))).vol;
}

/** Makes the volume with all of its content, or takes away what it has made. */
async function make(
  session: LibvirtSession,
  pool: Pool,
  shape: VolumeShape,
  content: VolumeContent | undefined,
): Promise<Vol> {
  const { vol } = await untilFree(() =>
    session.call(
      "storage_vol_create_xml",
      { pool, xml: formatXml(volumeXml(shape)), flags: 0 },
      { timeoutMs: SLOW_MS },
    ),
  );
  if (content === undefined) return vol;
  try {
    const args = {
      vol,
      offset: 0n,
      length: BigInt(content.bytes),
      flags: VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM,
    };
    await session.upload("storage_vol_upload", args, content.chunks(), { timeoutMs: SLOW_MS });
    await refresh(session, pool);
    if (shape.capacityBytes > content.virtualBytes) {
      await untilFree(() =>
        session.call(
          "storage_vol_resize",
          { vol, capacity: BigInt(shape.capacityBytes), flags: 0 },
          { timeoutMs: SLOW_MS },
        ),
      );
    }
    return vol;
  } catch (error) {
    if (!hasCode(error, "connection-lost")) await removeVolume(session, vol).catch(() => undefined);
    throw error;
  }
}

/** libvirt looks into an image only when it reads the pool anew. */
async function refresh(session: LibvirtSession, pool: Pool): Promise<void> {
  await untilFree(() => session.call("storage_pool_refresh", { pool, flags: 0 }, { timeoutMs: SLOW_MS }));
}

export async function removeVolume(session: LibvirtSession, vol: Vol): Promise<void> {
  await untilFree(() => orAbsent(session.call("storage_vol_delete", { vol, flags: 0 })));
}

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
