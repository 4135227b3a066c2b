import * as ipaddr from "ipaddr.js";
import type { LibvirtNetworkSpec } from "../../../schema/libvirtNetwork";
import {
  isYes,
  numberOf,
  yesNo,
  readBandwidth,
  readPortGroup,
  readVirtualPort,
  readVlan,
  bandwidthXml,
  portGroupXml,
  virtualPortXml,
  vlanXml,
} from "./switch";
import {
  attribute,
  childrenOf,
  el,
  ensureChild,
  find,
  removeChild,
  setChild,
  type XmlElement,
} from "../tree";

type Dns = NonNullable<LibvirtNetworkSpec["dns"]>;
export type DnsHost = NonNullable<Dns["hosts"]>[number];
export type DnsText = NonNullable<Dns["txt"]>[number];
export type DnsService = NonNullable<Dns["srv"]>[number];
type Route = NonNullable<LibvirtNetworkSpec["routes"]>[number];

/** Where a value of the table stands in `<network>`, both ways. What is not there is `undefined`. */
export interface Place {
  readonly path: string;
  read(network: XmlElement): unknown;
  /** Sets it; `undefined` takes away what stands there. */
  write(network: XmlElement, value: never): void;
}

const place = <T>(
  path: string,
  read: (network: XmlElement) => T | undefined,
  write: (network: XmlElement, value: T | undefined) => void,
): Place => ({ path, read, write });

/** An attribute of a child; the child leaves with its last attribute. */
function setAttribute(
  network: XmlElement,
  path: readonly string[],
  name: string,
  value: string | undefined,
): void {
  const [first, ...rest] = path;
  if (first === undefined) {
    if (value === undefined) delete network.attributes[name];
    else network.attributes[name] = value;
    return;
  }
  if (value === undefined && find(network, first) === undefined) return;
  const child = ensureChild(network, first);
  setAttribute(child, rest, name, value);
  dropEmpty(network, child);
}

function dropEmpty(parent: XmlElement, child: XmlElement): void {
  if (child.children.length === 0 && Object.keys(child.attributes).length === 0) removeChild(parent, child);
}

const switchAt = (path: string, at: readonly string[], name: string): Place =>
  place<boolean>(
    path,
    (network) => isYes(attribute(find(network, ...at), name)),
    (network, value) => setAttribute(network, at, name, yesNo(value)),
  );

/** All children of one name as a list. */
function listAt<T>(
  path: string,
  parent: string | undefined,
  name: string,
  read: (child: XmlElement) => T,
  make: (item: T) => XmlElement,
): Place {
  const holder = (network: XmlElement): XmlElement | undefined =>
    parent === undefined ? network : find(network, parent);
  return place<readonly T[]>(
    path,
    (network) => {
      const found = childrenOf(holder(network), name);
      return found.length === 0 ? undefined : found.map(read);
    },
    (network, items) => {
      const at =
        items === undefined ? holder(network) : parent === undefined ? network : ensureChild(network, parent);
      if (at === undefined) return;
      at.children = at.children.filter((child) => typeof child === "string" || child.name !== name);
      at.children.push(...(items ?? []).map(make));
      if (at !== network) dropEmpty(network, at);
    },
  );
}

const groupAt = <T>(
  path: string,
  name: string,
  read: (child: XmlElement) => T,
  make: (value: T) => XmlElement,
): Place =>
  place<T>(
    path,
    (network) => {
      const found = find(network, name);
      return found && read(found);
    },
    (network, value) => setChild(network, name, value && make(value)),
  );

const DNSMASQ = "http://libvirt.org/schemas/network/dnsmasq/1.0";

/** Options go to dnsmasq's own file, under a namespace that the network itself declares. */
const dnsmasqOptions: Place = place<readonly string[]>(
  "dnsmasqOptions",
  (network) => {
    const found = childrenOf(find(network, "dnsmasq:options"), "dnsmasq:option");
    return found.length === 0 ? undefined : found.map((option) => attribute(option, "value") ?? "");
  },
  (network, options) => {
    if (options !== undefined) network.attributes["xmlns:dnsmasq"] = DNSMASQ;
    setChild(
      network,
      "dnsmasq:options",
      options && el("dnsmasq:options", {}, ...options.map((value) => el("dnsmasq:option", { value }))),
    );
  },
);

