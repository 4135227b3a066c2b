import { z } from "./table/zod";
import { adopt, changingName, description, host, owner } from "./table/common";
import { field, type Fields, type Spec } from "./table/field";
import { group } from "./table/gate";
import { configKeys, rawKeys, some } from "./lxdConfig";
import { lxdNetworkKeys } from "./network/lxdNetworkKeys";
import { lxdNetworkRules, sameRoutes } from "./network/lxdNetworkRules";
import { part } from "./network/networkParts";
import { cidr, hostDevice, ipAddress, listOf, mac, oneOf, text } from "./table/types";
import { duration } from "./table/units";

const ranges = () =>
  z.array(
    z.strictObject({
      start: ipAddress(),
      end: ipAddress(),
    }),
  );

const RANGES_TS = "{ start: string; end: string }[]";

/** What LXD has of both families; `v` is their digit. */
const family = (v: 4 | 6) =>
  ({
    address: field(z.union([z.literal("none"), cidr()]).optional(), {
      fate: "live",
      keep: true,
      ts: "string",
      doc: `The host's own address on the network with its prefix length, or \`none\`. Default: LXD chooses a free subnet when the network is made (types bridge and ovn); see the output \`ipv${v}Address\`.`,
      source: `ipv${v}.address`,
    }),
    nat: part(z.boolean().optional(), {
      doc: "Guests reach the outside by the host's address. LXD's default: yes where it has chosen the subnet, else no.",
      source: `ipv${v}.nat`,
    }),
    natAddress: part(ipAddress().optional(), {
      doc: "Source address of guests outside. Default: that of the host's device.",
      source: `ipv${v}.nat.address`,
    }),
    natOrder: part(oneOf("before", "after").optional(), {
      doc: "Whether the rules for NAT stand before others of the host, or after. LXD's default is before.",
      source: `ipv${v}.nat.order`,
    }),
    dhcp: part(z.boolean().optional(), {
      doc: "Hand out addresses. LXD's default is yes.",
      source: `ipv${v}.dhcp`,
    }),
    ranges: part(some(ranges()), {
      ts: RANGES_TS,
      doc: "Addresses handed out. Default: all of the subnet.",
      source: `ipv${v}.dhcp.ranges`,
    }),
    leaseTime: part(
      duration()
        .refine(
          (seconds) => Number.isInteger(seconds) && seconds >= 120,
          "must be whole seconds, at least 2m",
        )
        .optional(),
      {
        ts: "string | number",
        doc: 'How long an address is lent, such as `"12h"`. LXD\'s default is an hour.',
        source: `ipv${v}.dhcp.expiry`,
      },
    ),
    routes: part(some(listOf(cidr())), {
      ts: "string[]",
      same: sameRoutes,
      doc: "More subnets that are behind the network (bridge), or that networks on this uplink may use (physical).",
      source: `ipv${v}.routes`,
    }),
    routing: part(z.boolean().optional(), {
      doc: "Route between the network and the outside. LXD's default is yes.",
      source: `ipv${v}.routing`,
    }),
    firewall: part(z.boolean().optional(), {
      doc: "LXD writes the firewall's rules for the network. LXD's default is yes.",
      source: `ipv${v}.firewall`,
    }),
    gateway: part(cidr().optional(), {
      doc: "Type physical: the gateway of networks on this uplink, with its prefix length.",
      source: `ipv${v}.gateway`,
    }),
    ovnRanges: part(some(ranges()), {
      ts: RANGES_TS,
      doc: "Addresses for the routers of OVN networks that have this one as their uplink.",
      source: `ipv${v}.ovn.ranges`,
    }),
  }) satisfies Fields;

const ipv4Fields = {
  ...family(4),
  dhcpGateway: part(ipAddress().optional(), {
    doc: "The gateway that guests are told. Default: the host's address.",
    source: "ipv4.dhcp.gateway",
  }),
} satisfies Fields;

const ipv6Fields = {
  ...family(6),
  stateful: part(z.boolean().optional(), {
    doc: "Addresses are handed out one by one, not made up by the guests. LXD's default is no.",
    source: "ipv6.dhcp.stateful",
  }),
} satisfies Fields;

const dnsName = () => text().min(1).max(253);

