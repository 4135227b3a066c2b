import { z } from "./table/zod";
import { adopt, host, name, owner } from "./table/common";
import { field, type Fields, type Spec } from "./table/field";
import { group, list } from "./table/gate";
import {
  bandwidth,
  dnsFields,
  dnsRules,
  part,
  portGroups,
  routes,
  virtualPort,
  vlan,
} from "./network/networkParts";
import { networkRules } from "./network/networkRules";
import { duration } from "./table/units";
import { pciAddress } from "./vm/devices/passthrough";
import { cidr, hostDevice, hostPath, ipAddress, listOf, mac, oneOf, text } from "./table/types";

const port = (): z.ZodType<number> => z.int().min(1).max(65535);

const forwardFields = {
  mode: field(oneOf("nat", "route", "open", "none", "bridge", "private", "vepa", "passthrough", "hostdev"), {
    fate: "live",
    doc: "`nat`, `route`, `open`, `none` (isolated), `bridge` (of a host's bridge, or macvtap with `dev`), `private`, `vepa`, `passthrough`, `hostdev` (PCI functions of the host, one for each guest).",
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
  natAddress: group(
    {
      start: part(ipAddress(), { doc: "First source address." }),
      end: part(ipAddress(), { doc: "Last source address." }),
    },
    {
      fate: "live",
      filled: true,
      doc: "Source addresses that NAT uses. Default: that of the host's device.",
      source: "<nat><address start end>",
    },
  ),
  natIpv6: part(z.boolean().optional(), {
    same: (a, b) => (a ?? false) === (b ?? false),
    doc: "NAT for IPv6 as well.",
    source: "<nat ipv6>",
  }),
  physicalFunction: part(hostDevice().optional(), {
    doc: "The SR-IOV device whose functions guests are given, in mode `hostdev` and the macvtap modes.",
    source: "<pf dev>",
  }),
  addresses: part(listOf(pciAddress()).optional(), {
    ts: "string[]",
    doc: "PCI functions that guests are given, in mode `hostdev`.",
    source: "<forward><address type=pci>",
  }),
  managed: part(z.boolean().optional(), {
    same: (a, b) => (a ?? false) === (b ?? false),
    doc: "Mode `hostdev`: the host takes a function from its own driver for a guest, and gives it back.",
    source: "<forward managed>",
  }),
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

const leaseTime = () =>
  part(
    duration()
      .refine((seconds) => Number.isInteger(seconds) && (seconds === 0 || seconds >= 120), {
        message: "must be whole seconds, at least 2m; 0 is for ever",
      })
      .optional(),
    {
      ts: "string | number",
      doc: 'How long an address is lent, such as `"12h"`; 0 is for ever. libvirt\'s default is an hour.',
      source: "<lease expiry unit>",
    },
  );

const rangeFields = {
  start: field(ipAddress(), { fate: "live", doc: "First address." }),
  end: field(ipAddress(), { fate: "live", doc: "Last address." }),
  leaseTime: leaseTime(),
} satisfies Fields;

const dhcpHostFields = {
  mac: field(mac().optional(), { fate: "live", doc: "The guest's MAC address." }),
  ip: field(ipAddress(), { fate: "live", doc: "The address it gets." }),
  name: field(text().min(1).optional(), { fate: "live", doc: "Its host name." }),
  id: part(text().min(1).max(512).optional(), {
    doc: "IPv6: the DUID by which the guest is known instead of a MAC address.",
    source: "<host id>",
  }),
  leaseTime: leaseTime(),
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
      bootp: group(
        {
          file: part(text().min(1), { doc: "The file that guests boot.", source: "<bootp file>" }),
          server: part(text().min(1).max(253).optional(), {
            doc: "The TFTP server that has it. Default: the host.",
            source: "<bootp server>",
          }),
        },
        { fate: "live", filled: true, doc: "What guests boot over the network.", source: "<bootp>; R76" },
      ),
    },
    { fate: "live", doc: "libvirt's DHCP server on this subnet. Default: none.", source: "<dhcp>; R70, R71" },
  ),
  tftpRoot: part(hostPath().optional(), {
    doc: "Folder of the host whose files are served by TFTP.",
    source: "<tftp root>; R76",
  }),
  localPtr: part(z.boolean().optional(), {
    same: (a, b) => (a ?? false) === (b ?? false),
    doc: "Names of addresses of this subnet are never asked for elsewhere.",
    source: "<ip localPtr>",
  }),
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
  localOnly: part(z.boolean().optional(), {
    same: (a, b) => (a ?? false) === (b ?? false),
    doc: "Names of the domain are never asked for elsewhere.",
    source: "<domain localOnly>",
  }),
  dns: group(dnsFields, { fate: "live", doc: "libvirt's DNS server on the network.", source: "<dns>" }, [
    dnsRules,
  ]),
  ips: list(ipFields, "cidr", { fate: "live", doc: "Subnets of the network.", source: "<ip>" }),
  routes,
  portGroups,
  bandwidth: bandwidth("Bandwidth of the whole network."),
  vlan: vlan(),
  virtualPort: virtualPort(),
  guestIpv6: part(z.boolean().optional(), {
    same: (a, b) => (a ?? false) === (b ?? false),
    doc: "Guests talk IPv6 among each other although the network has no IPv6 subnet.",
    source: "<network ipv6>",
  }),
  trustGuestRxFilters: part(z.boolean().optional(), {
    same: (a, b) => (a ?? false) === (b ?? false),
    doc: "Guests may change their MAC address and multicast filters.",
    source: "<network trustGuestRxFilters>",
  }),
  isolatedPorts: part(z.boolean().optional(), {
    same: (a, b) => (a ?? false) === (b ?? false),
    doc: "Guests reach the host and what is behind it, but not each other.",
    source: "<port isolated>",
  }),
  dnsmasqOptions: part(listOf(text().min(1)).optional(), {
    ts: "string[]",
    doc: "Lines for dnsmasq's own configuration, such as `log-queries`.",
    source: "<dnsmasq:option value>",
  }),
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
