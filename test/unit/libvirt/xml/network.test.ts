import { describe, expect, test } from "@jest/globals";
import { hasDhcp, networkXml, readMark, readNetwork } from "../../../../provider/libvirt/xml/network";
import {
  attribute,
  childrenOf,
  find,
  formatXml,
  parseXml,
  textOf,
  type XmlElement,
} from "../../../../provider/libvirt/xml/tree";
import { objectOf } from "../../../../provider/schema/table/gate";
import {
  libvirtNetworkFields,
  libvirtNetworkRules,
  type LibvirtNetworkSpec,
} from "../../../../provider/schema/libvirtNetwork";

const OWNER = "project/stack/LibvirtNetwork/lan";
const gate = objectOf(libvirtNetworkFields, libvirtNetworkRules);
const specOf = (input: object = {}): LibvirtNetworkSpec & { name: string } =>
  gate.parse({ host: { address: "qemu:///system" }, owner: OWNER, name: "lan", ...input }) as never;
const fresh = (input: object = {}): XmlElement => networkXml(specOf(input), OWNER, undefined, "the-uuid");
const changed = (current: string, input: object = {}): XmlElement =>
  networkXml(specOf(input), OWNER, parseXml(current));
/** Without what is undefined. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** As libvirt 9 writes a network that somebody has made with care. */
const byHand = `<network connections='2' xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'>
  <name>lan</name>
  <uuid>937ea55f-466a-4f1f-bd04-70f81fc99bfd</uuid>
  <metadata><other:note xmlns:other='urn:other'>ours</other:note></metadata>
  <forward mode='nat'>
    <nat ipv6='yes'><address start='192.0.2.1' end='192.0.2.2'/><port start='5000' end='6000'/></nat>
  </forward>
  <bridge name='hb0' stp='on' delay='0' zone='trusted' macTableManager='libvirt'/>
  <mac address='52:54:00:54:c9:26'/>
  <domain name='lan.test' localOnly='yes'/>
  <dns><host ip='10.9.7.5'><hostname>five</hostname></host></dns>
  <ip address='10.9.7.1' netmask='255.255.255.0' localPtr='yes'>
    <tftp root='/srv/tftp'/>
    <dhcp>
      <range start='10.9.7.10' end='10.9.7.20'><lease expiry='60' unit='minutes'/></range>
      <host mac='52:54:00:00:00:AB' ip='10.9.7.5'><lease expiry='0'/></host>
      <bootp file='pxe.0'/>
    </dhcp>
  </ip>
  <route address='10.99.0.0' prefix='16' gateway='10.9.7.9'/>
  <dnsmasq:options><dnsmasq:option value='log-queries'/></dnsmasq:options>
</network>`;
const subnet = {
  cidr: "10.9.7.1/24",
  dhcp: {
    ranges: [{ start: "10.9.7.10", end: "10.9.7.20" }],
    hosts: [{ mac: "52:54:00:00:00:ab", ip: "10.9.7.5" }],
  },
};
const asIs = {
  forward: { mode: "nat", natPorts: { start: 5000, end: 6000 } },
  bridge: { name: "hb0", stp: true, delay: 0 },
  domain: "lan.test",
  ips: [subnet],
};

const fullSubnet = {
  ...subnet,
  tftpRoot: "/srv/tftp",
  localPtr: true,
  dhcp: {
    ranges: [{ start: "10.9.7.10", end: "10.9.7.20", leaseTime: 3600 }],
    hosts: [{ mac: "52:54:00:00:00:ab", ip: "10.9.7.5", leaseTime: 0 }],
    bootp: { file: "pxe.0", server: "10.9.7.8" },
  },
};
const switching = {
  bandwidth: { inbound: { average: 1000, peak: 5000, burst: 5120 }, outbound: { average: 128 } },
  vlan: { tags: [{ id: 42 }, { id: 47, nativeMode: "untagged" }] },
  virtualPort: { type: "openvswitch", interfaceId: "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f" },
};
const rich = {
  forward: { mode: "nat", natIpv6: true, natAddress: { start: "192.0.2.1", end: "192.0.2.2" } },
  domain: "lan.test",
  localOnly: true,
  dns: {
    forwardPlainNames: false,
    forwarders: [{ address: "192.0.2.53" }, { domain: "inner.test" }],
    hosts: [{ ip: "10.9.7.5", names: ["five", "fünf"] }],
    txt: [{ name: "note", value: "a, b & <c>" }],
    srv: [
      {
        service: "ldap",
        protocol: "tcp",
        domain: "lan.test",
        target: "five",
        port: 389,
        priority: 1,
        weight: 2,
      },
    ],
  },
  ips: [subnet],
  routes: [
    { cidr: "10.99.0.0/16", gateway: "10.9.7.9", metric: 2 },
    { cidr: "10.98.0.0/24", gateway: "10.9.7.9" },
  ],
  portGroups: [{ name: "fast", default: true, trustGuestRxFilters: true, ...switching }, { name: "slow" }],
  ...switching,
  guestIpv6: true,
  trustGuestRxFilters: true,
  isolatedPorts: true,
  dnsmasqOptions: ["log-queries", "cname=a,b"],
};

