import { isDeepStrictEqual } from "node:util";
import * as ipaddr from "ipaddr.js";
import type { LibvirtNetworkSpec } from "../../schema/libvirtNetwork";
import { readMark, writeMark } from "./metadata";
import {
  assign,
  attribute,
  childrenOf,
  clone,
  el,
  ensureChild,
  find,
  removeChild,
  setChild,
  textOf,
  type XmlElement,
  type XmlNode,
} from "./tree";

type Ip = LibvirtNetworkSpec["ips"][number];
type DhcpRange = NonNullable<Ip["dhcp"]>["ranges"][number];
type DhcpHost = NonNullable<Ip["dhcp"]>["hosts"][number];
type Forward = NonNullable<LibvirtNetworkSpec["forward"]>;

const DIRECT = new Set(["bridge", "private", "vepa", "passthrough"]);

/** `<network>`: a new one, or the current one with what the program says set in it; what we do not know is kept. */
export function networkXml(
  spec: LibvirtNetworkSpec & { readonly name: string },
  owner: string,
  current?: XmlElement,
  uuid?: string,
): XmlElement {
  const network =
    current === undefined
      ? el("network", {}, el("name", {}, spec.name), uuid === undefined ? undefined : el("uuid", {}, uuid))
      : clone(current);
  delete network.attributes["connections"];
  writeMark(network, { owner });
  const forward = find(network, "forward");
  setChild(network, "bridge", bridgeXml(spec, isDirect(modeOf(forward)), find(network, "bridge")));
  setChild(network, "forward", spec.forward && forwardXml(spec.forward, forward));
  // A network without a bridge of its own has no address on it either; libvirt refuses what it has filled in before.
  if (isDirect(spec.forward?.mode)) setChild(network, "mac", undefined);
  setChild(network, "mtu", spec.mtu === undefined ? undefined : el("mtu", { size: spec.mtu }));
  setChild(network, "domain", spec.domain === undefined ? undefined : domainXml(spec.domain, network));
  setDns(network, spec);
  const subnets = childrenOf(network, "ip");
  network.children = network.children.filter((child) => typeof child === "string" || child.name !== "ip");
  network.children.push(...spec.ips.map((ip) => ipXml(ip, subnets)));
  return network;
}

const isDirect = (mode: string | undefined): boolean => mode !== undefined && DIRECT.has(mode);
/** The gate leaves out what is not given, reading says `undefined`. */
const same = (a: unknown, b: unknown): boolean => isDeepStrictEqual(plain(a), plain(b));
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify([value]));
const modeOf = (forward: XmlElement | undefined): string | undefined =>
  forward && (attribute(forward, "mode") ?? "nat");

function forwardXml(spec: Forward, current: XmlElement | undefined): XmlElement | undefined {
  const { mode, dev, natPorts } = spec;
  if (mode === "none") return undefined;
  const forward = current !== undefined && modeOf(current) === mode ? current : el("forward", { mode });
  const before = readForward(forward);
  if (!same(before?.dev, dev)) {
    forward.children = (dev ?? [])
      .map((name): XmlNode => el("interface", { dev: name }))
      .concat(forward.children.filter((child) => typeof child === "string" || child.name !== "interface"));
    assign(forward, { dev: dev?.[0] }, { keep: false });
  }
  if (!same(before?.natPorts, natPorts)) setNatPorts(forward, natPorts);
  return forward;
}

function setNatPorts(forward: XmlElement, ports: Forward["natPorts"]): void {
  const nat = ensureChild(forward, "nat");
  setChild(nat, "port", ports && el("port", { start: ports.start, end: ports.end }));
  if (nat.children.length === 0 && Object.keys(nat.attributes).length === 0) removeChild(forward, nat);
}

function bridgeXml(
  { bridge, forward }: LibvirtNetworkSpec,
  wasDirect: boolean,
  before: XmlElement | undefined,
): XmlElement | undefined {
  const direct = isDirect(forward?.mode);
  // A bridge of the host and one of libvirt's own have nothing in common but the element.
  const current = direct === wasDirect ? before : undefined;
  if (direct) return bridge?.name === undefined ? undefined : el("bridge", { name: bridge.name });
  const attributes = {
    ...current?.attributes,
    name: bridge?.name ?? attribute(current, "name"),
    stp: bridge?.stp === undefined ? attribute(current, "stp") : bridge.stp ? "on" : "off",
    delay: bridge?.delay ?? attribute(current, "delay"),
  };
  return Object.values(attributes).every((value) => value === undefined)
    ? undefined
    : el("bridge", attributes);
}

function domainXml(name: string, network: XmlElement): XmlElement {
  return el("domain", { ...find(network, "domain")?.attributes, name });
}

function setDns(network: XmlElement, { dns }: LibvirtNetworkSpec): void {
  const current = find(network, "dns");
  if (dns?.enabled === false) setChild(network, "dns", el("dns", { enable: "no" }));
  else if (attribute(current, "enable") === "no") setChild(network, "dns", undefined);
}

