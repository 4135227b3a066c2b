import { DriverError, hasCode } from "../../driver/errors";
import type { HostConnection } from "../../schema/connection";
import type { VmSpec } from "../../schema/vm";
import type { DiskSpec } from "../../schema/vmDisk";
import { formatBytes, GiB } from "../../schema/units";
import { findVolume, resolveImage, volumeFacts } from "../lookup";
import { activePool } from "../pools";
import type { RemoteNonnullStoragePool as Pool, RemoteNonnullStorageVol as Vol } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import type { DiskSource } from "../xml/domainDisks";
import { parseXml } from "../xml/tree";
import { readPool } from "../xml/pool";
import type { VolumeFacts, VolumeShape } from "../xml/volume";
import { makeOwned } from "../volumes";

/** The size of a disk for which neither the program nor an image says one (R59). */
const DEFAULT_BYTES = 8 * GiB;

/** One disk with its image: where it is, and the volume to make for it if it is the VM's own. */
export interface PlannedDisk {
  readonly spec: DiskSpec;
  readonly source?: DiskSource;
  readonly own?: { readonly pool: Pool; readonly shape: VolumeShape; readonly key: string };
}

/** Looks up what the disks of a VM stand on. Nothing is made here, so a mistake costs nothing. */
export async function planDisks(session: LibvirtSession, vmName: string, disks: VmSpec["disks"], host: HostConnection, kept: ReadonlyMap<string, string>): Promise<readonly PlannedDisk[]> {
  return Promise.all(disks.map((disk) => planDisk(session, vmName, disk, host, kept.get(disk.name))));
}

async function planDisk(session: LibvirtSession, vmName: string, spec: DiskSpec, host: HostConnection, kept: string | undefined): Promise<PlannedDisk> {
  const use = `disk "${spec.name}" of VM "${vmName}"`;
  if (spec.path !== undefined || spec.volume !== undefined) {
    return { spec, source: sourceOf(await resolveImage(session, spec.volume ?? spec.path ?? "", use), spec.format) };
  }
  if (spec.device !== "disk") return { spec };
  const backing = spec.backing === undefined ? undefined : await resolveImage(session, spec.backing, use);
  const least = backing?.capacityBytes ?? 0;
  const capacityBytes = spec.size ?? (least > 0 ? least : DEFAULT_BYTES);
  if (capacityBytes < least) {
    throw new DriverError(`its image has ${formatBytes(least)}, more than the size asked for (${formatBytes(capacityBytes)})`, { code: "invalid-argument", operation: "make", target: use, remedy: "Leave `size` out, or make it at least as large." });
  }
  const pool = await choosePool(session, spec, host, kept, use);
  const format = spec.format ?? "qcow2";
  const name = `${vmName}-${spec.name}.${format === "raw" ? "img" : format}`;
  const { path: folder, type } = readPool(parseXml((await session.call("storage_pool_get_xml_desc", { pool, flags: 0 })).xml));
  const source = { path: `${folder}/${name}`, format, block: type !== "dir" && type !== "fs" && type !== "netfs" };
  return { spec, source, own: { pool, shape: { name, format, capacityBytes, backing }, key: `${pool.name}/${name}` } };
}

function sourceOf(facts: VolumeFacts, format: string | undefined): DiskSource {
  return { path: facts.path, format: format ?? facts.format, block: facts.block };
}

/** The pool named; else the one the disk is in; else the host's default; else the first active one with room (R102–R104). */
async function choosePool(session: LibvirtSession, spec: DiskSpec, host: HostConnection, kept: string | undefined, use: string): Promise<Pool> {
  const named = spec.pool ?? kept ?? host.defaultStoragePool;
  if (named !== undefined) return activePool(session, named);
  const { pools } = await session.call("connect_list_all_storage_pools", { need_results: 1, flags: 0 });
  const rooms = await Promise.all(pools.map(async (pool) => ({ pool, info: await session.call("storage_pool_get_info", { pool }) })));
  const wanted = BigInt(spec.size ?? DEFAULT_BYTES);
  const found = rooms.filter(({ info }) => info.state === 2 && info.available >= wanted).sort((a, b) => a.pool.name.localeCompare(b.pool.name))[0];
  if (found !== undefined) return found.pool;
  const seen = rooms.map(({ pool, info }) => `"${pool.name}" (${info.state === 2 ? `${formatBytes(Number(info.available))} free` : "not active"})`).join(", ");
  throw new DriverError(rooms.length === 0 ? "the host has no storage pool" : `no storage pool has ${formatBytes(Number(wanted))} free: ${seen}`, {
    code: rooms.length === 0 ? "not-found" : "no-space",
    operation: "place",
    target: use,
    remedy: "Declare a StoragePool and give it as `pool`, or set the host's `defaultStoragePool`.",
  });
}

/**
 * Makes the volumes that are missing. The VM's definition names them already, so one that is there is ours, left by an
 * earlier run; `fresh` says that the definition is new, and then a volume of that name is somebody else's.
 */
export async function makeVolumes(session: LibvirtSession, planned: readonly PlannedDisk[], fresh: boolean, made: Vol[] = []): Promise<void> {
  await Promise.all(
    planned.map(async ({ own, spec }) => {
      if (own === undefined) return;
      const existing = await findExisting(session, own.pool, own.shape.name, fresh);
      if (existing !== undefined && fresh) {
        throw new DriverError("a volume of this name exists already, and it was not made by this program", {
          code: "already-exists",
          operation: `make disk "${spec.name}"`,
          target: `as volume "${own.shape.name}" in pool "${own.pool.name}"`,
          remedy: "Remove it, give the VM another `name`, or use it as it is with `disks[].volume`.",
        });
      }
      if (existing === undefined) made.push(await makeOwned(session, own.pool, own.shape));
    }),
  );
}

async function findExisting(session: LibvirtSession, pool: Pool, name: string, fresh: boolean): Promise<Vol | undefined> {
  if (!fresh) return findVolume(session, pool.name, name);
  try {
    return (await session.call("storage_vol_lookup_by_name", { pool, name })).vol;
  } catch (error) {
    if (hasCode(error, "not-found")) return undefined;
    throw error;
  }
}

/** Capacity of a planned disk's volume as it is now. */
export async function currentCapacity(session: LibvirtSession, { own }: PlannedDisk): Promise<{ vol: Vol; bytes: number } | undefined> {
  if (own === undefined) return undefined;
  const vol = await findVolume(session, own.pool.name, own.shape.name);
  return vol && { vol, bytes: (await volumeFacts(session, vol)).capacityBytes };
}
