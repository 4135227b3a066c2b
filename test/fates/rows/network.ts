import { row, type Args, type Row } from "../row";

const net = (...args: Parameters<typeof row> extends [unknown, ...infer Rest] ? Rest : never): Row =>
  row("LibvirtNetwork", ...args);

const subnet = (cidr: string, dhcp: object): object => ({ cidr, dhcp });
const ranges = [{ start: "10.201.1.10", end: "10.201.1.20" }];
const hosts = [{ mac: "52:54:00:00:10:01", ip: "10.201.1.5", name: "five" }];
const off = { active: false, autostart: false };
const natted = (subnets: string): Args => ({ ...off, ips: [{ cidr: subnets }] });

/** One subnet of a network of its own, before and after. */
function ips(field: string, a: object, b: object, shows: RegExp): Row {
  return {
    ...net("ips", [a], [b], shows, { on: field.replace(/\W+/g, "-"), needs: off }),
    field: `ips[].${field}`,
  };
}

export const rows: readonly Row[] = [
  net("host", undefined, "$other", /"test\+unix/, {
    where: async ({ outs }) => JSON.stringify((outs["host"] as { address?: string }).address),
    needs: off,
  }),
  net("name", "fates-net-a", "fates-net-b", /<name>fates-net-b</, { needs: off }),
  net("adopt", undefined, true, /./, { on: "adopt", needs: off }),
  net("forward.mode", "nat", "route", /<forward mode='route'/, {
    on: "mode",
    needs: natted("10.203.0.1/24"),
  }),
  net("forward.dev", ["lo"], ["dummy"], /dev='dummy'/, {
    on: "dev",
    needs: { ...natted("10.204.0.1/24"), forward: { mode: "nat" } },
  }),
  net("forward.natPorts.start", 1024, 2048, /<port start='2048' end='3000'/, {
    on: "ports",
    needs: { ...natted("10.205.0.1/24"), forward: { mode: "nat", natPorts: { end: 3000 } } },
  }),
  net("forward.natPorts.end", 3000, 4000, /<port start='1024' end='4000'/, {
    on: "ports2",
    needs: { ...natted("10.206.0.1/24"), forward: { mode: "nat", natPorts: { start: 1024 } } },
  }),
  net("bridge.name", "br-fate-a", "br-fate-b", /name='br-fate-b'/),
  net("bridge.stp", true, false, /stp='off'/),
  net("bridge.delay", 1, 2, /delay='2'/),
  net("mtu", 1500, 1400, /<mtu size='1400'/),
  net("domain", "one.test", "two.test", /<domain name='two.test'/),
  net("dns.enabled", true, false, /<dns enable='no'/, { on: "dns", needs: off }),
  net("autostart", true, false, /Autostart: +no/, { on: "flags" }),
  net("active", true, false, /Active: +no/, { on: "flags" }),
  ips("cidr", { cidr: "10.201.0.1/24" }, { cidr: "10.202.0.1/24" }, /address='10.202.0.1'/),
  ips(
    "dhcp.ranges[].start",
    subnet("10.201.1.1/24", { ranges }),
    subnet("10.201.1.1/24", { ranges: [{ start: "10.201.1.12", end: "10.201.1.20" }] }),
    /start='10.201.1.12'/,
  ),
  ips(
    "dhcp.ranges[].end",
    subnet("10.201.1.1/24", { ranges }),
    subnet("10.201.1.1/24", { ranges: [{ start: "10.201.1.10", end: "10.201.1.30" }] }),
    /end='10.201.1.30'/,
  ),
  ips(
    "dhcp.hosts[].mac",
    subnet("10.201.1.1/24", { hosts }),
    subnet("10.201.1.1/24", { hosts: [{ ...hosts[0], mac: "52:54:00:00:10:02" }] }),
    /52:54:00:00:10:02/,
  ),
  ips(
    "dhcp.hosts[].ip",
    subnet("10.201.1.1/24", { hosts }),
    subnet("10.201.1.1/24", { hosts: [{ ...hosts[0], ip: "10.201.1.6" }] }),
    /ip='10.201.1.6'/,
  ),
  ips(
    "dhcp.hosts[].name",
    subnet("10.201.1.1/24", { hosts }),
    subnet("10.201.1.1/24", { hosts: [{ ...hosts[0], name: "six" }] }),
    /name='six'/,
  ),
];