const dnsFields = {
  mode: part(oneOf("managed", "dynamic", "none").optional(), {
    doc: "LXD writes the guests' names (`managed`, its default), guests tell their own (`dynamic`), or there is no DNS (`none`).",
    source: "dns.mode",
  }),
  domain: part(dnsName().optional(), {
    doc: "Domain of the guests' names. LXD's default is `lxd`.",
    source: "dns.domain",
  }),
  search: part(some(listOf(dnsName())), {
    ts: "string[]",
    doc: "Domains that guests look names up in. Default: `domain`.",
    source: "dns.search",
  }),
  nameservers: part(some(listOf(ipAddress())), {
    ts: "string[]",
    doc: "Type physical: name servers of the uplink.",
    source: "dns.nameservers",
  }),
} satisfies Fields;

const verdict = () => oneOf("allow", "reject", "drop").optional();

const aclDefaultFields = {
  ingress: part(verdict(), {
    doc: "What is done with traffic to guests that no rule speaks of. LXD's default is reject.",
    source: "security.acls.default.ingress.action",
  }),
  egress: part(verdict(), {
    doc: "The same for traffic from guests. LXD's default is reject.",
    source: "security.acls.default.egress.action",
  }),
} satisfies Fields;

export const lxdNetworkFields = {
  host,
  owner,
  name: changingName(
    "The name on the host, at most 15 characters: bridges are devices. Default: the logical name, shortened, and a suffix that is stable for this resource of this stack. A network that nothing uses is renamed in place.",
    "POST /1.0/networks/<name>",
  ),
  adopt,
  description: description("description"),
  type: field(oneOf("bridge", "macvlan", "sriov", "physical", "ovn").default("bridge"), {
    fate: "replace",
    doc: "`bridge`: a bridge of LXD's own; `macvlan`, `sriov`, `physical`: presets for a device of the host; `ovn`: a network of Open Virtual Network. Default `bridge`.",
    source: "type",
  }),
  ipv4: group(ipv4Fields, { fate: "live", doc: "IPv4 of the network." }),
  ipv6: group(ipv6Fields, { fate: "live", doc: "IPv6 of the network." }),
  dns: group(dnsFields, { fate: "live", doc: "Names." }),
  mtu: part(z.int().min(68).max(65_535).optional(), {
    doc: "MTU of the network.",
    source: "bridge.mtu, mtu",
  }),
  mac: part(mac().optional(), {
    doc: "MAC address of the bridge, or of the router. Default: one that LXD chooses.",
    source: "bridge.hwaddr",
  }),
  bridgeDriver: part(oneOf("native", "openvswitch").optional(), {
    doc: "What the bridge is made with. LXD's default is native.",
    source: "bridge.driver",
  }),
  externalInterfaces: part(some(listOf(hostDevice())), {
    ts: "string[]",
    same: sameRoutes,
    doc: "Unconfigured devices of the host that are put into the bridge.",
    source: "bridge.external_interfaces",
  }),
  parent: part(hostDevice().optional(), {
    doc: "The host's device; required for macvlan, sriov and physical.",
    source: "parent",
  }),
  vlan: part(z.int().min(1).max(4094).optional(), {
    doc: "VLAN of the parent's traffic.",
    source: "vlan",
  }),
  gvrp: part(z.boolean().optional(), {
    doc: "Register the VLAN with the switch. LXD's default is no.",
    source: "gvrp",
  }),
  uplink: part(text().min(1).optional(), {
    refs: ["LxdNetwork"],
    doc: "Type ovn: the network that leads outside: an LxdNetwork of type bridge or physical, or the name of one. `none` is a network without, which Incus has and LXD has not.",
    source: "network",
  }),
  acls: part(some(listOf(text().min(1))), {
    ts: "string[]",
    doc: "Names of LXD's network ACLs that apply to the guests.",
    source: "security.acls",
  }),
  aclDefaults: group(aclDefaultFields, {
    fate: "live",
    filled: true,
    doc: "What is done where no rule of the ACLs speaks.",
  }),
  dnsmasq: part(text().min(1).optional(), {
    doc: "Lines for dnsmasq's own configuration.",
    source: "raw.dnsmasq",
  }),
  members: field(z.record(z.string().min(1), configKeys({})).optional(), {
    fate: "replace",
    ts: "Record<string, Record<string, string>>",
    doc: "On a cluster: keys whose values differ between its members, by the member's name, such as `{ node1: { parent: \"eno1\" } }`. Members that are not named have the network's own.",
    source: "POST /1.0/networks?target=",
  }),
  config: rawKeys(lxdNetworkKeys, "bgp.peers.a.address"),
} satisfies Fields;

export type LxdNetworkSpec = Spec<typeof lxdNetworkFields>;
export { lxdNetworkRules };
