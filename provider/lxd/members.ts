import type { DriverErrorDetails } from "../driver/errors";
import { DriverError } from "../driver/errors";
import { at, type LxdClient } from "./api/client";
import type { Config, Server } from "./objects";

/** Keys of networks and pools that each member of a cluster has for itself. */
const OWN_TO_MEMBERS: readonly string[] = [
  "bridge.external_interfaces",
  "parent",
  "bgp.ipv4.nexthop",
  "bgp.ipv6.nexthop",
  "size",
  "source",
  "source.wipe",
  "source.recover",
  "zfs.pool_name",
  "lvm.vg_name",
  "lvm.vg.force_reuse",
  "lvm.thinpool_name",
];

/** A network or a pool that the cluster could not make on all of its members. */
export const FAILED = "Errored";

interface Making {
  readonly name: string;
  readonly config: Config;
  readonly [key: string]: unknown;
}

/** A server of a cluster, as the cluster lists it. */
export interface Member {
  readonly server_name: string;
  /** Where the others reach it: `https://192.0.2.1:8443`. */
  readonly url: string;
  /** `Online`, `Offline`, `Evacuated`, `Blocked`. */
  readonly status: string;
  readonly groups?: readonly string[] | null;
}

export async function membersOf(client: LxdClient): Promise<readonly Member[]> {
  const all = await client.get<readonly Member[]>(at("cluster", "members"), { recursion: "1" });
  return [...all].sort((a, b) => (a.server_name < b.server_name ? -1 : 1));
}

/** The member that an object is on; undefined on a host that stands alone, and of what all members reach. */
export function memberIn({ location = "" }: { readonly location?: string }): string | undefined {
  return location === "" || location === "none" ? undefined : location;
}

/** Whether the host is one of several. */
export async function isCluster(client: LxdClient): Promise<boolean> {
  return (await client.get<Server>(at())).environment.server_clustered === true;
}

/** What all members have in common of a configuration; a host that stands alone has all of it. */
export function inCommon(config: Config, cluster: boolean): Config {
  return cluster ? pick(config, (key) => !OWN_TO_MEMBERS.includes(key)) : config;
}

/**
 * Makes a network or a pool. A cluster is told first what each member has for itself, which stays pending until it is told
 * to make the whole; a member that has been told by a run that was cut off is not told again. What the cluster has failed to
 * make on some member it takes up again, as it was told before.
 */
export async function makeOnMembers(
  client: LxdClient,
  collection: string,
  body: Making,
  members: Readonly<Record<string, Config>> = {},
  what: Partial<DriverErrorDetails> = {},
): Promise<void> {
  const { description: _description, config, ...head } = body;
  const cluster = await isCluster(client);
  if (!cluster && Object.keys(members).length > 0)
    throw new DriverError("the host is no cluster, so `members` means nothing there", {
      code: "invalid-argument",
      ...what,
    });
  if (cluster) {
    const names = (await membersOf(client)).map(({ server_name: name }) => name);
    const unknown = Object.keys(members).filter((name) => !names.includes(name));
    if (unknown.length > 0)
      throw new DriverError(`the cluster has no member ${unknown.join(", ")} (${names.join(", ")})`, {
        code: "invalid-argument",
        ...what,
        remedy: "Correct the names in `members`.",
      });
    const told = await client.find<{ locations?: readonly string[] | null; status?: string }>(
      `${collection}/${encodeURIComponent(body.name)}`,
    );
    if (told?.value.status === FAILED)
      return client.change("POST", collection, { body: { ...body, config: {} }, what });
    const pending = told?.value.locations ?? [];
    for (const target of names.filter((name) => !pending.includes(name)))
      await client.change("POST", collection, {
        body: {
          ...head,
          config: { ...pick(config, (key) => OWN_TO_MEMBERS.includes(key)), ...members[target] },
        },
        query: { target },
        what,
      });
  }
  await client.change("POST", collection, { body: { ...body, config: inCommon(config, cluster) }, what });
}

function pick(config: Config, wanted: (key: string) => boolean): Config {
  return Object.fromEntries(Object.entries(config).filter(([key]) => wanted(key)));
}
