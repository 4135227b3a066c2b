import { lxdKey as key, projectOf } from "../lxdLook";
import { row, type Args, type Row, type RowOptions } from "../row";

const network = (field: string, a: unknown, b: unknown, shows: RegExp, options: RowOptions = {}): Row =>
  row("LxdNetwork", field, a, b, shows, { needs: plain, ...options });

/** Without addresses of its own choosing, which may not be free on the test's machine. */
const plain: Args = { ipv6: { address: "none" } };
const none: Args = { ipv4: { address: "none" }, ipv6: { address: "none" } };
const addressed = (third: number): Args => ({
  ipv4: { address: `10.61.${third}.1/24` },
  ipv6: { address: "none" },
});
const six: Args = { ipv4: { address: "none" } };
const range = (start: string, end: string): unknown => [{ start, end }];

const physical = { on: "physical", needs: { type: "physical", parent: "dev-e" } };
const macvlan = { on: "macvlan", needs: { type: "macvlan" } };

export const rows: readonly Row[] = [
  network("host", undefined, "$other", /"other"/, { needs: none, where: projectOf }),
  network("name", "fates-a", "fates-b", /"name": "fates-b"/, { needs: none, on: "named" }),
  network("adopt", undefined, true, /./, { needs: none, on: "adopt" }),
  network("description", "first", "second <&>", /"description": "second <&>"/),
  network("type", "macvlan", "sriov", /"type": "sriov"/, { needs: { parent: "dev-g" } }),
  network("ipv4.address", "10.61.1.1/24", "10.61.2.1/24", key("ipv4.address", "10.61.2.1/24")),
  network("ipv4.nat", true, false, key("ipv4.nat", "false")),
  network("ipv4.natAddress", "10.60.0.1", "10.60.0.2", key("ipv4.nat.address", "10.60.0.2")),
  network("ipv4.natOrder", "before", "after", key("ipv4.nat.order", "after")),
  network("ipv4.dhcp", true, false, key("ipv4.dhcp", "false"), { on: "dhcp", needs: addressed(3) }),
  network(
    "ipv4.ranges",
    range("10.61.4.10", "10.61.4.20"),
    range("10.61.4.10", "10.61.4.99"),
    key("ipv4.dhcp.ranges", "10.61.4.10-10.61.4.99"),
    { on: "ranges", needs: addressed(4) },
  ),
  network("ipv4.leaseTime", "1h", "2h", key("ipv4.dhcp.expiry", "7200")),
  network("ipv4.dhcpGateway", "10.61.1.254", "10.61.2.254", key("ipv4.dhcp.gateway", "10.61.2.254")),
  network("ipv4.routes", ["10.70.1.0/24"], ["10.70.2.0/24"], key("ipv4.routes", "10.70.2.0/24")),
  network("ipv4.routing", true, false, key("ipv4.routing", "false")),
  network("ipv4.firewall", true, false, key("ipv4.firewall", "false"), { on: "open", needs: addressed(5) }),
  network("ipv4.gateway", "10.71.0.1/24", "10.71.0.2/24", key("ipv4.gateway", "10.71.0.2/24"), physical),
  network(
    "ipv4.ovnRanges",
    range("10.61.4.120", "10.61.4.130"),
    range("10.61.4.120", "10.61.4.140"),
    key("ipv4.ovn.ranges", "10.61.4.120-10.61.4.140"),
    { on: "ranges", needs: addressed(4) },
  ),
  network("ipv6.address", "fd42:81::1/64", "fd42:82::1/64", key("ipv6.address", "fd42:82::1/64"), {
    on: "six",
    needs: six,
  }),
  network("ipv6.nat", true, false, key("ipv6.nat", "false"), { on: "six", needs: six }),
  network("ipv6.natAddress", "fd42:60::1", "fd42:60::2", key("ipv6.nat.address", "fd42:60::2"), {
    on: "six",
    needs: six,
  }),
  network("ipv6.natOrder", "before", "after", key("ipv6.nat.order", "after"), { on: "six", needs: six }),
  network("ipv6.dhcp", true, false, key("ipv6.dhcp", "false"), {
    on: "six-quiet",
    needs: { ipv4: { address: "none" }, ipv6: { address: "fd42:63::1/64" } },
  }),
  network(
    "ipv6.ranges",
    range("fd42:64::10", "fd42:64::20"),
    range("fd42:64::10", "fd42:64::30"),
    key("ipv6.dhcp.ranges", "fd42:64::10-fd42:64::30"),
    {
      on: "six-ranges",
      needs: { ipv4: { address: "none" }, ipv6: { address: "fd42:64::1/64", stateful: true } },
    },
  ),
  network("ipv6.leaseTime", "1h", "2h", key("ipv6.dhcp.expiry", "7200"), { on: "six", needs: six }),
  network("ipv6.stateful", false, true, key("ipv6.dhcp.stateful", "true"), { on: "six", needs: six }),
  network("ipv6.routes", ["fd42:71::/64"], ["fd42:72::/64"], key("ipv6.routes", "fd42:72::/64"), {
    on: "six",
    needs: six,
  }),
  network("ipv6.routing", true, false, key("ipv6.routing", "false"), { on: "six", needs: six }),
  network("ipv6.firewall", true, false, key("ipv6.firewall", "false"), { on: "six", needs: six }),
  network("ipv6.gateway", "fd42:73::1/64", "fd42:73::2/64", key("ipv6.gateway", "fd42:73::2/64"), physical),
  network(
    "ipv6.ovnRanges",
    range("fd42:64::100", "fd42:64::110"),
    range("fd42:64::100", "fd42:64::120"),
    key("ipv6.ovn.ranges", "fd42:64::100-fd42:64::120"),
    {
      on: "six-ranges",
      needs: { ipv4: { address: "none" }, ipv6: { address: "fd42:64::1/64", stateful: true } },
    },
  ),
  network("dns.mode", "managed", "dynamic", key("dns.mode", "dynamic")),
  network("dns.domain", "first.test", "second.test", key("dns.domain", "second.test")),
  network(
    "dns.search",
    ["first.test"],
    ["first.test", "more.test"],
    key("dns.search", "first.test,more.test"),
  ),
  network("dns.nameservers", ["10.71.0.53"], ["10.71.0.54"], key("dns.nameservers", "10.71.0.54"), physical),
  network("mtu", 1400, 1380, key("bridge.mtu", "1380")),
  network("mac", "00:16:3e:00:00:01", "00:16:3e:00:00:02", key("bridge.hwaddr", "00:16:3e:00:00:02")),
  network("bridgeDriver", "native", "openvswitch", key("bridge.driver", "openvswitch"), {
    on: "ovs",
    needs: none,
  }),
  network("externalInterfaces", ["dev-b"], ["dev-d"], key("bridge.external_interfaces", "dev-d"), {
    on: "external",
    needs: none,
  }),
  network("parent", "dev-a", "dev-c", key("parent", "dev-c"), macvlan),
  network("vlan", 5, 6, key("vlan", "6"), macvlan),
  network("gvrp", false, true, key("gvrp", "true"), macvlan),
  network("mtu", 1400, 1380, key("mtu", "1380"), macvlan),
  network("uplink", "$network", "fates2", key("network", "fates2"), {
    on: "ovn",
    needs: { type: "ovn", ipv4: { address: "10.61.7.1/24", nat: true }, ipv6: { address: "none" } },
  }),
  network("acls", ["acl-a"], ["acl-a", "acl-b"], key("security.acls", "acl-a,acl-b"), {
    on: "acls",
    needs: addressed(6),
  }),
  network("aclDefaults.ingress", "drop", "allow", key("security.acls.default.ingress.action", "allow"), {
    on: "acls",
    needs: addressed(6),
  }),
  network("aclDefaults.egress", "drop", "allow", key("security.acls.default.egress.action", "allow"), {
    on: "acls",
    needs: addressed(6),
  }),
  network("dnsmasq", "log-queries", "log-dhcp", key("raw.dnsmasq", "log-dhcp")),
  network("members", undefined, { node1: { parent: "dev-a" } }, /./, { lacks: "cluster", needs: none }),
  network("config", { "user.a": "1", "user.gone": "x" }, { "user.a": 2 }, /"user.a": "2"(?![^}]*user\.gone)/),
];
