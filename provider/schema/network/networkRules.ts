import * as ipaddr from "ipaddr.js";
import type { Complaint } from "../table/gate";
import { isUnknown, knownList } from "../table/unknown";

/** The parts of a network that the address rules look at. */
interface NetworkInput {
  readonly forward?: {
    readonly mode?: string;
    readonly dev?: readonly string[];
    readonly natPorts?: { start: number; end: number };
    readonly natAddress?: { start: string; end: string };
    readonly natIpv6?: boolean;
    readonly physicalFunction?: string;
    readonly addresses?: readonly string[];
    readonly managed?: boolean;
  };
  readonly mtu?: number;
  readonly domain?: string;
  readonly localOnly?: boolean;
  readonly dns?: object;
  readonly bandwidth?: object;
  readonly routes?: readonly { readonly cidr: string; readonly gateway: string }[];
  readonly portGroups?: readonly { readonly name: string; readonly default?: boolean }[];
  readonly bridge?: { readonly name?: string };
  readonly ips?: readonly { readonly cidr: string; readonly dhcp?: Dhcp; readonly tftpRoot?: string }[];
}

interface Dhcp {
  readonly ranges: readonly { readonly start: string; readonly end: string }[];
  readonly hosts: readonly {
    readonly mac?: string;
    readonly ip: string;
    readonly name?: string;
    readonly id?: string;
  }[];
  readonly bootp?: object;
}

type Path = readonly (string | number)[];

/** Modes in which guests sit on a device of the host, without a network of libvirt's own. */
const DIRECT = new Set(["bridge", "private", "vepa", "passthrough", "hostdev"]);

export const networkRules = [addresses, modes, devices, names, routeRules] as const;

function* modes({ forward, ips, bridge, ...others }: NetworkInput): Iterable<Complaint> {
  const mode = forward?.mode;
  if (mode === undefined || isUnknown(mode)) return;
  if (DIRECT.has(mode) && knownList(ips).length > 0) {
    yield {
      path: ["ips"],
      message: `cannot be given with forward mode "${mode}": the network behind the device has its own addresses`,
    };
  }
  for (const key of ["mtu", "domain", "dns", "bandwidth", "routes"] as const)
    if (DIRECT.has(mode) && others[key] !== undefined)
      yield { path: [key], message: `needs a bridge of libvirt's own, which forward mode "${mode}" has not` };
  if (
    mode === "bridge" &&
    !isUnknown(bridge) &&
    bridge?.name === undefined &&
    forward?.physicalFunction === undefined &&
    (forward?.dev ?? []).length === 0
  ) {
    yield { path: ["forward", "dev"], message: 'or `bridge.name` is required with forward mode "bridge"' };
  }
  const ports = forward?.natPorts;
  if (ports !== undefined && mode !== "nat")
    yield { path: ["forward", "natPorts"], message: 'needs forward mode "nat"' };
  if (ports !== undefined && ports.start > ports.end)
    yield { path: ["forward", "natPorts"], message: "start must not be above end" };
  for (const key of ["natAddress", "natIpv6"] as const)
    if (forward?.[key] !== undefined && mode !== "nat")
      yield { path: ["forward", key], message: 'needs forward mode "nat"' };
  const { start, end } = forward?.natAddress ?? {};
  if (start !== undefined && end !== undefined && after(start, end))
    yield { path: ["forward", "natAddress"], message: "start must not be above end" };
}

/** Where the functions that guests are given come from. */
function* devices({ forward }: NetworkInput): Iterable<Complaint> {
  if (forward === undefined || isUnknown(forward) || isUnknown(forward.mode)) return;
  const { mode = "", dev, physicalFunction, addresses: functions, managed } = forward;
  const hostdev = mode === "hostdev";
  if (functions !== undefined && !hostdev)
    yield { path: ["forward", "addresses"], message: 'needs forward mode "hostdev"' };
  if (managed !== undefined && !hostdev)
    yield { path: ["forward", "managed"], message: 'needs forward mode "hostdev"' };
  if (physicalFunction !== undefined && !DIRECT.has(mode))
    yield {
      path: ["forward", "physicalFunction"],
      message: 'needs forward mode "hostdev" or a macvtap mode',
    };
  if (hostdev && (physicalFunction === undefined) === (functions === undefined))
    yield {
      path: ["forward"],
      message: 'needs either `physicalFunction` or `addresses` with mode "hostdev"',
    };
  if (dev !== undefined && (hostdev || physicalFunction !== undefined))
    yield { path: ["forward", "dev"], message: "cannot stand beside functions of the host" };
}

function* names({ domain, localOnly, portGroups }: NetworkInput): Iterable<Complaint> {
  if (localOnly !== undefined && domain === undefined)
    yield { path: ["localOnly"], message: "needs `domain`" };
  const known = knownList(portGroups);
  const [, second] = known.flatMap((group, index) => (group.default === true ? [index] : []));
  if (second !== undefined)
    yield { path: ["portGroups", second, "default"], message: "only one port group can be the default" };
  for (const [index, { name }] of known.entries())
    if (name !== undefined && !isUnknown(name) && known.findIndex((other) => other.name === name) < index)
      yield { path: ["portGroups", index, "name"], message: `"${name}" is given twice` };
}

