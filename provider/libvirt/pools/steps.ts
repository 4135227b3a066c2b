import { DriverError, hasCode, isDriverError } from "../../driver/errors";
import { FOLDER_POOLS } from "../../schema/storage/poolTypes";
import { doing, orAbsent, untilFree } from "../common";
import {
  VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE,
  VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE,
} from "../rpc/constants.gen";
import type { RemoteNonnullStoragePool as Pool } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { readPool, type NamedPoolSpec } from "../xml/pool";
import { formatXml, type XmlElement } from "../xml/tree";
import { lookThrough, saysMissing, whereFolderIs } from "./away";
import { definitionOf, SLOW_MS } from "./definition";

/** What can go with its pool: a folder or mount point, a partition table, a volume group, a zpool. */
const DELETABLE = [...FOLDER_POOLS, "disk", "logical", "zfs"];

export async function isActive(session: LibvirtSession, pool: Pool): Promise<boolean> {
  return (await session.call("storage_pool_is_active", { pool })).active !== 0;
}

export async function stop(session: LibvirtSession, pool: Pool): Promise<void> {
  if (await isActive(session, pool)) await untilFree(() => session.call("storage_pool_destroy", { pool }));
}

export async function defined(session: LibvirtSession, definition: XmlElement): Promise<Pool> {
  const xml = formatXml(definition);
  return (await session.call("storage_pool_define_xml", { xml, flags: 0 })).pool;
}

/**
 * Writes onto the devices and starts the pool, in one call of the host and before the pool is defined: one that is there,
 * after a run that was cut off, has been built, and is never built again.
 */
export async function built(
  session: LibvirtSession,
  definition: XmlElement,
  { overwrite }: Pick<NamedPoolSpec, "overwrite">,
): Promise<void> {
  const flags = overwrite
    ? VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE
    : VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE;
  const xml = formatXml(definition);
  const options = { timeoutMs: SLOW_MS };
  try {
    await session.call("storage_pool_create_xml", { xml, flags }, options);
  } catch (error) {
    // zfs has no such flags, and builds over nothing by itself.
    if (hasCode(error, "invalid-argument", "unsupported") && readPool(definition).type === "zfs") {
      const pool = await defined(session, definition);
      await session.call("storage_pool_build", { pool, flags: 0 }, options);
      return;
    }
    throw explained(error);
  }
}

function explained(error: unknown): unknown {
  if (
    !isDriverError(error) ||
    !/already (built|formatted)|overwrite|does not match the expected/.test(error.message)
  )
    return error;
  return error.with({
    remedy:
      "Leave `build` out to use what is there as it is, or say `overwrite: true` to destroy what is on the devices.",
  });
}

/**
 * Starts a pool; a folder that is missing is made, where it never had one, and one that is there is taken as it is. Answers whether
 * one was made.
 */
export async function started(
  session: LibvirtSession,
  pool: Pool,
  type: string,
  fresh: boolean,
): Promise<boolean> {
  const start = (): Promise<unknown> =>
    session.call("storage_pool_create", { pool, flags: 0 }, { timeoutMs: SLOW_MS });
  try {
    await start();
    return false;
  } catch (error) {
    if (hasCode(error, "invalid-state")) return false;
    if (!FOLDER_POOLS.includes(type) || hasCode(error, "connection-lost", "permission-denied")) throw error;
    if (type === "dir" && !fresh) throw await whereFolderIs(session, pool, error);
    const missing = saysMissing(error);
    await session.call("storage_pool_build", { pool, flags: 0 });
    await start();
    return missing;
  }
}

/**
 * A folder gets its owner and access when it is built, which changes nothing else of one that is there. Where the host refuses
 * that (a file system that knows no owners), the pool that was on is on again.
 */
export async function settled(session: LibvirtSession, pool: Pool, fresh: boolean): Promise<void> {
  const was = await isActive(session, pool);
  // What builds a folder also makes one.
  if (!fresh) await (was ? lookThrough(session, pool) : started(session, pool, "dir", fresh));
  await stop(session, pool);
  try {
    await session.call("storage_pool_build", { pool, flags: 0 });
  } catch (error) {
    if (was && !hasCode(error, "connection-lost"))
      await session.call("storage_pool_create", { pool, flags: 0 }).catch(() => undefined);
    throw error;
  }
}

/** Off and forgotten; with `contents` also what it stands on, as far as no volume is in it. */
export async function removed(
  session: LibvirtSession,
  pool: Pool,
  { contents }: { readonly contents: boolean },
): Promise<void> {
  await doing("remove", `storage pool "${pool.name}"`, async () => {
    const { type } = readPool(await definitionOf(session, pool));
    const goes = contents && DELETABLE.includes(type) && (await isEmpty(session, pool, type));
    await stop(session, pool);
    if (goes)
      await session.call("storage_pool_delete", { pool, flags: 0 }).catch((error: unknown) => stays(error));
    await orAbsent(session.call("storage_pool_undefine", { pool }));
  });
}

/**
 * What a pool without anything in it takes up. libvirt counts no logical volumes that are not activated, no thin pools and no
 * file systems of zfs among the volumes, and would delete them all; zfs has its own records.
 */
const EMPTY_BYTES: Readonly<Record<string, number>> = { logical: 0, zfs: 2 ** 20 };

/** libvirt deletes a folder with rmdir: one that still holds anything stays. A volume group it would delete with all that is in it. */
async function isEmpty(session: LibvirtSession, pool: Pool, type: string): Promise<boolean> {
  if (FOLDER_POOLS.includes(type)) return true;
  if (!(await isActive(session, pool))) return false;
  await untilFree(() => session.call("storage_pool_refresh", { pool, flags: 0 }, { timeoutMs: SLOW_MS }));
  if ((await session.call("storage_pool_num_of_volumes", { pool })).num > 0) return false;
  const { allocation } = await session.call("storage_pool_get_info", { pool });
  return Number(allocation) <= (EMPTY_BYTES[type] ?? Infinity);
}

function stays(error: unknown): void {
  if (!hasCode(error, "failed", "invalid-state", "busy", "not-found", "already-exists", "unsupported"))
    throw error;
}

/** What the type of a new pool is for a host that has no driver for it. */
export function noSuchType(type: string, types: readonly string[]): DriverError {
  return new DriverError(`the host has no driver for pools of type ${type}; it has ${types.join(", ")}`, {
    code: "unsupported",
    remedy:
      "Install it on the host (a package such as libvirt-daemon-driver-storage-zfs), or choose another type.",
  });
}
