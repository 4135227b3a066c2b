import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { complaints, passed, type Plain } from "./complaints";

const network = (input: Plain): string[] => complaints("LibvirtNetwork", input);
const dhcp = (given: Plain, cidr = "172.16.99.1/24"): string[] => network({ ips: [{ cidr, dhcp: given }] });

test("the network of the documentation passes and is filled in", () => {
  const input = {
    name: "maas",
    forward: { mode: "nat", natPorts: { start: 1024, end: 65535 } },
    bridge: { name: "virbr1", stp: false, delay: 0 },
    domain: "testnet",
    dns: { enabled: false },
    ips: [{ cidr: "172.16.99.1/24", dhcp: { ranges: [{ start: "172.16.99.10", end: "172.16.99.200" }] } }],
  };
  expect(passed("LibvirtNetwork", input)).toMatchObject({ ...input, autostart: true, active: true });
  expect(passed("LibvirtNetwork", { dns: {} })).toMatchObject({ ips: [], dns: { enabled: true } });
});

describe("forwarding", () => {
  const ips = [{ cidr: "10.0.0.1/24" }];
  test.each<[Plain, string[]]>([
    [
      { forward: { mode: "bridge" } },
      ['forward.dev: or `bridge.name` is required with forward mode "bridge"'],
    ],
    [{ forward: { mode: "bridge" }, bridge: { name: "br0" } }, []],
    [{ forward: { mode: "bridge", dev: ["eno1"] } }, []],
    [
      { forward: { mode: "vepa", dev: ["eno1"] }, ips },
      ['ips: cannot be given with forward mode "vepa": the network behind the device has its own addresses'],
    ],
    [{ forward: { mode: "none" }, ips }, []],
    [
      { forward: { mode: "passthru" } },
      [
        'forward.mode: must be "nat", "route", "open", "none", "bridge", "private", "vepa", "passthrough" or "hostdev"',
      ],
    ],
    [{ forward: {} }, ["forward.mode: is required"]],
    [
      { forward: { mode: "route", natPorts: { start: 1, end: 2 } }, ips },
      ['forward.natPorts: needs forward mode "nat"'],
    ],
    [
      { forward: { mode: "nat", natPorts: { start: 2, end: 1 } }, ips },
      ["forward.natPorts: start must not be above end"],
    ],
    [
      { forward: { mode: "nat", natPorts: { start: 0, end: 65536 } }, ips },
      ["forward.natPorts.start: must be at least 1", "forward.natPorts.end: must be at most 65535"],
    ],
    [
      { forward: { mode: "nat", dev: ["no such device!"] } },
      [
        "forward.dev.0: must be the name of a host's network device: 1 to 15 characters without spaces, / or :",
      ],
    ],
  ])("%j", (input, expected) => {
    expect(network(input)).toEqual(expected);
  });
});

describe("subnets", () => {
  test.each<[string[], string[]]>([
    [["10.0.0.1/24", "10.0.1.1/24", "fd00::1/64"], []],
    [["10.0.0.1/24", "10.0.0.200/25"], ["ips.1.cidr: overlaps ips[0] (10.0.0.1/24)"]],
    [
      ["10.0.0.0/24", "fd00::/64", "10.1.0.0/31"],
      ["ips.0.cidr: ", "ips.1.cidr: "].map(
        (at) => `${at}is the subnet itself: give the host's own address in it, such as the first one`,
      ),
    ],
    [["10.0.1.1/24", "10.0.0.1/16"], ["ips.1.cidr: overlaps ips[0] (10.0.1.1/24)"]],
    [
      ["10.0.0.1/24", "10.0.0"],
      ['ips.1.cidr: is no address with prefix length; write it as "172.16.99.1/24"'],
    ],
    [
      ["10.0.0", "10.0.1.1/24", "10.0.1.2/24"],
      [
        'ips.0.cidr: is no address with prefix length; write it as "172.16.99.1/24"',
        "ips.2.cidr: overlaps ips[1] (10.0.1.1/24)",
      ],
    ],
  ])("%j", (cidrs, expected) => {
    expect(network({ ips: cidrs.map((cidr) => ({ cidr })) })).toEqual(expected);
  });
});

