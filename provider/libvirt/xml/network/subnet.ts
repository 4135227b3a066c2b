import * as ipaddr from "ipaddr.js";
import type { LibvirtNetworkSpec } from "../../../schema/libvirtNetwork";
import { isYes, numberOf, yesNo } from "./switch";
import { assign, attribute, childrenOf, el, ensureChild, find, setChild, type XmlElement } from "../tree";

type Ip = LibvirtNetworkSpec["ips"][number];
type Dhcp = NonNullable<Ip["dhcp"]>;
type DhcpRange = Dhcp["ranges"][number];
type DhcpHost = Dhcp["hosts"][number];

/** Fields of a subnet that only some programs give: `ips.` in front, the mark of the network names those that are. */
export const SUBNET_PATHS = [
  "tftpRoot",
  "localPtr",
  "dhcp.bootp",
  "dhcp.ranges.leaseTime",
  "dhcp.hosts.id",
  "dhcp.hosts.leaseTime",
] as const;

/** The subnet of that address as it is, with the program's prefix, DHCP and what else it says; `gone` is said no more. */
export function subnetXml(spec: Ip, current: readonly XmlElement[], gone: ReadonlySet<string>): XmlElement {
  const [address = "", prefix] = spec.cidr.split("/");
  const family = address.includes(":") ? "ipv6" : undefined;
  const ip =
    current.find((each) => attribute(each, "address") === address) ?? el("ip", { family, address, prefix });
  if (readSubnet(ip).cidr !== spec.cidr) assign(ip, { prefix, netmask: undefined }, { keep: false });
  const { localPtr, tftpRoot } = spec;
  if (localPtr !== undefined || gone.has("ips.localPtr"))
    assign(ip, { localPtr: yesNo(localPtr) }, { keep: false });
  if (tftpRoot !== undefined || gone.has("ips.tftpRoot"))
    setChild(ip, "tftp", tftpRoot === undefined ? undefined : el("tftp", { root: tftpRoot }));
  if (spec.dhcp === undefined) setChild(ip, "dhcp", undefined);
  else setDhcp(ensureChild(ip, "dhcp"), spec.dhcp, gone);
  return ip;
}

function setDhcp(dhcp: XmlElement, { ranges, hosts, bootp }: Dhcp, gone: ReadonlySet<string>): void {
  const kept = <T extends object>(name: "range" | "host", read: (element: XmlElement) => T, wanted: T) =>
    childrenOf(dhcp, name).find((element) => fits(read(element), wanted, `ips.dhcp.${name}s.`, gone));
  dhcp.children = [
    ...ranges.map((range) => kept("range", readRange, range) ?? rangeXml(range)),
    ...hosts.map((host) => kept("host", readHost, host) ?? hostXml(host)),
    ...dhcp.children.filter(
      (child) => typeof child === "string" || (child.name !== "range" && child.name !== "host"),
    ),
  ];
  if (bootp !== undefined || gone.has("ips.dhcp.bootp"))
    setChild(dhcp, "bootp", bootp && el("bootp", { file: bootp.file, server: bootp.server }));
}

/** Whether an entry is what the program wants; what the program never says may be anything. */
function fits<T extends object>(found: T, wanted: T, prefix: string, gone: ReadonlySet<string>): boolean {
  return (Object.keys(found) as (keyof T & string)[]).every(
    (key) =>
      found[key] === wanted[key] ||
      (wanted[key] === undefined &&
        (SUBNET_PATHS as readonly string[]).includes(`${prefix.slice("ips.".length)}${key}`) &&
        !gone.has(prefix + key)),
  );
}

export function rangeXml({ start, end, leaseTime }: DhcpRange): XmlElement {
  return el("range", { start, end }, leaseXml(leaseTime));
}

export function hostXml({ id, mac, ip, name, leaseTime }: DhcpHost): XmlElement {
  return el("host", { id, mac, name, ip }, leaseXml(leaseTime));
}

function leaseXml(seconds: number | undefined): XmlElement | undefined {
  return seconds === undefined ? undefined : el("lease", { expiry: seconds, unit: "seconds" });
}

export function readSubnet(ip: XmlElement): Ip {
  const address = attribute(ip, "address") ?? "";
  const netmask = attribute(ip, "netmask");
  const prefix =
    attribute(ip, "prefix") ??
    (netmask === undefined ? undefined : String(ipaddr.IPv4.parse(netmask).prefixLengthFromSubnetMask()));
  const dhcp = find(ip, "dhcp");
  return {
    cidr: `${address}/${prefix ?? (address.includes(":") ? 64 : 24)}`,
    dhcp: dhcp && readDhcp(dhcp),
    tftpRoot: attribute(find(ip, "tftp"), "root"),
    localPtr: isYes(attribute(ip, "localPtr")),
  };
}

function readDhcp(dhcp: XmlElement): Dhcp {
  const bootp = find(dhcp, "bootp");
  return {
    ranges: childrenOf(dhcp, "range").map(readRange),
    hosts: childrenOf(dhcp, "host").map(readHost),
    bootp: bootp && { file: attribute(bootp, "file") ?? "", server: attribute(bootp, "server") },
  };
}

function readRange(range: XmlElement): DhcpRange {
  return {
    start: attribute(range, "start") ?? "",
    end: attribute(range, "end") ?? "",
    leaseTime: readLease(range),
  };
}

function readHost(host: XmlElement): DhcpHost {
  return {
    mac: attribute(host, "mac")?.toLowerCase(),
    ip: attribute(host, "ip") ?? "",
    name: attribute(host, "name"),
    id: attribute(host, "id"),
    leaseTime: readLease(host),
  };
}

const SECONDS: Readonly<Record<string, number>> = { seconds: 1, minutes: 60, hours: 3600 };

function readLease(entry: XmlElement): number | undefined {
  const lease = find(entry, "lease");
  const expiry = numberOf(attribute(lease, "expiry"));
  return expiry === undefined ? undefined : expiry * (SECONDS[attribute(lease, "unit") ?? "minutes"] ?? 60);
}