/** The subnet of that address as it is (boot files, lease times and all) with the program's prefix and DHCP. */
function ipXml(spec: Ip, current: readonly XmlElement[]): XmlElement {
  const [address = "", prefix] = spec.cidr.split("/");
  const family = address.includes(":") ? "ipv6" : undefined;
  const ip =
    current.find((each) => attribute(each, "address") === address) ?? el("ip", { family, address, prefix });
  const before = readIp(ip);
  if (before.cidr !== spec.cidr) assign(ip, { prefix, netmask: undefined }, { keep: false });
  if (spec.dhcp === undefined) setChild(ip, "dhcp", undefined);
  else if (!same(before.dhcp, spec.dhcp)) setDhcp(ensureChild(ip, "dhcp"), spec.dhcp);
  return ip;
}

function setDhcp(dhcp: XmlElement, { ranges, hosts }: NonNullable<Ip["dhcp"]>): void {
  const kept = (name: string, read: (element: XmlElement) => object, wanted: object) =>
    childrenOf(dhcp, name).find((element) => same(read(element), wanted));
  dhcp.children = [
    ...ranges.map((range) => kept("range", readRange, range) ?? rangeXml(range)),
    ...hosts.map((host) => kept("host", readHost, host) ?? hostXml(host)),
    ...dhcp.children.filter(
      (child) => typeof child === "string" || (child.name !== "range" && child.name !== "host"),
    ),
  ];
}

export function rangeXml({ start, end }: DhcpRange): XmlElement {
  return el("range", { start, end });
}

export function hostXml({ mac, ip, name }: DhcpHost): XmlElement {
  return el("host", { mac, name, ip });
}

/** The network in the table's words. */
export function readNetwork(network: XmlElement): Partial<LibvirtNetworkSpec> {
  const bridge = find(network, "bridge");
  const mtu = attribute(find(network, "mtu"), "size");
  const dns = find(network, "dns");
  return {
    name: textOf(find(network, "name")),
    forward: readForward(find(network, "forward")),
    bridge: bridge && {
      name: attribute(bridge, "name"),
      stp: attribute(bridge, "stp") === undefined ? undefined : attribute(bridge, "stp") === "on",
      delay: attribute(bridge, "delay") === undefined ? undefined : Number(attribute(bridge, "delay")),
    },
    mtu: mtu === undefined ? undefined : Number(mtu),
    domain: attribute(find(network, "domain"), "name"),
    dns: { enabled: attribute(dns, "enable") !== "no" },
    ips: childrenOf(network, "ip").map(readIp),
  };
}

function readForward(forward: XmlElement | undefined): LibvirtNetworkSpec["forward"] {
  if (forward === undefined) return { mode: "none", dev: undefined, natPorts: undefined };
  const port = find(forward, "nat", "port");
  const dev = childrenOf(forward, "interface").flatMap((child) => attribute(child, "dev") ?? []);
  return {
    mode: (attribute(forward, "mode") ?? "nat") as Forward["mode"],
    dev: dev.length > 0 ? dev : undefined,
    natPorts: port && { start: Number(attribute(port, "start")), end: Number(attribute(port, "end")) },
  };
}

function readIp(ip: XmlElement): Ip {
  const address = attribute(ip, "address") ?? "";
  const netmask = attribute(ip, "netmask");
  const prefix =
    attribute(ip, "prefix") ??
    (netmask === undefined ? undefined : String(ipaddr.IPv4.parse(netmask).prefixLengthFromSubnetMask()));
  const dhcp = find(ip, "dhcp");
  return {
    cidr: `${address}/${prefix ?? (address.includes(":") ? 64 : 24)}`,
    dhcp: dhcp && {
      ranges: childrenOf(dhcp, "range").map(readRange),
      hosts: childrenOf(dhcp, "host").map(readHost),
    },
  };
}

function readRange(range: XmlElement): DhcpRange {
  return { start: attribute(range, "start") ?? "", end: attribute(range, "end") ?? "" };
}

function readHost(host: XmlElement): DhcpHost {
  return {
    mac: attribute(host, "mac")?.toLowerCase(),
    ip: attribute(host, "ip") ?? "",
    name: attribute(host, "name"),
  };
}

/** The bridge that guests are plugged into: libvirt's own, or one of the host. */
export function bridgeOf(network: XmlElement): string | undefined {
  return attribute(find(network, "bridge"), "name");
}

/** Whether the bridge comes and goes with the network. */
export function hasOwnBridge(network: XmlElement): boolean {
  return !isDirect(modeOf(find(network, "forward")));
}

export function hasDhcp(network: XmlElement): boolean {
  return childrenOf(network, "ip").some((ip) => find(ip, "dhcp") !== undefined);
}

export { readMark };
