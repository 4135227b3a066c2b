import { DriverError } from "../../../driver/errors";
import type { HostConnection } from "../../../schema/address/connection";
import { formatBytes } from "../../../schema/table/units";
import { DEFAULT_DISK_BYTES, type DiskSpec } from "../../../schema/vm/disk";
import { doing } from "../../common";
import { activePool } from "../../pools";
import type { RemoteNonnullStoragePool as Pool } from "../../rpc/procedures.gen";
import type { LibvirtSession } from "../../session";

/** The pool named; else the one the disk is in; else the host's default; else the first active one with room (R102–R104). */
export async function choosePool(
  session: LibvirtSession,
  spec: DiskSpec,
  host: HostConnection,
  kept: string | undefined,
  use: string,
): Promise<Pool> {
  const named = spec.pool ?? kept ?? host.defaultStoragePool;
  if (named !== undefined) return doing("find", use, () => activePool(session, named));
  const { pools } = await session.call("connect_list_all_storage_pools", { need_results: 1, flags: 0 });
  const rooms = await Promise.all(
    pools.map(async (pool) => ({ pool, info: await session.call("storage_pool_get_info", { pool }) })),
  );
  const wanted = BigInt(spec.size ?? DEFAULT_DISK_BYTES.libvirt);
  const found = rooms
    .filter(({ info }) => info.state === 2 && info.available >= wanted)
    .sort((a, b) => a.pool.name.localeCompare(b.pool.name))[0];
  if (found !== undefined) return found.pool;
  const seen = rooms
    .map(
      ({ pool, info }) =>
        `"${pool.name}" (${info.state === 2 ? `${formatBytes(Number(info.available))} free` : "not active"})`,
    )
    .join(", ");
  throw new DriverError(
    rooms.length === 0
      ? "the host has no storage pool"
      : `no storage pool has ${formatBytes(Number(wanted))} free: ${seen}`,
    {
      code: rooms.length === 0 ? "not-found" : "no-space",
      operation: "place",
      target: use,
      remedy: "Declare a StoragePool and give it as `pool`, or set the host's `defaultStoragePool`.",
    },
  );
}

export function takesNone(pool: string, type: string, use: string): DriverError {
  return new DriverError(`storage pool "${pool}" is of type ${type}, in which no disk can be made by name`, {
    code: "unsupported",
    operation: "place",
    target: use,
    remedy: "Name a pool of another type, or a `volume`, `path` or `remote` that exists.",
  });
}
