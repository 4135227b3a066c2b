import { describe, expect, test } from "@jest/globals";
import { check } from "../../../provider/lifecycle/engine/check";
import { changesBetween, formatPath } from "../../../provider/lifecycle/engine/diff";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { vm } from "../../../provider/lifecycle/vm";
import { UNKNOWN } from "../../../provider/schema/table/unknown";

const GiB = 2 ** 30;
const BASE: Plain = {
  host: { address: "qemu:///system", name: "kvm1", urn: "urn:kvm1" },
  owner: "shop/dev/Vm/web",
  cores: 2,
  memory: "2GiB",
  disks: [{ size: 1 }, { name: "data", size: "100GiB" }],
  interfaces: [{ network: "lan" }, { macvlan: "eno2" }],
};

function inputs(news: Plain, olds: Plain = {}): Plain {
  const result = check(vm as never, olds, news);
  expect(result.failures).toEqual([]);
  return result.inputs;
}

function failures(news: Plain, olds: Plain = {}): string[] {
  return check(vm as never, olds, news).failures.map(({ property, reason }) => `${property}: ${reason}`);
}

function fates(before: Plain, after: Plain): string[] {
  return changesBetween(vm.fields, before, after).map(({ path, fate }) => `${formatPath(path)} ${fate}`);
}

describe("check of a Vm", () => {
  test("normalises sizes, and decides names, MACs and targets once", () => {
    const first = inputs(BASE);
    expect(first).toMatchObject({
      memory: 2048,
      disks: [
        { name: "root", size: GiB, bus: "virtio", target: "vda" },
        { name: "data", size: 100 * GiB, bus: "virtio", target: "vdb" },
      ],
      interfaces: [
        { name: "eth0", network: "lan" },
        { name: "eth1", macvlan: "eno2" },
      ],
    });
    expect(first["name"]).toMatch(/^web-[0-9a-f]{7}$/);
    expect(inputs(BASE)).toEqual(first);
    expect(inputs(BASE, first)).toEqual(first);
    expect(inputs({ ...BASE, owner: "shop/prod/Vm/web" })["name"]).not.toBe(first["name"]);
  });

  test("says everything that is wrong, each at its own path", () => {
    const wrong = {
      ...BASE,
      cors: 3,
      memory: "2 parsecs",
      disks: [
        { size: 1, target: "vda" },
        { size: 2, target: "vda" },
        { size: 3, io: "native" },
      ],
      interfaces: [{ bridge: "br0", macvlanMode: "passthru", mac: "zz" }],
    };
    const said = failures(wrong);
    expect(said).toEqual(
      expect.arrayContaining([
        'cors: unknown property "cors"; did you mean "cores"?',
        expect.stringMatching(/^memory: "2 parsecs" is no size/),
        expect.stringMatching(/^disks\[1\]\.target: "vda" is taken by disks\[0\]/),
        expect.stringMatching(/^disks\[2\]\.io: "native" needs `cache`/),
        expect.stringMatching(/^interfaces\[0\]\.macvlanMode: "passthru" needs `macvlan`/),
        expect.stringMatching(/^interfaces\[0\]\.mac: ".*" is no MAC address/),
      ]),
    );
    expect(said).toHaveLength(6);
  });

  test("lets pass what is not known yet, anywhere", () => {
    const preview = {
      ...BASE,
      host: UNKNOWN,
      memory: UNKNOWN,
      disks: [{ pool: UNKNOWN, size: UNKNOWN, backing: UNKNOWN }],
      interfaces: [{ network: UNKNOWN, mac: UNKNOWN }],
    };
    expect(inputs(preview)).toMatchObject({
      host: UNKNOWN,
      memory: UNKNOWN,
      disks: [{ pool: UNKNOWN, target: "vda" }],
    });
    expect(inputs({ ...BASE, disks: UNKNOWN, interfaces: UNKNOWN })).toMatchObject({ disks: UNKNOWN });
  });

  test("refuses in preview what would destroy a disk", () => {
    const before = inputs(BASE);
    const smaller = { ...BASE, disks: [{ size: 1 }, { name: "data", size: "50GiB" }] };
    expect(failures(smaller, before)).toEqual([
      expect.stringMatching(/^disks\[1\]\.size: cannot shrink from 100 GiB to 50 GiB: .*allowDataLoss/),
    ]);
    expect(failures({ ...smaller, allowDataLoss: true }, before)).toEqual([]);
    expect(
      failures({ ...BASE, domainType: "qemu", name: "other" }, { ...before, domainType: "kvm" }),
    ).toEqual([expect.stringMatching(/^domainType: cannot change from "kvm" to "qemu"/)]);
  });

  test("leaves what an adopted VM has alone unless the program says otherwise", () => {
    const adopted = inputs({ host: BASE["host"], owner: BASE["owner"], adopt: "old-web", cores: 4 });
    expect(adopted).toEqual({
      host: expect.anything() as unknown,
      owner: BASE["owner"],
      adopt: "old-web",
      cores: 4,
      name: "old-web",
    });
  });
});

