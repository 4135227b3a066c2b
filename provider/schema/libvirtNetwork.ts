import { z } from "zod";
import { adopt, host, name, owner } from "./common";
import { field, type Fields, type Spec } from "./field";
import { group, list } from "./gate";
import { networkRules } from "./networkRules";
import { cidr, hostDevice, ipAddress, listOf, mac, oneOf, text } from "./types";

const port = (): z.ZodType<number> => z.int().min(1).max(65535);

const forwardFields = {
  mode: field(oneOf("nat", "route", "open", "none", "bridge", "private", "vepa", "passthrough"), {
    fate: "live",
    doc: "`nat`, `route`, `open`, `none` (isolated), `bridge` (of a host's bridge, or macvtap with `dev`), `private`, `vepa`, `passthrough`.",
    source: "<forward mode>",
  }),
  dev: field(listOf(hostDevice()).optional(), {
    fate: "live",
    ts: "string[]",
    doc: "The host's devices to forward through.",
    source: "<forward dev>, <interface dev>; R77",
  }),
  natPorts: group(
    {
      start: field(port(), { fate: "live", doc: "First source port." }),
      end: field(port(), { fate: "live", doc: "Last source port." }),
    },
    { fate: "live", doc: "Source ports that NAT may use.", source: "<nat><port start end>; R66" },
  ),
} satisfies Fields;

const bridgeFields = {
  name: field(hostDevice().optional(), {
    fate: "live",
    keep: true,
    doc: "The bridge device. Default: one that is free, chosen by libvirt.",
    source: "<bridge name>; R67",
  }),
  stp: field(z.boolean().optional(), {
    fate: "live",
    keep: true,
    doc: "Spanning tree. libvirt's default is on.",
    source: "<bridge stp>",
  }),
  delay: field(z.int().min(0).optional(), {
    fate: "live",
    keep: true,
    doc: "Forward delay in seconds. libvirt's default is 0.",
    source: "<bridge delay>",
  }),
} satisfies Fields;

const rangeFields = {
  start: field(ipAddress(), { fate: "live", doc: "First address." }),
  end: field(ipAddress(), { fate: "live", doc: "Last address." }),
} satisfies Fields;

const dhcpHostFields = {
  mac: field(mac().optional(), { fate: "live", doc: "The guest's MAC address." }),
  ip: field(ipAddress(), { fate: "live", doc: "The address it gets." }),
  name: field(text().min(1).optional(), { fate: "live", doc: "Its host name." }),
} satisfies Fields;

const ipFields = {
  cidr: field(cidr(), {
    fate: "live",
    doc: "The host's own address on the network, with the prefix length.",
    source: "<ip address prefix>; R70",
  }),
  dhcp: group(
    {
      ranges: list(rangeFields, "start", {
        fate: "live",
        doc: "Addresses handed out.",
        source: "<dhcp><range>",
      }),
      hosts: list(dhcpHostFields, "ip", {
        fate: "live",
        doc: "Guests with a fixed address.",
        source: "<dhcp><host>",
      }),
    },
    { fate: "live", doc: "libvirt's DHCP server on this subnet. Default: none.", source: "<dhcp>; R70, R71" },
  ),
} satisfies Fields;

export const libvirtNetworkFields = {
  host,
  owner,
  name,
  adopt,
  forward: group(forwardFields, {
    fate: "live",
    doc: "How guests reach the outside. Default: not at all (isolated).",
    source: "<forward>",
  }),
  bridge: group(bridgeFields, { fate: "live", doc: "The bridge device.", source: "<bridge>" }),
  mtu: field(z.int().min(68).max(65535).optional(), {
    fate: "live",
    doc: "MTU of the bridge.",
    source: "<mtu size>",
  }),
  domain: field(text().min(1).max(253).optional(), {
    fate: "live",
    doc: "DNS domain of the network.",
    source: "<domain name>; R68",
  }),
  dns: group(
    {
      enabled: field(z.boolean().default(true), {
        fate: "live",
        doc: "libvirt's DNS server. Default true.",
        source: "<dns enable>; R69",
      }),
    },
    { fate: "live", doc: "libvirt's DNS server on the network.", source: "<dns>" },
  ),
  ips: list(ipFields, "cidr", { fate: "live", doc: "Subnets of the network.", source: "<ip>" }),
  autostart: field(z.boolean().default(true), {
    fate: "live",
    doc: "Start the network with the host. Default true.",
    source: "virNetworkSetAutostart; R73",
  }),
  active: field(z.boolean().default(true), {
    fate: "live",
    doc: "Whether the network runs. Default true.",
    source: "virNetworkCreate; R73",
  }),
} satisfies Fields;

export type LibvirtNetworkSpec = Spec<typeof libvirtNetworkFields>;
export { networkRules as libvirtNetworkRules };