describe("DHCP", () => {
  const range = (start: string, end: string): Plain => ({ ranges: [{ start, end }] });
  test.each<[Plain, string[]]>([
    [range("172.16.99.10", "172.16.99.200"), []],
    [range("172.16.99.10", "172.16.99.10"), []],
    [range("172.16.99.20", "172.16.99.10"), ["ips.0.dhcp.ranges.0: start must not be above end"]],
    [range("172.16.99.9", "172.16.99.10"), []],
    [
      range("172.16.98.10", "172.16.99.20"),
      ["ips.0.dhcp.ranges.0.start: 172.16.98.10 is outside of 172.16.99.1/24"],
    ],
    [range("172.16.99.10", "fd00::1"), ["ips.0.dhcp.ranges.0.end: fd00::1 is outside of 172.16.99.1/24"]],
    [
      {
        ranges: [
          { start: "172.16.99.10", end: "none" },
          { start: "172.16.99.20", end: "172.16.99.11" },
        ],
      },
      ["ips.0.dhcp.ranges.0.end: is no IP address", "ips.0.dhcp.ranges.1: start must not be above end"],
    ],
    [
      {
        hosts: [
          { ip: "172.16.99.5", mac: "52:54:00:00:00:01" },
          { ip: "172.16.99.6", mac: "52:54:00:00:00:02" },
        ],
      },
      [],
    ],
    [
      { hosts: [{ ip: "172.16.98.5", name: "a" }] },
      ["ips.0.dhcp.hosts.0.ip: 172.16.98.5 is outside of 172.16.99.1/24"],
    ],
    [
      {
        hosts: [
          { ip: "172.16.99.5", name: "a" },
          { ip: "172.16.99.5", name: "b" },
        ],
      },
      ["ips.0.dhcp.hosts.1: 172.16.99.5 is given twice (also in hosts[0])"],
    ],
    [
      {
        hosts: [
          { ip: "172.16.99.5", mac: "52:54:00:00:00:0A" },
          { ip: "172.16.99.6", mac: "52-54-00-00-00-0a" },
        ],
      },
      ["ips.0.dhcp.hosts.1: 52:54:00:00:00:0a is given twice (also in hosts[0])"],
    ],
    [
      { hosts: [{ ip: "172.16.99.1", mac: "52:54:00:00:00:01" }, { ip: "172.16.99.2" }] },
      [
        "ips.0.dhcp.hosts.0.ip: 172.16.99.1 is the host's own address on the network",
        "ips.0.dhcp.hosts.1: needs `mac` or `name`",
      ],
    ],
    [
      {
        ranges: [
          { start: "172.16.99.10", end: "172.16.99.20", leaseTime: "90s" },
          { start: "172.16.99.20", end: "172.16.99.30", leaseTime: "12h" },
        ],
      },
      [
        "ips.0.dhcp.ranges.0.leaseTime: must be whole seconds, at least 2m; 0 is for ever",
        "ips.0.dhcp.ranges.1: overlaps ranges[0]",
      ],
    ],
  ])("%j", (given, expected) => {
    expect(dhcp(given)).toEqual(expected);
  });

  test("of IPv6 knows the order of its addresses", () => {
    expect(dhcp(range("fd00::a", "fd00::10"), "fd00::1/64")).toEqual([]);
    expect(dhcp(range("fd00::10", "fd00::a"), "fd00::1/64")).toEqual([
      "ips.0.dhcp.ranges.0: start must not be above end",
    ]);
  });
});

