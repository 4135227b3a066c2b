import type { ObservedVolume, VolumeContent, VolumeDriver } from "../../driver/contract";
import { DriverError, hasCode, isDriverError } from "../../driver/errors";
import { WIPE_ALGORITHMS, type StorageVolumeSpec, type Wipe } from "../../schema/storageVolume";
import { formatBytes } from "../../schema/table/units";
import { doing, missing, orAbsent, untilFree } from "../common";
import { findVolume, resolveImage, volumeFacts } from "./lookup";
import { activePool } from "../pools";
import { lookThrough } from "../pools/away";
import { grown, resize } from "./growth";
import { claim, isWhole, mark, MARKER, markerName, markers, ownerOf, removeVolume, takeOver } from "./marks";
import { withinRoom } from "./room";
import {
  VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA,
  VIR_STORAGE_VOL_CREATE_REFLINK,
  VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM,
} from "../rpc/constants.gen";
import type { RemoteNonnullStoragePool as Pool, RemoteNonnullStorageVol as Vol } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { formatXml } from "../xml/tree";
import { volumeXml, type VolumeFacts, type VolumeShape } from "../xml/volume";

type Spec = StorageVolumeSpec & { readonly name: string };

/** How long the host may be silent in the middle of an upload, or take to make or grow an image. */
const SLOW_MS = 600_000;
/** Every byte is read or written; a host that dies meanwhile is noticed by its keepalive. */
const LONG_MS = 86_400_000;

export function createVolumeDriver(session: LibvirtSession): VolumeDriver {
  const observe = (pool: string, facts: VolumeFacts, complete = true): ObservedVolume => ({
    id: `${pool}/${facts.name}`,
    name: facts.name,
    pool,
    path: facts.path,
    capacityBytes: facts.capacityBytes,
    allocationBytes: facts.allocationBytes,
    complete,
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
      const shown = vols.filter(({ name }) => !MARKER.test(name));
      const all = await Promise.all(shown.map((vol) => orAbsent(volumeFacts(session, vol))));
      if (all.includes(undefined)) await lookThrough(session, pool);
      return all.flatMap((facts) =>
        facts === undefined ? [] : [observe(poolName, facts, isWhole(facts.name, vols))],
      );
    },

    async find(poolName, name, asked) {
      const pool = await orAbsent(activePool(session, poolName));
      if (pool === undefined) return undefined;
      const [vol, marks] = await Promise.all([
        findVolume(session, poolName, name),
        markers(session, pool, name),
      ]);
      const facts = vol && (await orAbsent(volumeFacts(session, vol)));
      if (facts === undefined) {
        if (vol !== undefined) await lookThrough(session, pool);
        return undefined;
      }
      const observed = observe(poolName, facts, isWhole(name, marks));
      const owner = asked && ownerOf(name, asked.owner, marks);
      return owner === undefined ? observed : { ...observed, owner };
    },

    create: (spec, { owner }, content) =>
      doing("create", `volume "${spec.name}" in pool "${spec.pool}"`, async () => {
        const pool = await activePool(session, spec.pool);
        const origin = spec.copyOf === undefined ? undefined : await originOf(session, spec.copyOf);
        const shape = await shapeOf(session, spec, content ?? origin?.content);
        const { half, whole } = await claim(session, pool, spec.name, owner);
        if (whole !== undefined) return observe(spec.pool, await grown(session, whole, spec.size));
        const making =
          content !== undefined && shape.encryption !== undefined
            ? madeEncrypted(session, pool, shape, content, markerName(spec.name, owner, "stage"))
            : make(session, pool, shape, content, origin?.vol);
        const vol = await making.catch(async (error: unknown) => {
          if (!hasCode(error, "connection-lost")) await removeVolume(session, half).catch(() => undefined);
          throw error;
        });
        const facts = await volumeFacts(session, vol);
        await mark(session, pool, markerName(spec.name, owner, "whole"));
        await removeVolume(session, half);
        return observe(spec.pool, facts);
      }),

    change: (poolName, name, _spec, owned) =>
      doing("take over", `volume "${name}" in pool "${poolName}"`, async () => {
        const pool = await activePool(session, poolName);
        const vol = await findVolume(session, poolName, name);
        if (vol === undefined) throw missing("volume", name, "take over");
        await takeOver(session, pool, name, owned);
        return observe(poolName, await volumeFacts(session, vol));
      }),

    resize: (pool, name, bytes) =>
      doing("grow", `volume "${name}" in pool "${pool}"`, async () => {
        const vol = await findVolume(session, pool, name);
        if (vol === undefined) throw missing("volume", name, "grow");
        return observe(pool, await grown(session, vol, bytes));
      }),

    async remove(poolName, name, { wipe } = { wipe: false }) {
      const pool = await orAbsent(activePool(session, poolName));
      if (pool === undefined) return;
      const vol = await findVolume(session, poolName, name);
      await doing("remove", `volume "${name}" in pool "${poolName}"`, async () => {
        if (vol !== undefined && wipe !== false) await wipeVolume(session, vol, wipe);
        if (vol !== undefined) await removeVolume(session, vol);
        await Promise.all(
          (await markers(session, pool, name)).map((marker) => removeVolume(session, marker)),
        );
      });
    },
  };
}