describe("a new network", () => {
  test("is the one of MAAS' guide, element by element", () => {
    const maas = fresh({
      name: "maas",
      forward: { mode: "nat", natPorts: { start: 1024, end: 65535 } },
      bridge: { name: "virbr1", stp: false, delay: 0 },
      domain: "testnet",
      dns: { enabled: false },
      ips: [{ cidr: "172.16.99.1/24" }],
    });
    expect(formatXml(maas)).toBe(
      `<network><name>maas</name><uuid>the-uuid</uuid>` +
        `<metadata><vmhost:owner xmlns:vmhost="urn:pulumi-vmhost:1" resource="${OWNER}"/></metadata>` +
        `<bridge name="virbr1" stp="off" delay="0"/>` +
        `<forward mode="nat"><nat><port start="1024" end="65535"/></nat></forward>` +
        `<domain name="testnet"/><dns enable="no"/><ip address="172.16.99.1" prefix="24"/></network>`,
    );
    expect(hasDhcp(maas)).toBe(false);
  });

  test("is isolated, and its bridge libvirt's choice, when nothing is said", () => {
    expect(childrenOf(fresh()).map(({ name }) => name)).toEqual(["name", "uuid", "metadata"]);
    expect(find(fresh({ forward: { mode: "none" } }), "forward")).toBeUndefined();
  });

  test.each(["bridge", "private", "vepa", "passthrough"])("over host devices, mode %s", (mode) => {
    const network = fresh({ forward: { mode, dev: ["eth0", "eth1"] } });
    expect(formatXml(find(network, "forward") ?? "")).toBe(
      `<forward mode="${mode}" dev="eth0"><interface dev="eth0"/><interface dev="eth1"/></forward>`,
    );
    expect(find(network, "bridge")).toBeUndefined();
  });

  test("on a bridge of the host has that bridge's name and nothing to configure it by", () => {
    const network = fresh({ forward: { mode: "bridge" }, bridge: { name: "br0", stp: false, delay: 3 } });
    expect(find(network, "bridge")?.attributes).toEqual({ name: "br0" });
  });

  test.each<[string, object]>([
    ["everything", { ...asIs, mtu: 1400, dns: { enabled: false } }],
    ["nothing", {}],
    ["routed", { forward: { mode: "route", dev: ["eth0"] }, ips: [{ cidr: "10.0.0.1/30" }] }],
    ["open", { forward: { mode: "open" }, ips: [{ cidr: "10.0.0.1/8" }] }],
    [
      "two families",
      {
        ips: [
          subnet,
          { cidr: "fd00:7::1/64", dhcp: { ranges: [{ start: "fd00:7::10", end: "fd00:7::20" }], hosts: [] } },
        ],
      },
    ],
    [
      "all there is of DHCP",
      { ips: [fullSubnet, { cidr: "fd00:7::1/64", dhcp: { hosts: [{ ip: "fd00:7::5", id: "0:1:2" }] } }] },
    ],
    ["all there is beside it", rich],
    [
      "functions of the host",
      {
        forward: { mode: "hostdev", managed: true, addresses: ["0000:06:10.1"] },
        vlan: { tags: [{ id: 42 }] },
      },
    ],
    ["odd texts", { name: `it's <"lan"> & größer` }],
  ])("reads back as it was asked for: %s", (_, input) => {
    const {
      host: _host,
      owner: _owner,
      autostart: _autostart,
      active: _active,
      forward,
      dns,
      ...others
    } = specOf(input);
    const wanted = {
      ...others,
      forward: forward ?? { mode: "none" },
      dns: { enabled: true, ...dns },
    };
    expect(plain(readNetwork(parseXml(formatXml(networkXml(specOf(input), OWNER)))))).toEqual(plain(wanted));
  });
});

