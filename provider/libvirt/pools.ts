import type { Observed, PoolDriver, PoolSummary } from "../driver/contract";
import { DriverError, hasCode } from "../driver/errors";
import type { StoragePoolSpec } from "../schema/storagePool";
import { doing, isUuid, missing, orAbsent, taken, untilFree, uuidOfOwner } from "./common";
import { VIR_STORAGE_POOL_RUNNING } from "./rpc/constants.gen";
import type { RemoteNonnullStoragePool as Pool } from "./rpc/procedures.gen";
import type { LibvirtSession } from "./session";
import { poolSpec, poolXml, readPool, type PoolFacts } from "./xml/pool";
import { formatXml, readXml } from "./xml/tree";

type Spec = StoragePoolSpec & { readonly name: string };

export function createPoolDriver(session: LibvirtSession): PoolDriver {
  const observe = async (pool: Pool): Promise<Observed<StoragePoolSpec>> => {
    const [facts, { active }, { autostart }] = await Promise.all([
      poolFacts(session, pool),
      session.call("storage_pool_is_active", { pool }),
      session.call("storage_pool_get_autostart", { pool }),
    ]);
    return { id: pool.uuid, name: facts.name, spec: poolSpec(facts, autostart !== 0, active !== 0) };
  };

  const sync = async (pool: Pool, spec: Spec): Promise<Observed<StoragePoolSpec>> => {
    const { active } = await session.call("storage_pool_is_active", { pool });
    if (spec.active !== false && active === 0) await start(session, pool);
    if (spec.active === false && active !== 0)
      await untilFree(() => session.call("storage_pool_destroy", { pool }));
    if (spec.autostart !== undefined)
      await session.call("storage_pool_set_autostart", { pool, autostart: spec.autostart ? 1 : 0 });
    return observe(pool);
  };

  return {
    async list() {
      const { pools } = await session.call("connect_list_all_storage_pools", { need_results: 1, flags: 0 });
      // Others take theirs away while we look.
      const summaries = await Promise.all(pools.map((pool) => orAbsent(summary(session, pool))));
      return summaries.filter((each) => each !== undefined);
    },

    async find(idOrName) {
      const pool = await lookupPool(session, idOrName);
      return pool && observe(pool);
    },

    create: (spec, { owner }) =>
      doing("create", `storage pool "${spec.name}"`, async () => {
        const uuid = uuidOfOwner("pool", owner);
        const found = await lookupPool(session, spec.name);
        if (found !== undefined && found.uuid !== uuid) throw taken("storage pool", spec.name, undefined);
        const path = spec.path ?? `/var/lib/libvirt/${spec.name}`;
        if (found !== undefined) await stopElsewhere(session, found, path);
        const xml = formatXml(poolXml({ ...spec, path }, uuid));
        const { pool } = await session.call("storage_pool_define_xml", { xml, flags: 0 });
        try {
          return await sync(pool, spec);
        } catch (error) {
          // Nothing half-made: the definition is ours, so it goes again; the next run starts from the beginning.
          if (found === undefined && !hasCode(error, "connection-lost"))
            await orAbsent(session.call("storage_pool_undefine", { pool }));
          throw error;
        }
      }),

    change: (id, spec) =>
      doing("change", `storage pool "${spec.name}"`, async () => {
        const pool = await lookupPool(session, id);
        if (pool === undefined) throw missing("storage pool", spec.name, "change");
        return sync(pool, spec);
      }),

    async remove(id, { contents }) {
      const pool = await lookupPool(session, id);
      if (pool === undefined) return;
      await doing("remove", `storage pool "${pool.name}"`, async () => {
        const { active } = await session.call("storage_pool_is_active", { pool });
        if (active !== 0) await untilFree(() => session.call("storage_pool_destroy", { pool }));
        // libvirt deletes the folder with rmdir: one that still holds anything stays.
        if (contents)
          await session
            .call("storage_pool_delete", { pool, flags: 0 })
            .catch((error: unknown) => stays(error));
        await orAbsent(session.call("storage_pool_undefine", { pool }));
      });
    },
  };
}

/** An active pool keeps the folder it has; a killed run may have started it on one that the program has left since. */
async function stopElsewhere(session: LibvirtSession, pool: Pool, path: string): Promise<void> {
  const [facts, { active }] = await Promise.all([
    poolFacts(session, pool),
    session.call("storage_pool_is_active", { pool }),
  ]);
  if (active !== 0 && facts.path !== path)
    await untilFree(() => session.call("storage_pool_destroy", { pool }));
}

function stays(error: unknown): void {
  if (!hasCode(error, "failed", "invalid-state", "busy", "not-found", "already-exists")) throw error;
}

/** A folder that is missing is made; one that is there is taken as it is. */
async function start(session: LibvirtSession, pool: Pool): Promise<void> {
  try {
    await session.call("storage_pool_create", { pool, flags: 0 });
  } catch (error) {
    if (hasCode(error, "invalid-state")) return;
    if (hasCode(error, "connection-lost", "permission-denied")) throw error;
    await session.call("storage_pool_build", { pool, flags: 0 });
    await session.call("storage_pool_create", { pool, flags: 0 });
  }
}

async function summary(session: LibvirtSession, pool: Pool): Promise<PoolSummary> {
  const { active } = await session.call("storage_pool_is_active", { pool });
  // Usage is what the last refresh saw; a busy pool keeps its last figures.
  if (active !== 0) await session.call("storage_pool_refresh", { pool, flags: 0 }).catch(() => undefined);
  const [facts, info] = await Promise.all([
    poolFacts(session, pool),
    session.call("storage_pool_get_info", { pool }),
  ]);
  return {
    id: pool.uuid,
    name: facts.name,
    type: facts.type,
    path: facts.path,
    active: info.state === VIR_STORAGE_POOL_RUNNING,
    totalBytes: Number(info.capacity),
    usedBytes: Number(info.allocation),
    availableBytes: Number(info.available),
  };
}

async function poolFacts(session: LibvirtSession, pool: Pool): Promise<PoolFacts> {
  return readPool(readXml((await session.call("storage_pool_get_xml_desc", { pool, flags: 0 })).xml));
}

export async function lookupPool(session: LibvirtSession, idOrName: string): Promise<Pool | undefined> {
  if (isUuid(idOrName)) {
    const byId = await orAbsent(session.call("storage_pool_lookup_by_uuid", { uuid: idOrName }));
    if (byId !== undefined) return byId.pool;
  }
  return (await orAbsent(session.call("storage_pool_lookup_by_name", { name: idOrName })))?.pool;
}

/** An active pool, or a clear word about why there is none: a volume in a stopped pool is not a deleted volume. */
export async function activePool(session: LibvirtSession, name: string): Promise<Pool> {
  const pool = await lookupPool(session, name);
  if (pool === undefined) {
    const { pools } = await session.call("connect_list_all_storage_pools", { need_results: 1, flags: 0 });
    const known = pools.map((other) => `"${other.name}"`).join(", ") || "none";
    throw new DriverError(`the host has no storage pool "${name}"; it has ${known}`, {
      code: "not-found",
      target: `storage pool "${name}"`,
      remedy: "Declare it as a StoragePool, or name one that is there.",
    });
  }
  const { active } = await session.call("storage_pool_is_active", { pool });
  if (active === 0) {
    throw new DriverError(`storage pool "${name}" is not active`, {
      code: "invalid-state",
      target: `storage pool "${name}"`,
      remedy: `Start it: \`virsh pool-start ${name}\`, or \`active: true\` on its StoragePool.`,
    });
  }
  return pool;
}
