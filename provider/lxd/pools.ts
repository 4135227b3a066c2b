import type { Named, Observed, Ownership, PoolDriver, PoolSummary } from "../driver/contract";
import { hasCode } from "../driver/errors";
import type { StoragePoolSpec } from "../schema/storagePool";
import { at, type LxdClient } from "./api/client";
import { doing, given, missing, taken } from "./common";
import { OWN, type Pool } from "./objects";

type PoolSpec = Named<StoragePoolSpec>;
type ObservedPool = Observed<StoragePoolSpec>;

/** A pool's name is its identity: LXD cannot rename one. */
export function createPoolDriver(client: LxdClient): PoolDriver {
  const find = async (name: string): Promise<ObservedPool | undefined> => {
    const found = await client.find<Pool>(at("storage-pools", name));
    return found && observed(found.value);
  };

  const create = async (spec: PoolSpec, { owner }: Ownership): Promise<ObservedPool> => {
    const what = doing("create", "storage pool", spec.name);
    const body = {
      name: spec.name,
      driver: spec.type,
      config: given({ [OWN.owner]: owner, source: spec.path }),
    };
    const before = await find(spec.name);
    if (before === undefined) {
      try {
        await client.change("POST", at("storage-pools"), { body, what });
      } catch (error) {
        if (!hasCode(error, "already-exists")) throw error;
      }
    }
    const made = before ?? (await find(spec.name));
    if (made === undefined) throw missing("storage pool", spec.name, "create");
    if (made.owner !== owner) throw taken("storage pool", spec.name, made.owner);
    return made;
  };

  const change = async (id: string, spec: PoolSpec, { owner }: Ownership): Promise<ObservedPool> => {
    const what = doing("change", "storage pool", spec.name);
    if ((await find(id)) === undefined) throw missing("storage pool", spec.name, "change");
    await client.edit<Pool, Pick<Pool, "description" | "config">>(
      at("storage-pools", id),
      ({ description, config }) =>
        config?.[OWN.owner] === owner
          ? undefined
          : { description, config: { ...config, [OWN.owner]: owner } },
      { what },
    );
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
    create,
    change,
    async remove(id) {
      try {
        await client.change("DELETE", at("storage-pools", id), { what: doing("remove", "storage pool", id) });
      } catch (error) {
        if (!hasCode(error, "not-found")) throw error;
      }
    },
  };
}

function observed({ name, driver, config, status }: Pool): ObservedPool {
  const owner = config?.[OWN.owner];
  return {
    id: name,
    name,
    ...(owner === undefined ? {} : { owner }),
    spec: given({
      type: driver as StoragePoolSpec["type"],
      path: config?.["source"],
      // LXD has no pool that is off, or that does not come with the host.
      autostart: true,
      active: status !== "Unavailable",
    }),
  };
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