describe("what a host tells", () => {
  test("netmasks and letters of a MAC address are told as programs write them", () => {
    const [ip] = readNetwork(parseXml(byHand)).ips ?? [];
    expect(ip).toMatchObject(subnet);
    expect(plain(ip)).toMatchObject({
      tftpRoot: "/srv/tftp",
      localPtr: true,
      dhcp: { ranges: [{ leaseTime: 3600 }], hosts: [{ leaseTime: 0 }], bootp: { file: "pxe.0" } },
    });
    expect(hasDhcp(parseXml(byHand))).toBe(true);
    expect(readMark(parseXml(byHand))).toBeUndefined();
  });

  test("libvirt's defaults for what an <ip> does not say", () => {
    const of = (ip: string) => readNetwork(parseXml(`<network>${ip}</network>`)).ips?.[0]?.cidr;
    expect(of("<ip address='10.0.0.1' netmask='255.255.255.252'/>")).toBe("10.0.0.1/30");
    expect(of("<ip family='ipv6' address='fd00::1'/>")).toBe("fd00::1/64");
    expect(readNetwork(parseXml("<network><forward/></network>")).forward?.mode).toBe("nat");
  });
});

describe("a change", () => {
  test("that changes nothing writes the owner and keeps everything else", () => {
    const network = changed(byHand, asIs);
    expect(readMark(network)?.owner).toBe(OWNER);
    const owner = childrenOf(find(network, "metadata")).find(({ name }) => name === "vmhost:owner");
    const metadata = find(network, "metadata");
    if (metadata !== undefined) metadata.children = metadata.children.filter((child) => child !== owner);
    const sorted = (tree: XmlElement) => childrenOf(tree).map(formatXml).sort();
    expect(sorted(network)).toEqual(sorted(parseXml(byHand)));
  });

  test("of the range keeps boot files, lease times and hosts that stay", () => {
    const network = changed(byHand, {
      ...asIs,
      ips: [
        {
          ...subnet,
          dhcp: {
            ranges: [...subnet.dhcp.ranges, { start: "10.9.7.30", end: "10.9.7.40" }],
            hosts: [...subnet.dhcp.hosts, { ip: "10.9.7.6", name: "six" }],
          },
        },
      ],
    });
    expect(formatXml(find(network, "ip") ?? "")).toBe(
      `<ip address="10.9.7.1" netmask="255.255.255.0" localPtr="yes"><tftp root="/srv/tftp"/><dhcp>` +
        `<range start="10.9.7.10" end="10.9.7.20"><lease expiry="60" unit="minutes"/></range>` +
        `<range start="10.9.7.30" end="10.9.7.40"/>` +
        `<host mac="52:54:00:00:00:AB" ip="10.9.7.5"><lease expiry="0"/></host>` +
        `<host name="six" ip="10.9.7.6"/><bootp file="pxe.0"/></dhcp></ip>`,
    );
  });

  test("takes DHCP off a subnet, and the subnet's prefix along", () => {
    const network = changed(byHand, { ...asIs, ips: [{ cidr: "10.9.7.1/25" }] });
    expect(formatXml(find(network, "ip") ?? "")).toBe(
      `<ip address="10.9.7.1" localPtr="yes" prefix="25"><tftp root="/srv/tftp"/></ip>`,
    );
  });

  test("of the subnet's address leaves nothing of the old subnet", () => {
    const network = changed(byHand, { ...asIs, ips: [{ cidr: "10.10.7.1/24" }] });
    expect(childrenOf(network, "ip").map(formatXml)).toEqual([`<ip address="10.10.7.1" prefix="24"/>`]);
  });

  test("of NAT's ports keeps its addresses; without ports they go", () => {
    const ports = changed(byHand, { ...asIs, forward: { mode: "nat", natPorts: { start: 1, end: 2 } } });
    expect(formatXml(find(ports, "forward") ?? "")).toBe(
      `<forward mode="nat"><nat ipv6="yes"><address start="192.0.2.1" end="192.0.2.2"/><port start="1" end="2"/></nat></forward>`,
    );
    const none = changed(byHand, { ...asIs, forward: { mode: "nat" } });
    expect(find(none, "forward", "nat", "port")).toBeUndefined();
    expect(find(none, "forward", "nat", "address")).toBeDefined();
    const bare = changed(
      "<network><forward mode='nat'><nat><port start='1' end='2'/></nat></forward></network>",
      { forward: { mode: "nat" } },
    );
    expect(formatXml(find(bare, "forward") ?? "")).toBe(`<forward mode="nat"/>`);
  });

  test("takes away what the program has said and says no more, and nothing else", () => {
    const ours = changed(byHand, {
      ...asIs,
      ...rich,
      bridge: asIs.bridge,
      ips: [{ ...fullSubnet, dhcp: { ...fullSubnet.dhcp, bootp: { file: "ours" } } }],
    });
    const back = changed(formatXml(ours), asIs);
    expect(formatXml(back)).not.toMatch(
      /192\.0\.2|forwarder|<txt|<srv|<bandwidth|vlan|virtualport|portgroup|isolated|<route|bootp|lease|tftp/,
    );
    const untouched = changed(formatXml(changed(byHand, asIs)), asIs);
    for (const theirs of ["five", 'gateway="10.9.7.9"', "pxe.0", "log-queries", "localPtr", 'unit="minutes"'])
      expect(formatXml(untouched)).toContain(theirs);
  });

  test("of nothing but the order of records is none", () => {
    const first = fresh(rich);
    const other = changed(formatXml(first), { ...rich, routes: [...rich.routes].reverse() });
    expect(childrenOf(other, "route").map(formatXml)).toEqual(childrenOf(first, "route").map(formatXml));
  });

  test("of the mode starts the element anew", () => {
    const network = changed(byHand, { ...asIs, forward: { mode: "route" } });
    expect(formatXml(find(network, "forward") ?? "")).toBe(`<forward mode="route"/>`);
    expect(find(changed(byHand, { ...asIs, forward: undefined }), "forward")).toBeUndefined();
  });

  test("to a host's bridge drops what libvirt refuses there, and the old bridge's name on the way back", () => {
    const direct = changed(byHand, { forward: { mode: "bridge" }, bridge: { name: "br0" } });
    expect(find(direct, "bridge")?.attributes).toEqual({ name: "br0" });
    expect(["mac", "ip", "domain"].map((name) => find(direct, name))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const back = changed(formatXml(direct), { forward: { mode: "nat" }, ips: [subnet] });
    expect(find(back, "bridge")).toBeUndefined();
    const devices = changed(byHand, { forward: { mode: "private", dev: ["eth0"] } });
    expect(find(devices, "bridge")).toBeUndefined();
  });

  test("keeps the bridge's name that libvirt chose, and what else is said of it", () => {
    const network = changed(byHand, { ...asIs, bridge: { stp: false } });
    expect(find(network, "bridge")?.attributes).toEqual({
      name: "hb0",
      stp: "off",
      delay: "0",
      zone: "trusted",
      macTableManager: "libvirt",
    });
    expect(attribute(find(network, "mac"), "address")).toBe("52:54:00:54:c9:26");
  });

  test("switches DNS off and on again", () => {
    const off = changed(byHand, { ...asIs, dns: { enabled: false } });
    expect(formatXml(find(off, "dns") ?? "")).toBe(`<dns enable="no"/>`);
    expect(find(changed(formatXml(off), asIs), "dns")).toBeUndefined();
  });

  test("keeps name, UUID and other people's metadata, and forgets who is connected", () => {
    const network = changed(byHand, asIs);
    expect(textOf(find(network, "uuid"))).toBe("937ea55f-466a-4f1f-bd04-70f81fc99bfd");
    expect(textOf(find(network, "metadata", "other:note"))).toBe("ours");
    expect(attribute(network, "connections")).toBeUndefined();
    expect(attribute(find(network, "domain"), "localOnly")).toBe("yes");
  });
});
