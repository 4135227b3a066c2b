import * as ipaddr from "ipaddr.js";
import type { Complaint } from "../table/gate";
import { lxdNetworkKeys, onDevice, type LxdNetworkType } from "./lxdNetworkKeys";
import { isSubnetItself, rangeRules, SUBNET_ITSELF } from "./networkRules";
import { isUnknown } from "../table/unknown";

type Family = {
  readonly address?: string;
  readonly ranges?: readonly { readonly start: string; readonly end: string }[];
  readonly routes?: readonly string[];
} & Readonly<Record<string, unknown>>;

interface NetworkInput {
  readonly name?: string;
  readonly type?: LxdNetworkType;
  readonly ipv4?: Family;
  readonly ipv6?: Family;
  readonly parent?: string;
  readonly uplink?: string;
}

export const lxdNetworkRules = [types, required, addresses, names] as const;

function* types(input: NetworkInput): Iterable<Complaint> {
  const { type } = input;
  if (type === undefined || isUnknown(type)) return;
  for (const path of new Set(lxdNetworkKeys.map((each) => each.path))) {
    const known = lxdNetworkKeys.flatMap((each) => (each.path === path ? (each.types ?? []) : []));
    const parts = path.split(".");
    const value = parts.reduce<unknown>(
      (at, part) => (at as Record<string, unknown> | undefined)?.[part],
      input,
    );
    if (value !== undefined && !known.includes(type))
      yield {
        path: parts,
        message: `is nothing that a network of type "${type}" knows; it is for ${known.join(", ")}`,
      };
  }
}

function* required({ type, parent, uplink }: NetworkInput): Iterable<Complaint> {
  if (type === undefined || isUnknown(type)) return;
  if (onDevice.includes(type) && parent === undefined)
    yield { path: ["parent"], message: `is required for a network of type "${type}"` };
  if (type === "ovn" && uplink === undefined)
    yield { path: ["uplink"], message: 'is required for a network of type "ovn"' };
}

/** LXD says of an interface's name no more than that it is wrong. */
function* names({ name, type }: NetworkInput): Iterable<Complaint> {
  if (name === undefined || isUnknown(name) || isUnknown(type)) return;
  if (type === "bridge" && !/^[A-Za-z0-9_][A-Za-z0-9_.-]{1,14}$/.test(name))
    yield {
      path: ["name"],
      message: "must be 2 to 15 letters, digits, dots, - or _: a bridge is a device of the host",
    };
  else if (!/^[A-Za-z0-9_.-]{1,63}$/.test(name))
    yield { path: ["name"], message: "must be 1 to 63 letters, digits, dots, - or _" };
}

function* addresses({ ipv4, ipv6 }: NetworkInput): Iterable<Complaint> {
  for (const [key, family] of [
    ["ipv4", ipv4],
    ["ipv6", ipv6],
  ] as const) {
    if (family === undefined || isUnknown(family)) continue;
    const { address, ranges, routes } = family;
    for (const [index, route] of (Array.isArray(routes) ? routes : []).entries())
      if (ipaddr.isValidCIDR(route) && !isOf(key, route))
        yield {
          path: [key, "routes", index],
          message: `is not a subnet of ${key === "ipv4" ? "IPv4" : "IPv6"}`,
        };
    if (address === "none" && Array.isArray(ranges) && ranges.length > 0)
      yield { path: [key, "ranges"], message: "need an address of the network's own" };
    if (address === undefined || !ipaddr.isValidCIDR(address)) continue;
    if (!isOf(key, address)) {
      yield { path: [key, "address"], message: `is no address of ${key === "ipv4" ? "IPv4" : "IPv6"}` };
      continue;
    }
    if (isSubnetItself(address)) yield { path: [key, "address"], message: SUBNET_ITSELF };
    yield* rangeRules(Array.isArray(ranges) ? ranges : [], address, [key, "ranges"]);
  }
}

function isOf(key: "ipv4" | "ipv6", cidr: string): boolean {
  return ipaddr.parseCIDR(cidr)[0].kind() === key;
}

/** LXD keeps them in its own order. */
export function sameRoutes(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return false;
  return JSON.stringify([...(a as unknown[])].sort()) === JSON.stringify([...(b as unknown[])].sort());
}