describe("what hangs together", () => {
  const ips = [{ cidr: "10.0.0.1/24" }];
  test.each<[Record<string, unknown>, string[]]>([
    [
      { forward: { mode: "hostdev" } },
      ['forward: needs either `physicalFunction` or `addresses` with mode "hostdev"'],
    ],
    [{ forward: { mode: "hostdev", addresses: ["06:10.1"] }, vlan: { tags: [{ id: 42 }] } }, []],
    [
      { forward: { mode: "nat", addresses: ["06:10.1"], managed: true, physicalFunction: "eth0" } },
      [
        'forward.addresses: needs forward mode "hostdev"',
        'forward.managed: needs forward mode "hostdev"',
        'forward.physicalFunction: needs forward mode "hostdev" or a macvtap mode',
      ],
    ],
    [
      { forward: { mode: "route", natIpv6: true, natAddress: { start: "192.0.2.9", end: "192.0.2.1" } } },
      [
        'forward.natAddress: needs forward mode "nat"',
        'forward.natIpv6: needs forward mode "nat"',
        "forward.natAddress: start must not be above end",
      ],
    ],
    [
      {
        forward: { mode: "private", dev: ["eth0"] },
        mtu: 1400,
        dns: {},
        bandwidth: { inbound: { average: 1 } },
      },
      ["mtu", "dns", "bandwidth"].map(
        (key) => `${key}: needs a bridge of libvirt's own, which forward mode "private" has not`,
      ),
    ],
    [{ localOnly: true }, ["localOnly: needs `domain`"]],
    [
      { ips, routes: [{ cidr: "10.9.0.5/16", gateway: "10.0.1.9" }] },
      [
        "routes.0.cidr: is not the start of its subnet, 10.9.0.0/16",
        "routes.0.gateway: 10.0.1.9 is in no subnet of the network",
      ],
    ],
    [{ ips, routes: [{ cidr: "10.9.0.0/16", gateway: "10.0.0.9" }] }, []],
    [
      {
        portGroups: [
          { name: "a", default: true },
          { name: "a", default: true },
        ],
      },
      [
        "portGroups.1.default: only one port group can be the default",
        'portGroups.1.name: "a" is given twice',
      ],
    ],
    [{ dns: { enabled: false, txt: [{ name: "a", value: "b" }] } }, ["dns.txt: needs `enabled: true`"]],
    [{ dns: { forwarders: [{}] } }, ["dns.forwarders.0: needs `address`, `domain` or both"]],
    [
      { virtualPort: { type: "802.1Qbh", interfaceId: "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f" } },
      ['virtualPort.interfaceId: means nothing for type "802.1Qbh"'],
    ],
    [
      { vlan: { trunk: false, tags: [{ id: 1 }, { id: 2 }] } },
      ["vlan.trunk: must not be false with several `tags`"],
    ],
    [
      {
        ips: [
          {
            cidr: "fd00::1/64",
            tftpRoot: "/srv",
            dhcp: { bootp: { file: "x" }, hosts: [{ ip: "fd00::2" }] },
          },
        ],
      },
      [
        "ips.0.dhcp.bootp: needs an IPv4 subnet",
        "ips.0.dhcp.hosts.0: needs `id` or `name`",
        "ips.0.tftpRoot: needs an IPv4 subnet",
      ],
    ],
  ])("%j", (input, expected) => {
    expect(network(input)).toEqual(expected);
  });
});

test("whatever addresses a program gives, the gate answers in words and never breaks", () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.ipV4Extended(), fc.string(), fc.constant(undefined));
  const bits = fc.integer({ min: -1, max: 130 });
  const ip = fc.record({
    cidr: fc.oneof(
      fc.tuple(address, bits).map(([host, length]) => `${host}/${length}`),
      fc.string(),
    ),
    dhcp: fc.record({
      ranges: fc.array(fc.record({ start: address, end: address })),
      hosts: fc.array(fc.record({ ip: address, mac: fc.string() })),
    }),
  });
  fc.assert(
    fc.property(fc.array(ip, { maxLength: 3 }), (ips) => {
      for (const complaint of network({ ips })) expect(complaint).toMatch(/^[a-z0-9.]*: ./i);
    }),
    { numRuns: 500 },
  );
});