async function shapeOf(
  session: LibvirtSession,
  spec: Spec,
  content: Pick<VolumeContent, "format" | "virtualBytes"> | undefined,
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
  const capacityBytes = spec.size ?? least;
  return {
    name: spec.name,
    format,
    capacityBytes,
    backing,
    qcow2: spec.qcow2,
    allocationBytes: spec.preallocation === "full" ? capacityBytes : 0,
    preallocate: format === "qcow2" && (spec.preallocation ?? "none") !== "none",
    encryption: spec.encryption?.secret,
  };
}

/** The volume that is copied; only the host's pools have what it can copy from. */
export async function originOf(
  session: LibvirtSession,
  reference: string,
): Promise<{ readonly vol: Vol; readonly content: Pick<VolumeContent, "format" | "virtualBytes"> }> {
  const facts = await resolveImage(session, reference, "volume to copy");
  const found = await orAbsent(session.call("storage_vol_lookup_by_path", { path: facts.path }));
  if (found === undefined) {
    throw new DriverError(`${facts.path} is in none of the host's active pools`, {
      code: "not-found",
      remedy: "Make a StoragePool of its folder, or name a volume as `pool/name`.",
    });
  }
  const format = facts.format === "raw" ? "raw" : "qcow2";
  return { vol: found.vol, content: { format, virtualBytes: facts.capacityBytes } };
}

/** Makes the volume with all of its content, or takes away what it has made. */
export async function make(
  session: LibvirtSession,
  pool: Pool,
  shape: VolumeShape,
  content: VolumeContent | undefined,
  origin?: Vol,
): Promise<Vol> {
  const xml = formatXml(volumeXml(shape));
  const flags = shape.preallocate === true ? VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA : 0;
  const { vol } =
    origin === undefined
      ? await untilFree(() =>
          session.call("storage_vol_create_xml", { pool, xml, flags }, { timeoutMs: SLOW_MS }),
        )
      : await copied(session, { pool, xml, clonevol: origin, flags }, shape);
  if (content === undefined && origin === undefined) return vol;
  try {
    if (content === undefined) {
      // QEMU has made it as large as it is to be, and libvirt forgets the secret when it looks again.
      if (shape.encryption !== undefined) return vol;
      await refresh(session, pool);
      await grown(session, vol, shape.capacityBytes);
      return vol;
    }
    const args = {
      vol,
      offset: 0n,
      length: BigInt(content.bytes),
      flags: VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM,
    };
    const into = { pool, vol, lookAgain: () => refresh(session, pool) };
    const chunks = await withinRoom(session, into, content);
    await session.upload("storage_vol_upload", args, chunks, { timeoutMs: SLOW_MS });
    await refresh(session, pool);
    if (shape.capacityBytes > content.virtualBytes) await resize(session, vol, shape.capacityBytes);
    return vol;
  } catch (error) {
    if (!hasCode(error, "connection-lost")) await removeVolume(session, vol).catch(() => undefined);
    throw error;
  }
}

/**
 * What is uploaded goes into the file as it is, past LUKS. So the content is put beside the volume first, and the host's QEMU
 * copies it into the encrypted one; what was beside it is overwritten and goes, whatever comes of it.
 */
async function madeEncrypted(
  session: LibvirtSession,
  pool: Pool,
  shape: VolumeShape,
  content: VolumeContent,
  name: string,
): Promise<Vol> {
  const plain = { name, format: content.format, capacityBytes: content.virtualBytes };
  const stage = await make(session, pool, plain, content);
  try {
    return await make(session, pool, shape, undefined, stage);
  } finally {
    await wipeVolume(session, stage, true).catch(() => undefined);
    await removeVolume(session, stage).catch(() => undefined);
  }
}

/**
 * A full copy by the host. Where the file system can share the blocks of two raw images until one is written, it does (btrfs,
 * XFS); libvirt refuses where it cannot, before anything is written.
 */
async function copied(
  session: LibvirtSession,
  args: { readonly pool: Pool; readonly xml: string; readonly clonevol: Vol; readonly flags: number },
  { format, encryption }: VolumeShape,
): Promise<{ readonly vol: Vol }> {
  const copy = (flags: number): Promise<{ readonly vol: Vol }> =>
    untilFree(() => session.call("storage_vol_create_xml_from", { ...args, flags }, { timeoutMs: LONG_MS }));
  if (format !== "raw" || encryption !== undefined) return copy(args.flags);
  return copy(args.flags | VIR_STORAGE_VOL_CREATE_REFLINK).catch((error: unknown) => {
    if (hasCode(error, "connection-lost")) throw error;
    return copy(args.flags);
  });
}

/** libvirt looks into an image only when it reads the pool anew. */
async function refresh(session: LibvirtSession, pool: Pool): Promise<void> {
  await untilFree(() => session.call("storage_pool_refresh", { pool, flags: 0 }, { timeoutMs: SLOW_MS }));
}

/** A volume that is gone by now has no data to overwrite. */
async function wipeVolume(session: LibvirtSession, vol: Vol, wipe: Wipe): Promise<void> {
  // libvirt numbers the algorithms in this order.
  const algorithm = typeof wipe === "boolean" ? 0 : WIPE_ALGORITHMS.indexOf(wipe);
  const wiping = (): Promise<unknown> =>
    session.call("storage_vol_wipe_pattern", { vol, algorithm, flags: 0 }, { timeoutMs: LONG_MS });
  await untilFree(() => orAbsent(wiping())).catch((error: unknown) => {
    throw isDriverError(error) && /scrub/.test(error.message)
      ? error.with({
          remedy: "Install the program `scrub` on the host, or set `wipe: true`, and run `pulumi up` first.",
        })
      : error;
  });
}
