import { randomUUID } from "node:crypto";
import { dirname } from "node:path/posix";
import type { Observed, PoolDriver } from "../../../provider/driver/contract";
import { DriverError } from "../../../provider/driver/errors";
import { storagePoolFields, type StoragePoolSpec } from "../../../provider/schema/storagePool";
import { absent, configuration, copy, taken } from "./configuration";
import { byIdOrName, type HostOptions, type MemoryFile, type MemoryPool, type Witness } from "./state";

export function memoryPools(witness: Witness, { poolBytes }: HostOptions): PoolDriver {
  const { pools, folders } = witness;
  const observe = ({ id, name, owner, spec }: MemoryPool): Observed<StoragePoolSpec> =>
    copy({ id, name, spec, ...(owner === undefined ? {} : { owner }) });
  const keep = (pool: MemoryPool, spec: StoragePoolSpec, owner: string): Observed<StoragePoolSpec> => {
    pool.owner = owner;
    pool.spec = { ...configuration(storagePoolFields, spec), path: pool.spec.path };
    folders.add(pool.spec.path);
    pools.set(pool.id, pool);
    return observe(pool);
  };
  return {
    async list() {
      return [...pools.values()].map((pool) => {
        const active = pool.spec.active ?? false;
        const [totalBytes, usedBytes] = active ? [pool.totalBytes, usedBy(witness, pool)] : [0, 0];
        return {
          id: pool.id,
          name: pool.name,
          type: pool.spec.type ?? "dir",
          path: pool.spec.path,
          active,
          totalBytes,
          usedBytes,
          availableBytes: totalBytes - usedBytes,
        };
      });
    },
    async find(idOrName) {
      const pool = byIdOrName(pools, idOrName);
      return pool && observe(pool);
    },
    async create(spec, { owner }) {
      const path = spec.path ?? `/var/lib/libvirt/${spec.name}`;
      const pool = byIdOrName(pools, spec.name);
      if (pool !== undefined && pool.owner !== owner) throw taken("storage pool", spec.name, pool.owner);
      return keep(
        pool ?? { id: randomUUID(), name: spec.name, spec: { path }, totalBytes: poolBytes },
        { ...spec },
        owner,
      );
    },
    async change(id, spec, { owner }) {
      const pool = pools.get(id);
      if (pool === undefined) throw absent("storage pool", id, "change the storage pool");
      return keep(pool, { ...spec }, owner);
    },
    async remove(id, { contents }) {
      const pool = byIdOrName(pools, id);
      if (pool === undefined) return;
      pools.delete(pool.id);
      if (contents && filesOf(witness, pool).length === 0) folders.delete(pool.spec.path);
    },
  };
}

export function filesOf({ files }: Witness, { spec }: MemoryPool): [string, MemoryFile][] {
  return [...files].filter(([path]) => dirname(path) === spec.path);
}

export function usedBy(witness: Witness, pool: MemoryPool): number {
  return filesOf(witness, pool).reduce((sum, [, { bytes }]) => sum + bytes.length, 0);
}

/** The pool for something that is to be done in it; a pool that is off hides its volumes, which is not the same as their absence. */
export function activePool({ pools }: Witness, name: string, operation: string): MemoryPool {
  const pool = byIdOrName(pools, name);
  if (pool === undefined) throw absent("storage pool", name, operation);
  if (pool.spec.active === false) {
    throw new DriverError("the storage pool is not active", {
      code: "invalid-state",
      operation,
      target: `storage pool "${name}"`,
      remedy: "Start the pool.",
    });
  }
  return pool;
}