function* routeRules({ routes, ips }: NetworkInput): Iterable<Complaint> {
  const subnets = knownList(ips).map(({ cidr }) => cidr);
  for (const [index, { cidr, gateway }] of knownList(routes).entries()) {
    if (cidr !== undefined && ipaddr.isValidCIDR(cidr)) {
      const [address, bits] = ipaddr.parseCIDR(cidr);
      const first = (address.kind() === "ipv4" ? ipaddr.IPv4 : ipaddr.IPv6).networkAddressFromCIDR(cidr);
      if (first.toString() !== address.toString())
        yield {
          path: ["routes", index, "cidr"],
          message: `is not the start of its subnet, ${first.toString()}/${bits}`,
        };
    }
    const told = subnets.every((subnet) => subnet !== undefined && ipaddr.isValidCIDR(subnet));
    if (told && gateway !== undefined && !subnets.some((subnet) => inside(gateway, subnet)))
      yield { path: ["routes", index, "gateway"], message: `${gateway} is in no subnet of the network` };
  }
}

function* addresses({ ips }: NetworkInput): Iterable<Complaint> {
  const seen: { cidr: string; at: number }[] = [];
  for (const [index, { cidr, dhcp, tftpRoot }] of knownList(ips).entries()) {
    if (cidr === undefined || !ipaddr.isValidCIDR(cidr)) continue;
    const overlap = seen.find((other) => overlaps(other.cidr, cidr));
    if (overlap !== undefined)
      yield { path: ["ips", index, "cidr"], message: `overlaps ips[${overlap.at}] (${overlap.cidr})` };
    if (isSubnetItself(cidr)) yield { path: ["ips", index, "cidr"], message: SUBNET_ITSELF };
    seen.push({ cidr, at: index });
    if (dhcp !== undefined) yield* dhcpRules(dhcp, cidr, ["ips", index, "dhcp"]);
    if (tftpRoot !== undefined && cidr.includes(":"))
      yield { path: ["ips", index, "tftpRoot"], message: "needs an IPv4 subnet" };
  }
}

/** The host has an address in the subnet; that of the subnet itself is none. */
export function isSubnetItself(cidr: string): boolean {
  const [address, bits] = ipaddr.parseCIDR(cidr);
  const [family, length] =
    address.kind() === "ipv4" ? ([ipaddr.IPv4, 32] as const) : ([ipaddr.IPv6, 128] as const);
  return bits < length - 1 && family.networkAddressFromCIDR(cidr).toString() === address.toString();
}

export const SUBNET_ITSELF = "is the subnet itself: give the host's own address in it, such as the first one";

/** Ranges of addresses: inside their subnet, the right way round, and apart from each other. */
export function* rangeRules(list: Dhcp["ranges"] | undefined, cidr: string, path: Path): Iterable<Complaint> {
  for (const [index, { start, end }] of knownList(list).entries()) {
    const at = [...path, index];
    for (const [key, address] of [
      ["start", start],
      ["end", end],
    ] as const) {
      if (!inside(address, cidr)) yield { path: [...at, key], message: `${address} is outside of ${cidr}` };
    }
    if (inside(start, cidr) && inside(end, cidr) && after(start, end))
      yield { path: at, message: "start must not be above end" };
  }
  const ranges = knownList(list).map(({ start, end }, index) => ({ start, end, index }));
  const whole = ranges.filter(({ start, end }) => [start, end].every((each) => ipaddr.isValid(each ?? "")));
  for (const [place, { start, end, index }] of whole.entries()) {
    const other = whole.slice(0, place).find((each) => !after(each.start, end) && !after(start, each.end));
    if (other !== undefined) yield { path: [...path, index], message: `overlaps ranges[${other.index}]` };
  }
}

function* dhcpRules(dhcp: Dhcp, cidr: string, path: Path): Iterable<Complaint> {
  yield* rangeRules(dhcp.ranges, cidr, [...path, "ranges"]);
  if ([dhcp.ranges, dhcp.hosts].every((list) => Array.isArray(list) && list.length === 0))
    yield { path, message: "needs `ranges` or `hosts`: the host forgets DHCP without either" };
  if (dhcp.bootp !== undefined && cidr.includes(":"))
    yield { path: [...path, "bootp"], message: "needs an IPv4 subnet" };
  const seen = new Map<string, number>();
  const own = cidr.split("/")[0];
  for (const [index, { ip, mac, name, id }] of knownList(dhcp.hosts).entries()) {
    const at = [...path, "hosts", index];
    if (ip !== undefined && ip === own)
      yield { path: [...at, "ip"], message: `${ip} is the host's own address on the network` };
    if (ip === undefined) {
      // Not known yet, or refused already.
    } else if (cidr.includes(":")) {
      if (mac !== undefined)
        yield { path: [...at, "mac"], message: "means nothing in an IPv6 subnet; give `id` or `name`" };
      else if (name === undefined && id === undefined) yield { path: at, message: "needs `id` or `name`" };
    } else if (id !== undefined) yield { path: [...at, "id"], message: "needs an IPv6 subnet" };
    else if (name === undefined && mac === undefined) yield { path: at, message: "needs `mac` or `name`" };
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

export function overlaps(a: string, b: string): boolean {
  const [[addressA, bitsA], [addressB, bitsB]] = [ipaddr.parseCIDR(a), ipaddr.parseCIDR(b)];
  if (addressA.kind() !== addressB.kind()) return false;
  return addressA.match(addressB, Math.min(bitsA, bitsB));
}

function after(a: string, b: string): boolean {
  if (!ipaddr.isValid(a ?? "") || !ipaddr.isValid(b ?? "")) return false;
  const [first, second] = [a, b].map((address) => Buffer.from(ipaddr.parse(address).toByteArray()));
  return first !== undefined && second !== undefined && Buffer.compare(first, second) > 0;
}
