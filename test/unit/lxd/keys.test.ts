import { describe, expect, test } from "@jest/globals";
import { mergeKeys, readKeys, writeKeys } from "../../../provider/lxd/keys";
import { usersIn } from "../../../provider/lxd/usedBy";
import { lxdNetworkFields } from "../../../provider/schema/lxdNetwork";
import { lxdNetworkKeys } from "../../../provider/schema/network/lxdNetworkKeys";
import { lxdProjectFields } from "../../../provider/schema/lxdProject";
import { lxdProjectKeys } from "../../../provider/schema/lxdProjectKeys";
import type { Fields } from "../../../provider/schema/table/field";

/** As LXD 5.0 has answered for a network that was made with these keys. */
const RECORDED = {
  "bridge.mtu": "1400",
  "dns.domain": "x.test",
  "dns.mode": "dynamic",
  "dns.search": "a.test,b.test",
  "ipv4.address": "10.9.4.1/24",
  "ipv4.dhcp.expiry": "3600",
  "ipv4.dhcp.ranges": "10.9.4.10-10.9.4.20,10.9.4.30-10.9.4.40",
  "ipv4.nat": "false",
  "ipv4.routes": "10.10.0.0/24",
  "ipv6.address": "fd42:1::1/64",
  "ipv6.nat": "true",
  "raw.dnsmasq": "log-queries",
  "security.acls": "web",
};

describe("LXD's keys and the table's fields", () => {
  test("a recorded configuration, both ways", () => {
    const spec = readKeys(lxdNetworkKeys, RECORDED, "bridge");
    expect(spec).toMatchObject({
      mtu: 1400,
      dns: { domain: "x.test", mode: "dynamic", search: ["a.test", "b.test"] },
      ipv4: {
        address: "10.9.4.1/24",
        leaseTime: 3600,
        nat: false,
        ranges: [
          { start: "10.9.4.10", end: "10.9.4.20" },
          { start: "10.9.4.30", end: "10.9.4.40" },
        ],
        routes: ["10.10.0.0/24"],
      },
      ipv6: { address: "fd42:1::1/64", nat: true },
      acls: ["web"],
      dnsmasq: "log-queries",
    });
    expect(writeKeys(lxdNetworkKeys, spec, "bridge")).toEqual(RECORDED);
  });

  test("lease times and truths in LXD's other spellings", () => {
    const told = (config: Record<string, string>): unknown =>
      readKeys(lxdNetworkKeys, config, "bridge")["ipv4"];
    expect(told({ "ipv4.dhcp.expiry": "12h", "ipv4.dhcp": "yes" })).toMatchObject({
      leaseTime: 43_200,
      dhcp: true,
    });
    expect(told({ "ipv4.dhcp.expiry": "45m", "ipv4.dhcp": "0" })).toMatchObject({
      leaseTime: 2700,
      dhcp: false,
    });
  });

  test("the same field is another key for another type", () => {
    expect(writeKeys(lxdNetworkKeys, { mtu: 9000, parent: "eno1" }, "macvlan")).toEqual({
      mtu: "9000",
      parent: "eno1",
    });
    expect(readKeys(lxdNetworkKeys, { mtu: "9000" }, "macvlan")).toMatchObject({ mtu: 9000 });
  });

  test.each([
    ["LxdNetwork", lxdNetworkFields, lxdNetworkKeys, ["type", "members"]],
    ["LxdProject", lxdProjectFields, lxdProjectKeys, []],
  ])("every field of %s that is a key has one, and no key leads nowhere", (_kind, fields, keys, own) => {
    const leaves = (fields: Fields, before = ""): string[] =>
      Object.entries(fields).flatMap(([name, field]) =>
        field.fields === undefined ? [before + name] : leaves(field.fields, `${before}${name}.`),
      );
    const others = ["host", "owner", "name", "adopt", "description", "config", ...own];
    const table = leaves(fields).filter((path) => !others.includes(path));
    expect([...new Set(keys.map(({ path }) => path))].sort()).toEqual(table.sort());
  });
});

describe("whose a key is", () => {
  const first = mergeKeys({ "user.theirs": "1" }, { "ipv4.nat": "true", "user.a": "x" }, "me");

  test("what the program sets is noted, and goes when the program drops it; others' and the server's stay", () => {
    expect(first).toMatchObject({ "user.theirs": "1", "ipv4.nat": "true", "user.vmhost.owner": "me" });
    const now = { ...first, "volatile.network.ipv4.address": "10.0.0.2", "ipv6.nat": "true" };
    const next = mergeKeys(now, { "user.a": "y" }, "me");
    expect(next).toMatchObject({ "user.theirs": "1", "ipv6.nat": "true", "user.a": "y" });
    expect(next).toHaveProperty(["volatile.network.ipv4.address"]);
    expect(next).not.toHaveProperty(["ipv4.nat"]);
    expect(mergeKeys(first, {}, "me", ["ipv4.nat"])).toHaveProperty(["ipv4.nat"]);
  });

  test("raw keys of the program are told, those of others are not; absent ones are", () => {
    const seen: Record<string, string> = { ...first, "bgp.peers.a.asn": "1", "volatile.x": "1" };
    expect(readKeys(lxdNetworkKeys, seen, "bridge")["config"]).toEqual({ "user.a": "x" });
    const { "user.a": _gone, ...without } = seen;
    expect(readKeys(lxdNetworkKeys, without, "bridge")).toHaveProperty("config", undefined);
    // An object that no program has touched shows all of its own.
    expect(readKeys(lxdNetworkKeys, { "user.x": "1", "volatile.y": "2" }, "bridge")["config"]).toEqual({
      "user.x": "1",
    });
  });
});

test.each(["{oops", "7", '"user.a"'])("a note that somebody has written over is none: %s", (note) => {
  const config = { "user.a": "1", "user.vmhost.keys": note };
  expect(readKeys(lxdNetworkKeys, config, "bridge")["config"]).toEqual({ "user.a": "1" });
  expect(mergeKeys(config, { "user.b": "2" }, "me")).toMatchObject({
    "user.a": "1",
    "user.vmhost.keys": '["user.b"]',
  });
});

test("what uses an object, in words", () => {
  expect(
    usersIn([
      "/1.0/instances/web",
      "/1.0/instances/db?project=shop",
      "/1.0/profiles/default",
      "/1.0/storage-pools/p1/volumes/custom/data",
    ]),
  ).toEqual(['instance "web"', 'instance "db" of project "shop"', 'profile "default"', 'volume "p1/data"']);
  expect(usersIn(null)).toEqual([]);
});
