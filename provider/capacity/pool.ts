import { formatBytes } from "../schema/table/units";

/** A storage pool of the host, with the room that is really there: nothing is overcommitted (R110). */
export interface KnownPool {
  readonly name: string;
  readonly id?: string;
  readonly active: boolean;
  /** Whether a volume can be made there for a disk, by a name of ours. */
  readonly takesDisks: boolean;
  /** Bytes that are free, without what the program adds there; unknown of a pool that the program has yet to make. */
  readonly freeBytes?: number;
}

export interface PoolWish {
  /** What the disk will take; unknown where it is as large as its image. */
  readonly bytes?: number;
  /** Pools in order of preference (R104): those of them that the host has decide alone. */
  readonly pools?: readonly string[];
}

export interface ChosenPool {
  readonly pool: string;
  readonly chosen: string;
}

export interface NoPool {
  readonly refused: string;
  /** Whether it is the size that does not fit, or the pool that is not there. */
  readonly at: "size" | "pool";
}

/**
 * The pool of a disk that names none (R102–R104): the first of its preferred ones with room; else the host's default, which
 * must be there and have room; else the first active one with room, by name.
 */
export function choosePool(
  pools: readonly KnownPool[],
  { bytes = 0, pools: preferred = [] }: PoolWish,
  defaultPool?: string,
): ChosenPool | NoPool {
  const known = preferred.flatMap((name) => pools.filter((pool) => is(pool, name)));
  if (known.length > 0) {
    const found = known.find((pool) => refusalOf(pool, bytes) === undefined);
    if (found === undefined) return noSpace(bytes, known);
    return { pool: found.name, chosen: `${found.name}: the first with room of ${preferred.join(", ")}` };
  }
  if (defaultPool !== undefined) {
    const found = pools.find((pool) => is(pool, defaultPool));
    if (found === undefined) {
      const has = `it has ${listed(pools)}`;
      return { refused: `the host's default storage pool "${defaultPool}" is not there; ${has}`, at: "pool" };
    }
    if (refusalOf(found, bytes) !== undefined) return noSpace(bytes, [found], pools);
    return { pool: found.name, chosen: `${found.name}: the host's default` };
  }
  const inOrder = [...pools].sort((a, b) => (a.name < b.name ? -1 : 1));
  const found = inOrder.find((pool) => refusalOf(pool, bytes) === undefined);
  if (found !== undefined) return { pool: found.name, chosen: `${found.name}: the first with room` };
  if (pools.length === 0)
    return { refused: "the host has no storage pool: declare a StoragePool, and name it", at: "pool" };
  return noSpace(bytes, inOrder);
}

/** Whether a disk that names its pool has room there; of a pool that is not known nothing is said. */
export function roomIn(pools: readonly KnownPool[], name: string, bytes: number): NoPool | undefined {
  const pool = pools.find((each) => is(each, name));
  if (pool?.freeBytes === undefined || !pool.active || bytes <= pool.freeBytes) return undefined;
  return noSpace(bytes, [pool], pools);
}

function is({ name, id }: KnownPool, wanted: string): boolean {
  return name === wanted || id === wanted;
}

/** Why a disk cannot be made there, in two words. */
function refusalOf({ active, takesDisks, freeBytes }: KnownPool, bytes: number): string | undefined {
  if (!active) return "not active";
  if (!takesDisks) return "takes no disks";
  return freeBytes !== undefined && freeBytes < bytes
    ? `${formatBytes(Math.max(0, freeBytes))} free`
    : undefined;
}

function noSpace(bytes: number, tried: readonly KnownPool[], all: readonly KnownPool[] = tried): NoPool {
  const others = all.filter((pool) => !tried.includes(pool));
  const more = others.length === 0 ? "" : `; there is ${listed(others)} too`;
  return { refused: `no space: ${formatBytes(bytes)} do not fit in ${listed(tried)}${more}`, at: "size" };
}

function listed(pools: readonly KnownPool[]): string {
  const free = ({ freeBytes }: KnownPool): string =>
    freeBytes === undefined ? "made by this program" : `${formatBytes(Math.max(0, freeBytes))} free`;
  return pools.map((pool) => `"${pool.name}" (${refusalOf(pool, 0) ?? free(pool)})`).join(", ") || "none";
}
