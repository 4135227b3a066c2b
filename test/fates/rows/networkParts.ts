import { row, type Args, type Row } from "../row";

const off: Args = { active: false, autostart: false };

/** Networks that are off: what is proven here is what the host keeps, and dnsmasq need not run for it. */
function at(on: string, needs: Args = {}) {
  return (field: string, a: unknown, b: unknown, shows: RegExp): Row =>
    row("LibvirtNetwork", field, a, b, shows, { on, needs: { ...off, ...needs } });
}

/** A field of a list's elements: the lists before and after are given whole. */
function each(
  make: ReturnType<typeof at>,
  list: string,
  field: string,
  a: Args,
  b: Args,
  shows: RegExp,
): Row {
  return { ...make(list, [a], [b], shows), field: `${list}[].${field}` };
}

const nat = at("parts", { domain: "fates.test", forward: { mode: "nat" }, ips: [{ cidr: "10.207.0.1/24" }] });
const open = at("parts-open", { forward: { mode: "open" }, ips: [{ cidr: "10.208.0.1/24" }] });
const keys = at("parts-keys", { ips: [{ cidr: "10.209.0.1/24" }] });
const inner = at("parts-inner", { forward: { mode: "passthrough", dev: ["eth-fate"] } });
const functions = at("parts-hostdev", { forward: { mode: "hostdev", physicalFunction: "eth-fate" } });
const physical = at("parts-pf", { forward: { mode: "hostdev" } });
const switches = (type: string, on: string) =>
  at(on, { forward: { mode: "bridge" }, bridge: { name: "br-fate-ovs" }, virtualPort: { type } });
const [qbg, qbh, ovs] = [
  switches("802.1Qbg", "parts-qbg"),
  switches("802.1Qbh", "parts-qbh"),
  switches("openvswitch", "parts-ovs"),
];
const uuid = (last: number): string => `09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4${last}`;
const service = (port: number): Args => ({ service: "ldap", protocol: "tcp", target: "five", port });
const fixed = { ip: "fd00:d7::5", name: "five" };

/** A subnet with one more field. */
function subnet(on: string, field: string, a: Args, b: Args, shows: RegExp): Row {
  return { ...at(on)("ips", [a], [b], shows), field: `ips[].${field}` };
}

const v4 = (more: Args): Args => ({ cidr: "10.212.0.1/24", ...more });
const range = (leaseTime: number): Args => ({ start: "10.212.0.10", end: "10.212.0.20", leaseTime });
const served = (bootp: Args): Args =>
  v4({ dhcp: { ranges: [{ start: "10.212.0.10", end: "10.212.0.20" }], bootp } });
const lease = (leaseTime: number): Args => ({ ip: "10.212.0.5", name: "five", leaseTime });

/** Both rates of a bandwidth, wherever it stands. */
function rates(make: ReturnType<typeof at>, path: string, wrap: (value: Args) => unknown): readonly Row[] {
  return ["inbound", "outbound"].flatMap((way, index) =>
    ["average", "peak", "burst"].map((rate, place) => {
      const [a, b] = [100 + index, 200 + 10 * index + place];
      const whole = (value: number): Args => ({
        bandwidth: { [way]: { average: 100 + index, [rate]: value } },
      });
      const field = `${path}bandwidth.${way}.${rate}`;
      const shows = new RegExp(`<${way} [^>]*${rate}='${b}'`);
      const one = make("bandwidth", undefined, undefined, shows);
      const at = (value: number): Args => ({ ...off, ...(wrap(whole(value)) as Args) });
      return { ...one, field, a: at(a), b: at(b), on: `${one.on}-${way}-${rate}` };
    }),
  );
}

const group = (name: string, a: Args, b: Args, field: string, shows: RegExp): Row =>
  each(inner, "portGroups", field, { name, ...a }, { name, ...b }, shows);

