import * as ipaddr from "ipaddr.js";
import type { Complaint } from "./gate";
import { isUnknown, knownList } from "./unknown";

/** The parts of a network that the address rules look at. */
interface NetworkInput {
  readonly forward?: {
    readonly mode?: string;
    readonly dev?: readonly string[];
    readonly natPorts?: { start: number; end: number };
  };
  readonly bridge?: { readonly name?: string };
  readonly ips?: readonly { readonly cidr: string; readonly dhcp?: Dhcp }[];
}

interface Dhcp {
  readonly ranges: readonly { readonly start: string; readonly end: string }[];
  readonly hosts: readonly { readonly mac?: string; readonly ip: string; readonly name?: string }[];
}

type Path = readonly (string | number)[];

/** Modes in which guests sit on a device of the host, without a network of libvirt's own. */
const DIRECT = new Set(["bridge", "private", "vepa", "passthrough"]);

export const networkRules = [addresses, modes] as const;

function* modes({ forward, ips, bridge }: NetworkInput): Iterable<Complaint> {
  const mode = forward?.mode;
  if (mode === undefined || isUnknown(mode)) return;
  if (DIRECT.has(mode) && knownList(ips).length > 0) {
    yield {
      path: ["ips"],
      message: `cannot be given with forward mode "${mode}": the network behind the device has its own addresses`,
    };
  }
  if (
    mode === "bridge" &&
    !isUnknown(bridge) &&
    bridge?.name === undefined &&
    (forward?.dev ?? []).length === 0
  ) {
    yield { path: ["forward", "dev"], message: 'or `bridge.name` is required with forward mode "bridge"' };
  }
  const ports = forward?.natPorts;
  if (ports !== undefined && mode !== "nat")
    yield { path: ["forward", "natPorts"], message: 'needs forward mode "nat"' };
  if (ports !== undefined && ports.start > ports.end)
    yield { path: ["forward", "natPorts"], message: "start must not be above end" };
}

function* addresses({ ips }: NetworkInput): Iterable<Complaint> {
  const seen: { cidr: string; at: number }[] = [];
  for (const [index, { cidr, dhcp }] of knownList(ips).entries()) {
    if (cidr === undefined || !ipaddr.isValidCIDR(cidr)) continue;
    const overlap = seen.find((other) => overlaps(other.cidr, cidr));
    if (overlap !== undefined)
      yield { path: ["ips", index, "cidr"], message: `overlaps ips[${overlap.at}] (${overlap.cidr})` };
    seen.push({ cidr, at: index });
    if (dhcp !== undefined) yield* dhcpRules(dhcp, cidr, ["ips", index, "dhcp"]);
  }
}

function* dhcpRules(dhcp: Dhcp, cidr: string, path: Path): Iterable<Complaint> {
  for (const [index, { start, end }] of knownList(dhcp.ranges).entries()) {
    const at = [...path, "ranges", index];
    for (const [key, address] of [
      ["start", start],
      ["end", end],
    ] as const) {
      if (!inside(address, cidr)) yield { path: [...at, key], message: `${address} is outside of ${cidr}` };
    }
    if (inside(start, cidr) && inside(end, cidr) && after(start, end))
      yield { path: at, message: "start must not be above end" };
  }
  const seen = new Map<string, number>();
  for (const [index, { ip, mac }] of knownList(dhcp.hosts).entries()) {
    if (!inside(ip, cidr))
      yield { path: [...path, "hosts", index, "ip"], message: `${ip} is outside of ${cidr}` };
    for (const value of [ip, mac]) {
      if (value === undefined || isUnknown(value)) continue;
      const first = seen.get(value);
      if (first !== undefined)
        yield {
          path: [...path, "hosts", index],
          message: `${value} is given twice (also in hosts[${first}])`,
        };
      seen.set(value, index);
    }
  }
}

function inside(address: string | undefined, cidr: string): boolean {
  if (address === undefined || isUnknown(address) || !ipaddr.isValid(address)) return true;
  const [parsed, range] = [ipaddr.parse(address), ipaddr.parseCIDR(cidr)];
  return parsed.kind() === range[0].kind() && parsed.match(range);
}

function overlaps(a: string, b: string): boolean {
  const [[addressA, bitsA], [addressB, bitsB]] = [ipaddr.parseCIDR(a), ipaddr.parseCIDR(b)];
  if (addressA.kind() !== addressB.kind()) return false;
  return addressA.match(addressB, Math.min(bitsA, bitsB));
}

function after(a: string, b: string): boolean {
  if (!ipaddr.isValid(a ?? "") || !ipaddr.isValid(b ?? "")) return false;
  const [first, second] = [a, b].map((address) => Buffer.from(ipaddr.parse(address).toByteArray()));
  return first !== undefined && second !== undefined && Buffer.compare(first, second) > 0;
}
