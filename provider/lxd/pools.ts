import type { Named, ObservedPool, Ownership, PoolDriver, PoolSummary } from "../driver/contract";
import { DriverError, hasCode } from "../driver/errors";
import { lxdPoolKeys, lxdSource } from "../schema/storage/lxdPool";
import type { StoragePoolSpec } from "../schema/storagePool";
import { at, type LxdClient } from "./api/client";
import { doing, given, missing, taken } from "./common";
import { editKeys, toldOf } from "./keyed";
import { mergeKeys, readKeys, writeKeys } from "./keys";
import { FAILED, inCommon, isCluster, makeOnMembers } from "./members";
import { OWN, sizeIn, type Config, type Pool, type Server } from "./objects";
import { usersIn } from "./usedBy";

type PoolSpec = Named<StoragePoolSpec>;

/** What it was made with stays when the program stops naming it. */
const STAY = lxdPoolKeys.map(({ key }) => key);

/** A pool's name is its identity: LXD cannot rename one. */
export function createPoolDriver(client: LxdClient): PoolDriver {
  const look = async (name: string): Promise<Pool | undefined> =>
    (await client.find<Pool>(at("storage-pools", name)))?.value;

  const find = async (name: string): Promise<ObservedPool | undefined> => {
    const found = await look(name);
    return found && observed(found);
  };

  const change = async (id: string, spec: PoolSpec, { owner }: Ownership): Promise<ObservedPool> => {
    const what = doing("change", "storage pool", spec.name);
    const before = await look(id);
    if (before === undefined) throw missing("storage pool", spec.name, "change");
    await requireGrowth(client, before.config, spec);
    const cluster = await isCluster(client);
    await editKeys<Pool>(client, at("storage-pools", id), spec, {
      keys: () => inCommon(writeKeys(lxdPoolKeys, spec), cluster),
      owner,
      stay: STAY,
      // The same size in other words is no change.
      settle: (next, { size }) =>
        size !== undefined && sizeIn(size) === sizeIn(next["size"]) ? { ...next, size } : next,
      what,
    });
    const after = await find(id);
    if (after === undefined) throw missing("storage pool", spec.name, "change");
    return after;
  };

  return {
    async list() {
      const pools = await client.get<readonly Pool[]>(at("storage-pools"), { recursion: "1" });
      return Promise.all(pools.map((pool) => summary(client, pool)));
    },
    find,
    change,

    async create(spec, owned) {
      const what = doing("create", "storage pool", spec.name);
      const before = await look(spec.name);
      if (before?.status === FAILED && before.config?.[OWN.owner] !== owned.owner)
        throw taken("storage pool", spec.name, before.config?.[OWN.owner]);
      if (before === undefined || before.status === "Pending" || before.status === FAILED) {
        const keys = mergeKeys({}, writeKeys(lxdPoolKeys, spec), owned.owner);
        const config = given({ ...keys, source: lxdSource(spec) }) as Config;
        const body = { name: spec.name, driver: spec.type, description: spec.description ?? "", config };
        try {
          await makeOnMembers(client, at("storage-pools"), body, spec.members, what);
        } catch (error) {
          if (!hasCode(error, "already-exists")) throw await explained(client, spec.name, error);
        }
      }
      const made = await find(spec.name);
      if (made === undefined) throw missing("storage pool", spec.name, "create");
      if (made.owner !== owned.owner) throw taken("storage pool", spec.name, made.owner);
      return before === undefined ? made : change(spec.name, spec, owned);
    },

    async types() {
      const { environment } = await client.get<Server>(at());
      return environment.storage_supported_drivers?.map(({ Name: name }) => name);
    },

    noGrowth: () => noGrowth(client),

    async remove(id) {
      try {
        await client.remove(at("storage-pools", id), { what: doing("remove", "storage pool", id) });
      } catch (error) {
        const users = usersIn((await look(id))?.used_by);
        if (!(error instanceof DriverError) || !hasCode(error, "invalid-state") || users.length === 0)
          throw error;
        throw error.with({ remedy: `Remove ${users.join(", ")} first; LXD keeps a pool that is used.` });
      }
    },
  };
}

/** A pool may stand on what was there before, so nothing of one that has failed is taken away. */
async function explained(client: LxdClient, name: string, error: unknown): Promise<unknown> {
  const half = (await client.find<Pool>(at("storage-pools", name)))?.value;
  if (!(error instanceof DriverError) || half?.status !== FAILED || hasCode(error, "unreachable"))
    return error;
  return error.with({
    remedy: `It is made on some members of the cluster: put right what is wrong there, and the next \`pulumi up\` makes the rest; for other keys, \`lxc storage delete ${name}\` first.`,
  });
}

const RESIZE = "storage_pool_loop_resize";

async function noGrowth(client: LxdClient): Promise<string | undefined> {
  if (await isCluster(client))
    return "each member of a cluster has a file of its own (`lxc storage set … size=… --target …` grows one)";
  return (await client.has(RESIZE)) ? undefined : `the server lacks the API extension ${RESIZE}`;
}

/** LXD 5.0 takes a new size for a pool's file and leaves the file as it is. */
async function requireGrowth(client: LxdClient, config: Pool["config"], spec: PoolSpec): Promise<void> {
  const now = sizeIn(config?.["size"]);
  // In a cluster the size is none of the keys that members have in common.
  if (spec.size === undefined || now === undefined || spec.size <= now) return;
  const reason = await noGrowth(client);
  if (reason === undefined) return;
  throw new DriverError(`it cannot become larger: ${reason}`, {
    code: "unsupported",
    ...doing("grow", "storage pool", spec.name),
    remedy: "Upgrade LXD on the host, or make another pool.",
  });
}

function observed(pool: Pool): ObservedPool {
  const { driver, config, status } = pool;
  const now = config ?? {};
  const told = toldOf(pool, {
    ...(readKeys(lxdPoolKeys, now) as Partial<StoragePoolSpec>),
    type: driver as StoragePoolSpec["type"],
    // What a pool stands on is written anew by the server, except a folder.
    ...(driver === "dir" ? given({ path: now["source"] }) : {}),
    // LXD has no pool that is off, or that does not come with the host.
    autostart: true,
    active: status !== "Unavailable",
  });
  return status === "Pending" ? { ...told, pending: true } : told;
}

async function summary(client: LxdClient, { name, driver, config, status }: Pool): Promise<PoolSummary> {
  const active = status === "Created";
  const usage = active
    ? (
        await client.find<{ space: { total: number; used: number } }>(
          `${at("storage-pools", name)}/resources`,
        )
      )?.value
    : undefined;
  const { total = 0, used = 0 } = usage?.space ?? {};
  return {
    id: name,
    name,
    type: driver,
    ...(config?.["source"] === undefined ? {} : { path: config["source"] }),
    active,
    totalBytes: total,
    usedBytes: used,
    availableBytes: total - used,
  };
}
