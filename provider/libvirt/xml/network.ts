import * as ipaddr from "ipaddr.js";
import type { LibvirtNetworkSpec } from "../../schema/libvirtNetwork";
import { readMark, writeMark } from "./metadata";
import { attribute, childrenOf, clone, el, find, setChild, textOf, type XmlElement } from "./tree";

type Ip = LibvirtNetworkSpec["ips"][number];
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
  setChild(network, "forward", spec.forward === undefined ? undefined : forwardXml(spec.forward));
  setChild(network, "bridge", bridgeXml(spec, find(network, "bridge")));
  setChild(network, "mtu", spec.mtu === undefined ? undefined : el("mtu", { size: spec.mtu }));
  setChild(
    network,
    "domain",
    spec.domain === undefined
      ? undefined
      : {
          ...el("domain", { name: spec.domain }),
          attributes: { ...find(network, "domain")?.attributes, name: spec.domain },
        },
  );
  setDns(network, spec);
  network.children = network.children.filter((child) => typeof child === "string" || child.name !== "ip");
  network.children.push(...spec.ips.map(ipXml));
  return network;
}

function forwardXml({ mode, dev, natPorts }: Forward): XmlElement | undefined {
  if (mode === "none") return undefined;
  const devices = (dev ?? []).map((name) => el("interface", { dev: name }));
  const nat = natPorts && el("nat", {}, el("port", { start: natPorts.start, end: natPorts.end }));
  return el("forward", { mode, dev: dev?.[0] }, nat, ...devices);
}

function bridgeXml(
  { bridge, forward }: LibvirtNetworkSpec,
  current: XmlElement | undefined,
): XmlElement | undefined {
  const mode = forward?.mode;
  if (mode !== undefined && DIRECT.has(mode))
    return bridge?.name === undefined ? undefined : el("bridge", { name: bridge.name });
  const attributes = {
    name: bridge?.name ?? attribute(current, "name"),
    stp: bridge?.stp === undefined ? attribute(current, "stp") : bridge.stp ? "on" : "off",
    delay: bridge?.delay ?? attribute(current, "delay"),
  };
  return Object.values(attributes).every((value) => value === undefined)
    ? undefined
    : el("bridge", attributes);
}

function setDns(network: XmlElement, { dns }: LibvirtNetworkSpec): void {
  const current = find(network, "dns");
  if (dns?.enabled === false) setChild(network, "dns", el("dns", { enable: "no" }));
  else if (attribute(current, "enable") === "no") setChild(network, "dns", undefined);
}

function ipXml({ cidr, dhcp }: Ip): XmlElement {
  const [address = "", prefix] = cidr.split("/");
  const family = address.includes(":") ? "ipv6" : undefined;
  return el("ip", { family, address, prefix }, dhcp && dhcpXml(dhcp));
}

function dhcpXml({ ranges, hosts }: NonNullable<Ip["dhcp"]>): XmlElement {
  return el("dhcp", {}, ...ranges.map(rangeXml), ...hosts.map(hostXml));
}

export function rangeXml({ start, end }: { start: string; end: string }): XmlElement {
  return el("range", { start, end });
}

export function hostXml({
  mac,
  ip,
  name,
}: {
  mac: string | undefined;
  ip: string;
  name: string | undefined;
}): XmlElement {
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
      ranges: childrenOf(dhcp, "range").map((range) => ({
        start: attribute(range, "start") ?? "",
        end: attribute(range, "end") ?? "",
      })),
      hosts: childrenOf(dhcp, "host").map((host) => ({
        mac: attribute(host, "mac")?.toLowerCase(),
        ip: attribute(host, "ip") ?? "",
        name: attribute(host, "name"),
      })),
    },
  };
}

export function hasDhcp(network: XmlElement): boolean {
  return childrenOf(network, "ip").some((ip) => find(ip, "dhcp") !== undefined);
}

export { readMark };
