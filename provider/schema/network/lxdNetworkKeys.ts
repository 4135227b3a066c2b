import type { KeyForm, LxdKey } from "../lxdConfig";

export type LxdNetworkType = "bridge" | "macvlan" | "sriov" | "physical" | "ovn";

type Types = readonly LxdNetworkType[];

const own: Types = ["bridge", "ovn"];
const bridge: Types = ["bridge"];
const uplinks: Types = ["bridge", "physical"];
/** Those that hang on a device of the host. */
export const onDevice: Types = ["macvlan", "sriov", "physical"];

const key = (path: string, name: string, form: KeyForm, types: Types): LxdKey => ({
  path,
  key: name,
  form,
  types,
});

const family = (v: "ipv4" | "ipv6"): readonly LxdKey[] => [
  key(`${v}.address`, `${v}.address`, "text", own),
  key(`${v}.nat`, `${v}.nat`, "flag", own),
  key(`${v}.natAddress`, `${v}.nat.address`, "text", own),
  key(`${v}.natOrder`, `${v}.nat.order`, "text", bridge),
  key(`${v}.dhcp`, `${v}.dhcp`, "flag", own),
  key(`${v}.ranges`, `${v}.dhcp.ranges`, "ranges", bridge),
  key(`${v}.leaseTime`, `${v}.dhcp.expiry`, "seconds", bridge),
  key(`${v}.routes`, `${v}.routes`, "list", uplinks),
  key(`${v}.routing`, `${v}.routing`, "flag", bridge),
  key(`${v}.firewall`, `${v}.firewall`, "flag", bridge),
  key(`${v}.gateway`, `${v}.gateway`, "text", ["physical"]),
  key(`${v}.ovnRanges`, `${v}.ovn.ranges`, "ranges", uplinks),
];

/** Each field of a network that is a key of LXD's, and the types of networks that know it. */
export const lxdNetworkKeys: readonly LxdKey[] = [
  ...family("ipv4"),
  key("ipv4.dhcpGateway", "ipv4.dhcp.gateway", "text", bridge),
  ...family("ipv6"),
  key("ipv6.stateful", "ipv6.dhcp.stateful", "flag", own),
  key("dns.mode", "dns.mode", "text", bridge),
  key("dns.domain", "dns.domain", "text", own),
  key("dns.search", "dns.search", "list", own),
  key("dns.nameservers", "dns.nameservers", "list", ["physical"]),
  key("mtu", "bridge.mtu", "number", own),
  key("mtu", "mtu", "number", onDevice),
  key("mac", "bridge.hwaddr", "text", own),
  key("bridgeDriver", "bridge.driver", "text", bridge),
  key("externalInterfaces", "bridge.external_interfaces", "list", bridge),
  key("parent", "parent", "text", onDevice),
  key("vlan", "vlan", "number", onDevice),
  key("gvrp", "gvrp", "flag", ["macvlan", "physical"]),
  key("uplink", "network", "text", ["ovn"]),
  key("acls", "security.acls", "list", own),
  key("aclDefaults.ingress", "security.acls.default.ingress.action", "text", own),
  key("aclDefaults.egress", "security.acls.default.egress.action", "text", own),
  key("dnsmasq", "raw.dnsmasq", "text", bridge),
];
