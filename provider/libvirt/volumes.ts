import { createHash } from "node:crypto";
import type { ObservedVolume, VolumeContent, VolumeDriver } from "../driver/contract";
import { DriverError, hasCode, isDriverError } from "../driver/errors";
import { WIPE_ALGORITHMS, type StorageVolumeSpec, type Wipe } from "../schema/storageVolume";
import { formatBytes } from "../schema/units";
import { doing, missing, orAbsent, taken, untilFree } from "./common";
import { findVolume, resolveImage, volumeFacts } from "./lookup";
import { activePool } from "./pools";
import { grown, resize } from "./volumeGrowth";
import {
  VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA,
  VIR_STORAGE_VOL_CREATE_REFLINK,
  VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM,
} from "./rpc/constants.gen";
import type { RemoteNonnullStoragePool as Pool, RemoteNonnullStorageVol as Vol } from "./rpc/procedures.gen";
import type { LibvirtSession } from "./session";
import { formatXml } from "./xml/tree";
import { volumeXml, type VolumeFacts, type VolumeShape } from "./xml/volume";

type Spec = StorageVolumeSpec & { readonly name: string };

/** How long the host may be silent in the middle of an upload, or take to make or grow an image. */
const SLOW_MS = 600_000;
/** Every byte is read or written; a host that dies meanwhile is noticed by its keepalive. */
const LONG_MS = 86_400_000;

/**
 * libvirt keeps nothing about a volume but its bytes, so empty volumes beside it carry the owner: one says "on its way" and
 * is made first, the other says "whole" and takes its place in the end; that one leaves with the volume. Whatever a killed
 * run leaves behind, also when only its answer was lost, is thus known as its own, and as half or whole.
 */
const MARKERS = { half: ".part.vmhost", whole: ".vmhost" } as const;

/** What a marker has behind the volume's name, and a marker of whatever volume. */
const MARK = /^[0-9a-f]{12}(\.part)?\.vmhost$/;
const MARKER = /^\..+\.[0-9a-f]{12}(\.part)?\.vmhost$/;

export function markerName(name: string, owner: string, says: keyof typeof MARKERS): string {
  return `${markerPrefix(name)}${digest(owner).slice(0, 12)}${MARKERS[says]}`;
}

/** File names have 255 bytes at most; a marker has room for its volume's name up to 229. */
function markerPrefix(name: string): string {
  return `.${Buffer.byteLength(name) <= 229 ? name : digest(name)}.`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

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
      return (await Promise.all(shown.map((vol) => orAbsent(volumeFacts(session, vol))))).flatMap((facts) =>
        facts === undefined ? [] : [observe(poolName, facts, isWhole(facts.name, vols))],
      );
    },

    async find(poolName, name) {
      const pool = await orAbsent(activePool(session, poolName));
      if (pool === undefined) return undefined;
      const [vol, marks] = await Promise.all([
        findVolume(session, poolName, name),
        markers(session, pool, name),
      ]);
      const facts = vol && (await orAbsent(volumeFacts(session, vol)));
      return facts && observe(poolName, facts, isWhole(name, marks));
    },

    create: (spec, { owner }, content) =>
      doing("create", `volume "${spec.name}" in pool "${spec.pool}"`, async () => {
        const pool = await activePool(session, spec.pool);
        const origin = spec.copyOf === undefined ? undefined : await originOf(session, spec.copyOf);
        const shape = await shapeOf(session, spec, content ?? origin?.content);
        const { half, whole } = await claim(session, pool, spec.name, owner);
        if (whole !== undefined) return observe(spec.pool, await grown(session, whole, spec.size));
        const vol = await make(session, pool, shape, content, origin?.vol).catch(async (error: unknown) => {
          if (!hasCode(error, "connection-lost")) await removeVolume(session, half).catch(() => undefined);
          throw error;
        });
        const facts = await volumeFacts(session, vol);
        await mark(session, pool, markerName(spec.name, owner, "whole"));
        await removeVolume(session, half);
        return observe(spec.pool, facts);
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

type Claim =
  | { readonly half: Vol; readonly whole?: undefined }
  /** The volume that an earlier run has finished. */
  | { readonly whole: Vol; readonly half?: undefined };

/** Says "ours, and not finished" on the host; throws when a volume of this name is somebody else's. */
async function claim(session: LibvirtSession, pool: Pool, name: string, owner: string): Promise<Claim> {
  const [existing, marks] = await Promise.all([
    findVolume(session, pool.name, name),
    markers(session, pool, name),
  ]);
  const [half, whole] = (["half", "whole"] as const).map((says) =>
    marks.find((each) => each.name === markerName(name, owner, says)),
  );
  if (existing !== undefined && whole !== undefined) {
    if (half !== undefined) await removeVolume(session, half);
    return { whole: existing };
  }
  if (existing !== undefined && half === undefined) throw taken("volume", name, undefined);
  // What is left is half of ours, or markers whose volume somebody has deleted by hand.
  const stale = [...marks.filter((each) => each !== half), ...(existing === undefined ? [] : [existing])];
  await Promise.all(stale.map((vol) => removeVolume(session, vol)));
  return { half: half ?? (await mark(session, pool, markerName(name, owner, "half"))) };
}

export async function mark(session: LibvirtSession, pool: Pool, name: string): Promise<Vol> {
  const xml = formatXml(volumeXml({ name, format: "raw", capacityBytes: 0 }));
  return (await untilFree(() => session.call("storage_vol_create_xml", { pool, xml, flags: 0 }))).vol;
}

/** The markers of a volume, whoever made them. */
async function markers(session: LibvirtSession, pool: Pool, name: string): Promise<readonly Vol[]> {
  const { vols } = await session.call("storage_pool_list_all_volumes", { pool, need_results: 1, flags: 0 });
  return vols.filter((vol) => isMarkerOf(name, vol));
}

function isMarkerOf(name: string, vol: Vol): boolean {
  const prefix = markerPrefix(name);
  return vol.name.startsWith(prefix) && MARK.test(vol.name.slice(prefix.length));
}

/** A volume without markers is somebody else's, and whole as far as anybody can tell. */
function isWhole(name: string, vols: readonly Vol[]): boolean {
  const marks = vols.filter((vol) => isMarkerOf(name, vol));
  return (
    !marks.some((vol) => vol.name.endsWith(MARKERS.half)) ||
    marks.some((vol) => !vol.name.endsWith(MARKERS.half))
  );
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
    await session.upload("storage_vol_upload", args, content.chunks(), { timeoutMs: SLOW_MS });
    await refresh(session, pool);
    if (shape.capacityBytes > content.virtualBytes) await resize(session, vol, shape.capacityBytes);
    return vol;
  } catch (error) {
    if (!hasCode(error, "connection-lost")) await removeVolume(session, vol).catch(() => undefined);
    throw error;
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

export async function removeVolume(session: LibvirtSession, vol: Vol): Promise<void> {
  await untilFree(() => orAbsent(session.call("storage_vol_delete", { vol, flags: 0 })));
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