/** The values that stand alone; mode, bridge and subnets, which hang together, are in network.ts. */
export const PLACES: readonly Place[] = [
  switchAt("localOnly", ["domain"], "localOnly"),
  switchAt("guestIpv6", [], "ipv6"),
  switchAt("trustGuestRxFilters", [], "trustGuestRxFilters"),
  switchAt("isolatedPorts", ["port"], "isolated"),
  switchAt("forward.managed", ["forward"], "managed"),
  place<string>(
    "forward.physicalFunction",
    (network) => attribute(find(network, "forward", "pf"), "dev"),
    (network, value) => setAttribute(network, ["forward", "pf"], "dev", value),
  ),
  listAt("forward.addresses", "forward", "address", readPci, pciXml),
  switchAt("forward.natIpv6", ["forward", "nat"], "ipv6"),
  groupNat(),
  place<boolean>(
    "dns.forwardPlainNames",
    (network) => (attribute(find(network, "dns"), "forwardPlainNames") === "no" ? false : undefined),
    (network, value) => setAttribute(network, ["dns"], "forwardPlainNames", yesNo(value)),
  ),
  listAt(
    "dns.forwarders",
    "dns",
    "forwarder",
    (child) => ({ address: attribute(child, "addr"), domain: attribute(child, "domain") }),
    ({ address, domain }) => el("forwarder", { domain, addr: address }),
  ),
  listAt("dns.hosts", "dns", "host", readDnsHost, dnsHostXml),
  listAt("dns.txt", "dns", "txt", readText, textXml),
  listAt("dns.srv", "dns", "srv", readService, serviceXml),
  listAt("routes", undefined, "route", readRoute, routeXml),
  groupAt("bandwidth", "bandwidth", readBandwidth, bandwidthXml),
  groupAt("vlan", "vlan", readVlan, vlanXml),
  groupAt("virtualPort", "virtualport", readVirtualPort, virtualPortXml),
  listAt("portGroups", undefined, "portgroup", readPortGroup, portGroupXml),
  dnsmasqOptions,
];

function groupNat(): Place {
  return place<{ start: string; end: string }>(
    "forward.natAddress",
    (network) => {
      const found = find(network, "forward", "nat", "address");
      return found && { start: attribute(found, "start") ?? "", end: attribute(found, "end") ?? "" };
    },
    (network, value) => {
      const forward = find(network, "forward");
      if (forward === undefined) return;
      const nat = ensureChild(forward, "nat");
      setChild(nat, "address", value && el("address", { start: value.start, end: value.end }));
      dropEmpty(forward, nat);
    },
  );
}

function readPci(address: XmlElement): string {
  const part = (name: string, digits: number): string =>
    Number(attribute(address, name) ?? 0)
      .toString(16)
      .padStart(digits, "0");
  return `${part("domain", 4)}:${part("bus", 2)}:${part("slot", 2)}.${part("function", 1)}`;
}

function pciXml(text: string): XmlElement {
  const [domain, bus, slot, fn] = text.split(/[:.]/).map((part) => `0x${part}`);
  return el("address", { type: "pci", domain, bus, slot, function: fn });
}

function readDnsHost(host: XmlElement): DnsHost {
  const names = childrenOf(host, "hostname").map(({ children }) =>
    children.filter((child) => typeof child === "string").join(""),
  );
  return { ip: ipaddr.parse(attribute(host, "ip") ?? "").toString(), names };
}

export function dnsHostXml({ ip, names }: DnsHost): XmlElement {
  return el("host", { ip }, ...names.map((name) => el("hostname", {}, name)));
}

function readText(txt: XmlElement): DnsText {
  return { name: attribute(txt, "name") ?? "", value: attribute(txt, "value") ?? "" };
}

export function textXml({ name, value }: DnsText): XmlElement {
  return el("txt", { name, value });
}

function readService(srv: XmlElement): DnsService {
  const text = (name: string): string | undefined => attribute(srv, name);
  return {
    service: text("service") ?? "",
    protocol: text("protocol") ?? "",
    domain: text("domain"),
    target: text("target"),
    port: numberOf(text("port")),
    priority: numberOf(text("priority")),
    weight: numberOf(text("weight")),
  };
}

export function serviceXml({
  service,
  protocol,
  domain,
  target,
  port,
  priority,
  weight,
}: DnsService): XmlElement {
  return el("srv", { service, protocol, domain, target, port, priority, weight });
}

function readRoute(route: XmlElement): Route {
  const address = attribute(route, "address") ?? "";
  const netmask = attribute(route, "netmask");
  const prefix =
    attribute(route, "prefix") ??
    (netmask === undefined
      ? address.includes(":")
        ? 128
        : 32
      : ipaddr.IPv4.parse(netmask).prefixLengthFromSubnetMask());
  return {
    cidr: `${address}/${prefix}`,
    gateway: attribute(route, "gateway") ?? "",
    metric: numberOf(attribute(route, "metric")),
  };
}

function routeXml({ cidr, gateway, metric }: Route): XmlElement {
  const [address, prefix] = cidr.split("/");
  return el("route", { family: cidr.includes(":") ? "ipv6" : "ipv4", address, prefix, gateway, metric });
}
