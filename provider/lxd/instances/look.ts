import { at, type LxdClient } from "../api/client";
import { isGone } from "../api/errors";
import { isSeen, type Instance, type Listed, type Volume } from "../objects";

/** How old a look may be that a refresh of many is told from. */
const GOOD_FOR_MS = 20_000;

interface Taken<T> {
  readonly at: number;
  readonly writes: number;
  readonly told: Promise<readonly T[]>;
}

/**
 * Looks at the host that many questions share: all instances, and the volumes of a pool, in one request each however many
 * there are. One is good for some seconds, as long as nothing was changed from here since it was taken.
 */
export class Looks {
  private readonly taken = new Map<string, Taken<unknown>>();

  constructor(private readonly client: LxdClient) {}

  async instances(): Promise<readonly Instance[]> {
    return (await this.look<Listed>(at("instances"))).filter(isSeen);
  }

  async volume(pool: string, name: string): Promise<Volume | undefined> {
    try {
      const all = await this.look<Volume>(at("storage-pools", pool, "volumes", "custom"));
      return all.find((volume) => volume.name === name);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  private look<T>(path: string): Promise<readonly T[]> {
    const { writes } = this.client;
    const before = this.taken.get(path) as Taken<T> | undefined;
    const now = performance.now();
    if (before !== undefined && before.writes === writes && now - before.at < GOOD_FOR_MS) return before.told;
    const told = this.client.get<readonly T[]>(path, { recursion: "1" });
    this.taken.set(path, { at: now, writes, told });
    told.catch(() => this.taken.delete(path));
    return told;
  }
}
