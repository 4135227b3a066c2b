import * as ipaddr from "ipaddr.js";
import type { HostDriver, NetworkSummary } from "../driver/contract";
import { isDriverError } from "../driver/errors";
import type { HostConnection } from "../schema/connection";
import type { Complaint } from "../schema/gate";
import { overlaps } from "../schema/networkRules";
import { hasUnknown } from "../schema/unknown";
import { explain, hostLabel } from "./explain";
import type { Context } from "./handler";
import { isPlain, type Plain } from "./state";
import { warn } from "./warn";

/** What a network takes of its host: subnets, and a bridge of its own. */
interface Land {
  readonly subnets: readonly string[];
  readonly bridge: string | undefined;
}

/** What this process knows of a host's networks, and what the program has planned there. */
interface Lands {
  read?: Promise<readonly NetworkSummary[]>;
  readonly planned: Map<string, Land>;
}

const known = new WeakMap<HostDriver, Lands>();
const DIRECT = new Set(["bridge", "private", "vepa", "passthrough", "hostdev"]);

/**
 * Whether its subnets and its bridge are free on the host, before anything is made. A host that does not answer refuses
 * nothing: the host itself does when the network is made.
 */
export async function admitNetwork(
  news: Plain,
  _olds: Plain,
  context: Context,
): Promise<readonly Complaint[]> {
  const host = news["host"] as HostConnection;
  const wanted = landOf(news);
  if (hasUnknown(host) || (wanted.subnets.length === 0 && wanted.bridge === undefined)) return [];
  const name = typeof news["adopt"] === "string" ? news["adopt"] : String(news["name"]);
  try {
    return await context.observe(host, async (driver) => {
      const map = known.get(driver) ?? { planned: new Map<string, Land>() };
      known.set(driver, map);
      // What was read a while ago refuses nobody.
      const early = clashes(news, wanted, await othersOn(driver, map, name, false));
      const complaints =
        early.length === 0 ? early : clashes(news, wanted, await othersOn(driver, map, name, true));
      if (complaints.length === 0) map.planned.set(name, wanted);
      return complaints;
    });
  } catch (error) {
    if (!isDriverError(error)) throw error;
    warn(
      `could not check whether the subnets of networks are free on ${hostLabel(host)}, they are checked when they are made: ${explain(error, hostLabel(host))}`,
    );
    return [];
  }
}

/** What others have there, by name: as this program has planned it, or else as the host tells it. */
async function othersOn(
  driver: HostDriver,
  map: Lands,
  name: string,
  again: boolean,
): Promise<ReadonlyMap<string, Land>> {
  if (again || map.read === undefined) {
    map.read = driver.networks.list();
    map.read.catch(() => (map.read = undefined));
  }
  const others = new Map<string, Land>();
  for (const summary of await map.read) {
    const own = !DIRECT.has(summary.forwardMode);
    others.set(summary.name, {
      subnets: summary.active ? (summary.subnets ?? []) : [],
      bridge: own ? summary.bridge : undefined,
    });
  }
  for (const [other, place] of map.planned) others.set(other, place);
  others.delete(name);
  return others;
}

function* clashesWith(news: Plain, wanted: Land, name: string, other: Land): Iterable<Complaint> {
  for (const [index, item] of listOf(news["ips"]).entries()) {
    const cidr = cidrOf(item);
    const theirs =
      cidr && wanted.subnets.includes(cidr) && other.subnets.find((each) => overlaps(each, cidr));
    if (theirs)
      yield {
        path: ["ips", index, "cidr"],
        message: `overlaps ${theirs} of network "${name}" on the same host`,
      };
  }
  if (wanted.bridge !== undefined && wanted.bridge === other.bridge)
    yield { path: ["bridge", "name"], message: `is the bridge of network "${name}" on the same host` };
}

function clashes(news: Plain, wanted: Land, others: ReadonlyMap<string, Land>): readonly Complaint[] {
  return [...others].flatMap(([name, place]) => [...clashesWith(news, wanted, name, place)]);
}

/** A network that is off takes no address. */
function landOf({ ips, bridge, forward, active }: Plain): Land {
  const mode = isPlain(forward) ? forward["mode"] : undefined;
  const own = !DIRECT.has(String(mode));
  const name = own && isPlain(bridge) ? bridge["name"] : undefined;
  return {
    subnets: active === false ? [] : listOf(ips).flatMap((item) => cidrOf(item) ?? []),
    bridge: typeof name === "string" && !hasUnknown(name) ? name : undefined,
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function cidrOf(item: unknown): string | undefined {
  const cidr = isPlain(item) ? item["cidr"] : undefined;
  return typeof cidr === "string" && ipaddr.isValidCIDR(cidr) ? cidr : undefined;
}