describe("what a change of a Vm does", () => {
  const before = inputs(BASE);

  test.each([
    ["cores", { cores: 3 }, ["cores live"]],
    ["memory", { memory: 4096 }, ["memory live"]],
    ["a disk grown", { disks: [{ size: 2 }, { name: "data", size: "100GiB" }] }, ["disks[0].size live"]],
    [
      "a disk added",
      { disks: [{ size: 1 }, { name: "data", size: "100GiB" }, { name: "more", size: 1 }] },
      ["disks[2] live"],
    ],
    ["a disk removed", { disks: [{ size: 1 }] }, ["disks live"]],
    [
      "an interface moved to another network",
      { interfaces: [{ network: "wan" }, { macvlan: "eno2" }] },
      ["interfaces[0].network live"],
    ],
    ["a description", { description: "x" }, ["description live"]],
    ["a machine type", { os: { machine: "pc" } }, ["os.machine restart"]],
    ["nothing", {}, []],
  ])("%s", (_what, change, expected) => {
    expect(fates(before, inputs({ ...BASE, ...change }, before))).toEqual(expected);
  });

  test("reordering named disks and interfaces changes nothing", () => {
    const named = {
      ...BASE,
      disks: [
        { name: "a", size: 1 },
        { name: "b", size: 2 },
      ],
      interfaces: [
        { name: "x", network: "n" },
        { name: "y", bridge: "br0" },
      ],
    };
    const old = inputs(named);
    const reordered = {
      ...named,
      disks: [...named.disks].reverse(),
      interfaces: [...named.interfaces].reverse(),
    };
    expect(fates(old, inputs(reordered, old))).toEqual([]);
  });

  test("ratios, tags and the address of the same VmHost are no change for its VMs", () => {
    const host = {
      address: "qemu+ssh://elsewhere/system",
      name: "kvm1",
      urn: "urn:kvm1",
      cpuOvercommitRatio: 9,
      tags: ["x"],
    };
    expect(fates(before, inputs({ ...BASE, host }, before))).toEqual([]);
    expect(fates(before, inputs({ ...BASE, host: { address: "qemu:///system" } }, before))).toEqual([]);
    const provider = providerFor(vm);
    return expect(
      provider.diff("id", before, { ...before, host: { address: "qemu+ssh://other/system" } }),
    ).resolves.toEqual({
      changes: true,
      replaces: ["host"],
      deleteBeforeReplace: true,
    });
  });

  test("a value not known yet is a change in place, never a replacement", async () => {
    const result = await providerFor(vm).diff("id", before, { ...before, host: UNKNOWN, disks: UNKNOWN });
    expect(result).toMatchObject({ changes: true, replaces: [] });
  });
});
