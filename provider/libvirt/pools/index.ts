import type { ObservedPool, PoolDriver, PoolSummary } from "../../driver/contract";
import { DriverError, hasCode, isDriverError } from "../../driver/errors";
import { isAdopted } from "../../schema/table/adopted";
import { askedOnce } from "../askedOnce";
import { doing, isUuid, missing, orAbsent, taken, untilFree, uuidOfOwner } from "../common";
import { definitionOf } from "./definition";
import { built, defined, noSuchType, removed, settled, started, stop } from "./steps";
import { VIR_STORAGE_POOL_RUNNING } from "../rpc/constants.gen";
import type { RemoteNonnullStoragePool as Pool } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import {
  poolSpec,
  poolXml,
  readPool,
  standsOn,
  withChanges,
  type NamedPoolSpec,
  type PoolFacts,
} from "../xml/pool";
import { readPoolTypes } from "../xml/poolTypes";
import { formatXml, readXml } from "../xml/tree";

export function createPoolDriver(session: LibvirtSession): PoolDriver {
  const observe = async (pool: Pool): Promise<ObservedPool> => {
    const [definition, { active }, { autostart }] = await Promise.all([
      definitionOf(session, pool),
      session.call("storage_pool_is_active", { pool }),
      session.call("storage_pool_get_autostart", { pool }),
    ]);
    const spec = poolSpec(definition, autostart !== 0, active !== 0);
    return { id: pool.uuid, name: readPool(definition).name, spec };
  };

  const sync = async (
    pool: Pool,
    spec: NamedPoolSpec,
    { made = false, fresh }: { readonly made?: boolean; readonly fresh: boolean },
  ): Promise<ObservedPool> => {
    const { active } = await session.call("storage_pool_is_active", { pool });
    const { type } = readPool(await definitionOf(session, pool));
    const starts = (spec.active ?? !isAdopted(spec)) && active === 0;
    const folder = starts && (await started(session, pool, type, fresh));
    if (spec.active === false && active !== 0)
      await untilFree(() => session.call("storage_pool_destroy", { pool }));
    if (spec.autostart !== undefined)
      await session.call("storage_pool_set_autostart", { pool, autostart: spec.autostart ? 1 : 0 });
    return { ...(await observe(pool)), ...(made || folder ? { built: true } : {}) };
  };

  const types = async (): Promise<readonly string[] | undefined> => {
    try {
      const answer = await session.call("connect_get_storage_pool_capabilities", { flags: 0 });
      return readPoolTypes(readXml(answer.capabilities));
    } catch (error) {
      if (hasCode(error, "unsupported")) return undefined;
      throw error;
    }
  };

  /** libvirt's own words for it are "missing backend for pool type 9". */
  const explained = async (error: unknown, type: string): Promise<unknown> => {
    if (!isDriverError(error) || !error.message.includes("missing backend")) return error;
    return noSuchType(type, (await types()) ?? []);
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

    types,

    isOf: (id, owner) => id === uuidOfOwner("pool", owner),

    create: (spec, { owner }) =>
      doing("create", `storage pool "${spec.name}"`, async () => {
        const uuid = uuidOfOwner("pool", owner);
        const found = await lookupPool(session, spec.name);
        if (found !== undefined && found.uuid !== uuid) throw taken("storage pool", spec.name, undefined);
        const asked = poolXml(spec, uuid);
        const there = found && (await definitionOf(session, found));
        const stays = there !== undefined && standsOn(there, asked);
        // An active pool stands on what it has; a killed run may have started it on what the program has left since.
        if (found !== undefined && !stays) await stop(session, found);
        const wanted = stays ? withChanges(there, spec, true) : asked;
        const anew = found === undefined && spec.build;
        try {
          if (anew) await built(session, wanted, spec);
          const same = found !== undefined && stays && formatXml(wanted) === formatXml(there);
          const pool = same ? found : await defined(session, wanted);
          return await sync(pool, spec, { made: anew, fresh: true });
        } catch (error) {
          // Nothing half-made: the definition is ours, so it goes again; the next run starts from the beginning.
          if (found === undefined && !hasCode(error, "connection-lost"))
            await forget(session, uuid, spec.name);
          throw await explained(error, spec.type);
        }
      }),

    change: (id, spec, { owner, fresh = false }) =>
      doing("change", `storage pool "${spec.name}"`, async () => {
        const pool = await lookupPool(session, id);
        if (pool === undefined) throw missing("storage pool", spec.name, "change");
        const before = await definitionOf(session, pool);
        const wanted = withChanges(before, spec, pool.uuid === uuidOfOwner("pool", owner));
        if (formatXml(wanted) !== formatXml(before)) {
          await defined(session, wanted);
          // What is in a folder goes on being used meanwhile; mounts and logins are left alone until the next start.
          if (readPool(before).type === "dir" && settles(spec))
            await settled(session, pool, fresh).catch(async (error: unknown) => {
              // Or the next run would find everything as it should be.
              if (!hasCode(error, "connection-lost")) await defined(session, before).catch(() => undefined);
              throw error;
            });
        }
        return sync(pool, spec, { fresh });
      }),

    async remove(id, options) {
      const pool = await lookupPool(session, id);
      if (pool !== undefined) await removed(session, pool, options);
    },
  };
}

/** Whether the program says what is written onto the folder itself. */
function settles({ permissions, copyOnWrite, active }: NamedPoolSpec): boolean {
  return active && (permissions !== undefined || copyOnWrite !== undefined);
}

/** A pool of ours under another name was there before: it has been kept when the program renamed it. */
async function forget(session: LibvirtSession, uuid: string, name: string): Promise<void> {
  const found = await orAbsent(session.call("storage_pool_lookup_by_uuid", { uuid })).catch(() => undefined);
  if (found?.pool.name !== name) return;
  const { pool } = found;
  await stop(session, pool).catch(() => undefined);
  await orAbsent(session.call("storage_pool_undefine", { pool })).catch(() => undefined);
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
export function activePool(session: LibvirtSession, name: string): Promise<Pool> {
  return askedOnce(session, "storage", `active pool ${name}`, () => findActivePool(session, name));
}

async function findActivePool(session: LibvirtSession, name: string): Promise<Pool> {
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
