import * as ipaddr from "ipaddr.js";
import type { HostDriver, NetworkSummary } from "../../driver/contract";
import { isDriverError } from "../../driver/errors";
import type { HostConnection } from "../../schema/address/connection";
import type { Complaint } from "../../schema/table/gate";
import { overlaps } from "../../schema/network/networkRules";
import { hasUnknown } from "../../schema/table/unknown";
import type { Path } from "../engine/diff";
import { ledgerAt, notSeen } from "../host/asked";
import type { Context } from "../kind/handler";
import { isPlain, type Plain } from "../engine/state";

/** What a network takes of its host: subnets, and a bridge of its own. */
interface Land {
  readonly subnets: readonly string[];
  readonly bridge: string | undefined;
}

/** The same as its program asks for it, each with its place among the inputs. */
export interface Claims {
  readonly subnets: readonly { readonly path: Path; readonly cidr: string }[];
  readonly bridge?: { readonly path: Path; readonly name: string };
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
  olds: Plain,
  wanted: Claims,
  context: Context,
): Promise<readonly Complaint[]> {
  const host = news["host"] as HostConnection;
  if (hasUnknown(host) || (wanted.subnets.length === 0 && wanted.bridge === undefined)) return [];
  const name = typeof news["adopt"] === "string" ? news["adopt"] : String(news["name"]);
  // What it was called before is gone when it is there under another name.
  const mine = [name, String(olds["name"] ?? name)];
  const ledger = ledgerAt(host, context);
  if (ledger === undefined || ledger.silent !== undefined) return [];
  try {
    return await context.observe(host, async (driver) => {
      const map = known.get(driver) ?? { planned: new Map<string, Land>() };
      known.set(driver, map);
      // What was read a while ago refuses nobody.
      const early = clashes(wanted, await othersOn(driver, map, mine, false));
      const complaints =
        early.length === 0 ? early : clashes(wanted, await othersOn(driver, map, mine, true));
      if (complaints.length === 0) map.planned.set(name, landOf(wanted));
      return complaints;
    });
  } catch (error) {
    if (!isDriverError(error)) throw error;
    notSeen(ledger, host, error);
    return [];
  }
}

/** What others have there, by name: as this program has planned it, or else as the host tells it. */
async function othersOn(
  driver: HostDriver,
  map: Lands,
  mine: readonly string[],
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
  for (const name of mine) others.delete(name);
  return others;
}

function* clashesWith({ subnets, bridge }: Claims, name: string, other: Land): Iterable<Complaint> {
  for (const { path, cidr } of subnets) {
    const theirs = other.subnets.find((each) => overlaps(each, cidr));
    if (theirs !== undefined)
      yield { path, message: `overlaps ${theirs} of network "${name}" on the same host` };
  }
  if (bridge !== undefined && bridge.name === other.bridge)
    yield { path: bridge.path, message: `is the bridge of network "${name}" on the same host` };
}

function clashes(wanted: Claims, others: ReadonlyMap<string, Land>): readonly Complaint[] {
  return [...others].flatMap(([name, place]) => [...clashesWith(wanted, name, place)]);
}

function landOf({ subnets, bridge }: Claims): Land {
  return { subnets: subnets.map(({ cidr }) => cidr), bridge: bridge?.name };
}

/** Of a LibvirtNetwork: one that is off takes no address. */
export function libvirtClaims({ ips, bridge, forward, active }: Plain): Claims {
  const mode = isPlain(forward) ? forward["mode"] : undefined;
  const own = !DIRECT.has(String(mode));
  const name = own && isPlain(bridge) ? bridge["name"] : undefined;
  const subnets = listOf(ips).flatMap((item, index) =>
    claim(["ips", index, "cidr"], isPlain(item) ? item["cidr"] : undefined),
  );
  return {
    subnets: active === false ? [] : subnets,
    ...(typeof name === "string" && !hasUnknown(name) ? { bridge: { path: ["bridge", "name"], name } } : {}),
  };
}

/** Of an LxdNetwork; its bridge is called as it is itself. */
export function lxdClaims({ ipv4, ipv6 }: Plain): Claims {
  const subnets = Object.entries({ ipv4, ipv6 }).flatMap(([key, family]) =>
    claim([key, "address"], isPlain(family) ? family["address"] : undefined),
  );
  return { subnets };
}

function claim(path: Path, cidr: unknown): Claims["subnets"] {
  return typeof cidr === "string" && ipaddr.isValidCIDR(cidr) ? [{ path, cidr }] : [];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
