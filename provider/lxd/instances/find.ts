import { DriverError } from "../../driver/errors";
import { at, type LxdClient } from "../api/client";
import { AWAY } from "../api/errors";
import { doing, missing } from "../common";
import { Looks } from "./look";
import { isSeen, type Instance, type Listed } from "../objects";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Instances by the UUID that LXD gives them, which outlives a rename, or by name. */
export class Finder {
  /** Where an instance was last seen; only ever a hint. */
  private readonly names = new Map<string, string>();

  constructor(
    private readonly client: LxdClient,
    readonly looks: Looks = new Looks(client),
  ) {}

  async find(idOrName: string): Promise<Instance | undefined> {
    const found = UUID.test(idOrName) ? await this.byId(idOrName) : await this.byName(idOrName);
    if (found !== undefined) this.names.set(idOf(found), found.name);
    return found;
  }

  /** As one of many. That one is gone is believed only when it was asked for itself. */
  async among(idOrName: string): Promise<Instance | undefined> {
    const all = await this.looks.instances();
    const found = all.find((each) => idOf(each) === idOrName || each.name === idOrName);
    return found ?? this.find(idOrName);
  }

  /** The instance, which a changing step cannot do without. */
  async need(id: string, operation: string): Promise<Instance> {
    const found = await this.find(id);
    if (found === undefined) throw missing("VM", id, operation);
    return found;
  }

  private async byName(name: string): Promise<Instance | undefined> {
    return (await this.client.find<Instance>(at("instances", name)))?.value;
  }

  private async byId(id: string): Promise<Instance | undefined> {
    if (!this.names.has(id)) this.remember(await this.looks.instances());
    const hint = this.names.get(id);
    const there = hint === undefined ? undefined : await this.byName(hint);
    if (there !== undefined && idOf(there) === id) return there;
    const all = await this.client.get<readonly Listed[]>(at("instances"), { recursion: "1" });
    const seen = all.filter(isSeen);
    this.remember(seen);
    const found = seen.find((instance) => idOf(instance) === id);
    if (found === undefined && seen.length < all.length) throw hidden(id, all);
    return found;
  }

  private remember(all: readonly Instance[]): void {
    for (const instance of all) this.names.set(idOf(instance), instance.name);
  }
}

/** Nobody can tell that an instance is gone while the server cannot look into others. */
function hidden(id: string, all: readonly Listed[]): DriverError {
  const names = all.filter((each) => !isSeen(each)).map(({ name }) => name);
  return new DriverError(`it may be one of those that the server cannot look into now: ${names.join(", ")}`, {
    code: "unreachable",
    ...doing("find", "VM", id),
    remedy: AWAY,
  });
}

export function idOf({ config, name }: Pick<Instance, "config" | "name">): string {
  return config["volatile.uuid"] ?? name;
}