export const rows: readonly Row[] = [
  nat("forward.natAddress.start", "192.0.2.1", "192.0.2.2", /<address start='192.0.2.2'/),
  nat("forward.natAddress.end", "192.0.2.8", "192.0.2.9", /end='192.0.2.9'/),
  nat("forward.natIpv6", false, true, /<nat ipv6='yes'/),
  {
    ...row("LibvirtNetwork", "forward.addresses", undefined, undefined, /function='0x2'/, {
      lacks: "SR-IOV",
    }),
    a: { ...off, forward: { mode: "hostdev", physicalFunction: "eth-fate" } },
    b: { ...off, forward: { mode: "hostdev", addresses: ["0000:06:10.2"] } },
    on: "parts-addresses",
  },
  functions("forward.managed", false, true, /managed='yes'/),
  physical("forward.physicalFunction", "eth-a", "eth-b", /<pf dev='eth-b'/),
  functions("vlan.tags", [{ id: 42 }], [{ id: 43 }], /<tag id='43'/),
  functions("vlan.trunk", false, true, /<vlan trunk='yes'/),
  nat("localOnly", false, true, /localOnly='yes'/),
  nat("dns.forwardPlainNames", true, false, /forwardPlainNames='no'/),
  nat(
    "dns.forwarders",
    [{ address: "192.0.2.53" }],
    [{ domain: "a.test", address: "192.0.2.54" }],
    /<forwarder domain='a.test' addr='192.0.2.54'/,
  ),
  nat("dns.srv", [service(389)], [service(636)], /<srv [^>]*port='636'/),
  each(
    nat,
    "dns.hosts",
    "names",
    { ip: "10.207.0.5", names: ["a"] },
    { ip: "10.207.0.5", names: ["b"] },
    /<hostname>b</,
  ),
  each(
    keys,
    "dns.hosts",
    "ip",
    { ip: "10.209.0.5", names: ["a"] },
    { ip: "10.209.0.6", names: ["a"] },
    /<host ip='10.209.0.6'/,
  ),
  each(
    nat,
    "dns.txt",
    "value",
    { name: "t", value: "a" },
    { name: "t", value: "b" },
    /<txt name='t' value='b'/,
  ),
  each(
    keys,
    "dns.txt",
    "name",
    { name: "a", value: "t" },
    { name: "b", value: "t" },
    /<txt name='b' value='t'/,
  ),
  each(
    keys,
    "routes",
    "cidr",
    { cidr: "10.99.0.0/16", gateway: "10.209.0.9" },
    { cidr: "10.98.0.0/16", gateway: "10.209.0.9" },
    /address='10.98.0.0'/,
  ),
  each(
    nat,
    "routes",
    "gateway",
    { cidr: "10.99.0.0/16", gateway: "10.207.0.8" },
    { cidr: "10.99.0.0/16", gateway: "10.207.0.9" },
    /gateway='10.207.0.9'/,
  ),
  each(
    open,
    "routes",
    "metric",
    { cidr: "10.99.0.0/16", gateway: "10.208.0.8" },
    { cidr: "10.99.0.0/16", gateway: "10.208.0.8", metric: 2 },
    /metric='2'/,
  ),
  ...rates(open, "", (bandwidth) => bandwidth),
  nat("guestIpv6", false, true, /<network[^>]* ipv6='yes'/),
  nat("trustGuestRxFilters", false, true, /<network[^>]* trustGuestRxFilters='yes'/),
  nat("isolatedPorts", false, true, /<port isolated='yes'/),
  nat("dnsmasqOptions", ["log-queries"], ["log-dhcp"], /<dnsmasq:option value='log-dhcp'/),
  qbg("virtualPort.managerId", 11, 12, /managerid='12'/),
  qbg("virtualPort.typeId", 1193047, 1193048, /typeid='1193048'/),
  qbg("virtualPort.typeIdVersion", 2, 3, /typeidversion='3'/),
  qbg("virtualPort.instanceId", uuid(1), uuid(2), /instanceid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa42'/),
  qbh("virtualPort.profileId", "red", "blue", /profileid='blue'/),
  ovs("virtualPort.interfaceId", uuid(3), uuid(4), /interfaceid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa44'/),
  row("LibvirtNetwork", "virtualPort.type", "openvswitch", "802.1Qbh", /<virtualport type='802.1Qbh'/, {
    on: "parts-port",
    needs: { ...off, forward: { mode: "bridge" }, bridge: { name: "br-fate-ovs" } },
  }),
  each(keys, "portGroups", "name", { name: "one" }, { name: "two" }, /<portgroup name='two'/),
  group("d", {}, { default: true }, "default", /<portgroup name='d' default='yes'/),
  group("r", {}, { trustGuestRxFilters: true }, "trustGuestRxFilters", /name='r' trustGuestRxFilters='yes'/),
  group("v", { vlan: { tags: [{ id: 1 }] } }, { vlan: { tags: [{ id: 2 }] } }, "vlan.tags", /<tag id='2'/),
  group(
    "t",
    { vlan: { tags: [{ id: 3 }] } },
    { vlan: { tags: [{ id: 3 }], trunk: true } },
    "vlan.trunk",
    /<vlan trunk='yes'/,
  ),
  ...rates(inner, "portGroups[].", (value) => ({ portGroups: [{ name: "b", ...value }] })),
  ...[
    ["managerId", 11, 12],
    ["typeId", 21, 22],
    ["typeIdVersion", 31, 32],
    ["instanceId", uuid(5), uuid(6)],
  ].map(([field, a, b]) => {
    const port = (value: unknown): Args => ({ virtualPort: { type: "802.1Qbg", [String(field)]: value } });
    const shows = new RegExp(`${String(field).toLowerCase()}='${String(b)}'`);
    return group(`p-${String(field)}`, port(a), port(b), `virtualPort.${String(field)}`, shows);
  }),
  group(
    "p-type",
    { virtualPort: { type: "openvswitch" } },
    { virtualPort: { type: "802.1Qbh" } },
    "virtualPort.type",
    /name='p-type'>\s*<virtualport type='802.1Qbh'/,
  ),
  group(
    "p-profile",
    { virtualPort: { type: "802.1Qbh", profileId: "red" } },
    { virtualPort: { type: "802.1Qbh", profileId: "blue" } },
    "virtualPort.profileId",
    /profileid='blue'/,
  ),
  group(
    "p-if",
    { virtualPort: { type: "openvswitch", interfaceId: uuid(7) } },
    { virtualPort: { type: "openvswitch", interfaceId: uuid(8) } },
    "virtualPort.interfaceId",
    /interfaceid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa48'/,
  ),
  subnet(
    "parts-ip1",
    "tftpRoot",
    v4({ tftpRoot: "/srv/a" }),
    v4({ tftpRoot: "/srv/b" }),
    /<tftp root='\/srv\/b'/,
  ),
  subnet("parts-ip2", "localPtr", v4({}), v4({ localPtr: true }), /localPtr='yes'/),
  subnet("parts-ip3", "dhcp.bootp.file", served({ file: "a" }), served({ file: "b" }), /<bootp file='b'/),
  subnet(
    "parts-ip4",
    "dhcp.bootp.server",
    served({ file: "a" }),
    served({ file: "a", server: "10.212.0.9" }),
    /server='10.212.0.9'/,
  ),
  subnet(
    "parts-ip5",
    "dhcp.ranges[].leaseTime",
    v4({ dhcp: { ranges: [range(600)] } }),
    v4({ dhcp: { ranges: [range(1200)] } }),
    /<lease expiry='1200' unit='seconds'/,
  ),
  subnet(
    "parts-ip6",
    "dhcp.hosts[].leaseTime",
    v4({ dhcp: { hosts: [lease(600)] } }),
    v4({ dhcp: { hosts: [lease(1200)] } }),
    /<lease expiry='1200' unit='seconds'/,
  ),
  subnet(
    "parts-ip7",
    "dhcp.hosts[].id",
    { cidr: "fd00:d7::1/64", dhcp: { hosts: [fixed] } },
    { cidr: "fd00:d7::1/64", dhcp: { hosts: [{ ...fixed, id: "0:3:0:1:0:16:3e:11:22:33" }] } },
    /id='0:3:0:1:0:16:3e:11:22:33'/,
  ),
];
