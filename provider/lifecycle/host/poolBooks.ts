import type { KnownPool } from "../../capacity/pool";
import type { HostDriver, PoolSummary } from "../../driver/contract";
import { DISK_POOLS } from "../../schema/storage/poolTypes";

/** LXD's drivers that hold no blocks. */
const NO_BLOCKS: readonly string[] = ["cephfs", "cephobject"];

/** What this process knows of a host's pools, and what the program adds in them. */
export class PoolBooks {
  private reading?: Promise<readonly PoolSummary[]>;
  /** Pools that the program makes on this host. */
  readonly planned = new Set<string>();
  /** Bytes that disks of the program will take, by disk. */
  private readonly claims = new Map<string, { readonly pool: string; readonly bytes: number }>();

  constructor(private readonly driver: HostDriver) {}

  /** The pools without what others of the program's disks take there. What was read a while ago refuses nobody: `again`. */
  async known(claim: string, again: boolean): Promise<readonly KnownPool[]> {
    if (again || this.reading === undefined) {
      this.reading = this.driver.pools.list();
      this.reading.catch(() => (this.reading = undefined));
    }
    const there = (await this.reading).map(({ id, name, type, active, availableBytes }): KnownPool => {
      const taken = [...this.claims].filter(([other, { pool }]) => other !== claim && pool === name);
      const takesDisks = this.driver.kind === "lxd" ? !NO_BLOCKS.includes(type) : DISK_POOLS.includes(type);
      const freeBytes = taken.reduce((free, [, { bytes }]) => free - bytes, availableBytes);
      return { id, name, active, takesDisks, freeBytes };
    });
    const coming = [...this.planned].filter((name) => !there.some((pool) => pool.name === name));
    return [...there, ...coming.map((name): KnownPool => ({ name, active: true, takesDisks: true }))];
  }

  claim(disk: string, pool: string, bytes: number): void {
    this.claims.set(disk, { pool, bytes });
  }
}
