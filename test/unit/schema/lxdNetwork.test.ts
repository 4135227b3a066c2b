import { describe, expect, test } from "@jest/globals";
import { complaints, passed, type Plain } from "./complaints";

const network = (input: Plain): string[] => complaints("LxdNetwork", input);

test("the network of the documentation passes and is filled in", () => {
  const input = {
    ipv4: { address: "10.20.0.1/24", nat: true, ranges: [{ start: "10.20.0.10", end: "10.20.0.200" }] },
    ipv6: { address: "none" },
  };
  expect(passed("LxdNetwork", input)).toMatchObject({ ...input, type: "bridge" });
  // An empty list is none, and keys are texts.
  expect(passed("LxdNetwork", { acls: [], config: { "bgp.peers.a.asn": 65000 } })).toEqual(
    expect.objectContaining({ config: { "bgp.peers.a.asn": "65000" } }),
  );
});

describe("addresses", () => {
  test.each<[Plain, string[]]>([
    [
      { ipv4: { address: "10.1.0.0/24" } },
      ["ipv4.address: is the subnet itself: give the host's own address in it, such as the first one"],
    ],
    [{ ipv4: { address: "fd42::1/64" } }, ["ipv4.address: is no address of IPv4"]],
    [{ ipv6: { address: "10.1.0.1/24" } }, ["ipv6.address: is no address of IPv6"]],
    [{ ipv6: { address: "fd42::1/64", routes: ["10.0.0.0/8"] } }, ["ipv6.routes.0: is not a subnet of IPv6"]],
    [
      { ipv4: { address: "10.1.0.1/24", ranges: [{ start: "10.1.0.9", end: "10.1.1.5" }] } },
      ["ipv4.ranges.0.end: 10.1.1.5 is outside of 10.1.0.1/24"],
    ],
    [
      { ipv4: { address: "10.1.0.1/24", ranges: [{ start: "10.1.0.9", end: "10.1.0.5" }] } },
      ["ipv4.ranges.0: start must not be above end"],
    ],
    [
      {
        ipv4: {
          address: "10.1.0.1/24",
          ranges: [
            { start: "10.1.0.5", end: "10.1.0.9" },
            { start: "10.1.0.9", end: "10.1.0.20" },
          ],
        },
      },
      ["ipv4.ranges.1: overlaps ranges[0]"],
    ],
    [
      { ipv4: { address: "none", ranges: [{ start: "10.1.0.5", end: "10.1.0.9" }] } },
      ["ipv4.ranges: need an address of the network's own"],
    ],
    [{ ipv4: { leaseTime: "1m" } }, ["ipv4.leaseTime: must be whole seconds, at least 2m"]],
  ])("%j", (input, expected) => {
    expect(network(input)).toEqual(expected);
  });

  test("what LXD calls auto is to be left out", () => {
    expect(network({ ipv4: { address: "auto" } })).toHaveLength(1);
    expect(network({ ipv4: {} })).toEqual([]);
  });
});

describe("types", () => {
  test.each<[Plain, string[]]>([
    [{ type: "macvlan", parent: "eno1", vlan: 5, mtu: 9000, gvrp: true }, []],
    [{ type: "sriov", parent: "eno1" }, []],
    [{ type: "physical", parent: "eno1", ipv4: { gateway: "10.0.0.1/24", ovnRanges: [] } }, []],
    [{ type: "ovn", uplink: "none", ipv4: { address: "10.3.0.1/24" } }, []],
    [{ type: "macvlan" }, ['parent: is required for a network of type "macvlan"']],
    [{ type: "ovn" }, ['uplink: is required for a network of type "ovn"']],
    [
      { type: "sriov", parent: "eno1", gvrp: true },
      ['gvrp: is nothing that a network of type "sriov" knows; it is for macvlan, physical'],
    ],
    [
      { type: "macvlan", parent: "eno1", ipv4: { address: "10.0.0.1/24", nat: true } },
      [
        'ipv4.address: is nothing that a network of type "macvlan" knows; it is for bridge, ovn',
        'ipv4.nat: is nothing that a network of type "macvlan" knows; it is for bridge, ovn',
      ],
    ],
    [
      { parent: "eno1" },
      ['parent: is nothing that a network of type "bridge" knows; it is for macvlan, sriov, physical'],
    ],
  ])("%j", (input, expected) => {
    expect(network(input)).toEqual(expected);
  });
});

test("names that are no device's, and keys that have a field or are the server's", () => {
  const device = "name: must be 2 to 15 letters, digits, dots, - or _: a bridge is a device of the host";
  expect(network({ name: "longer-than-fifteen" })).toEqual([device]);
  expect(network({ name: "with space" })).toEqual([device]);
  expect(network({ name: "longer-than-fifteen", type: "macvlan", parent: "eno1" })).toEqual([]);
  expect(
    network({ config: { "ipv4.nat": true, "volatile.x": 1, "user.vmhost.owner": "me", "user.x": "y" } }),
  ).toEqual([
    'config.ipv4.nat: "ipv4.nat" is set by the field `ipv4.nat`',
    'config.volatile.x: "volatile.x" is not for programs to set',
    'config.user.vmhost.owner: "user.vmhost.owner" is not for programs to set',
  ]);
});
