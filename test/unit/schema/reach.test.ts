import { describe, expect, test } from "@jest/globals";
import { check } from "../../../provider/lifecycle/engine/check";
import type { Handler } from "../../../provider/lifecycle/kind/handler";
import { libvirtNetwork } from "../../../provider/lifecycle/libvirtNetwork";
import { lxdNetwork } from "../../../provider/lifecycle/lxdNetwork";
import { snapshot } from "../../../provider/lifecycle/snapshot";
import { storagePool } from "../../../provider/lifecycle/storagePool";
import { storageVolume } from "../../../provider/lifecycle/storageVolume";
import { vm } from "../../../provider/lifecycle/vm";
import type { Field, Fields } from "../../../provider/schema/table/field";
import { hostsOf, reachComplaints } from "../../../provider/schema/table/reach";
import { vmFields } from "../../../provider/schema/vm";
import { vmHost } from "../../../provider/lifecycle/vmHost";

const LXD = "unix:///x";
const LIBVIRT = "qemu:///system";
const HANDLERS = { vm, storagePool, storageVolume, libvirtNetwork, lxdNetwork, snapshot };

/** What a preview says: property and reason of each complaint. */
function told(
  handler: keyof typeof HANDLERS,
  host: unknown,
  input: Record<string, unknown>,
): Record<string, string> {
  const news = { host, owner: `p/s/Kind/x`, ...input };
  const { failures } = check(HANDLERS[handler] as unknown as Handler<never>, {}, news);
  return Object.fromEntries(failures.map(({ property, reason }) => [property, reason]));
}

describe("what a kind of host cannot do is refused in preview, with field, kind and reason", () => {
  test.each([
    [{ emulator: "/usr/bin/qemu" }, "emulator"],
    [{ domainType: "qemu" }, "domainType"],
    [{ cpu: { mode: "host-model" } }, "cpu.mode"],
    [{ hugepages: "1GiB" }, "hugepages"],
    [{ graphics: {} }, "graphics"],
    [{ firmware: { loader: "/x" } }, "firmware.loader"],
    [{ tpm: { version: "1.2" } }, "tpm.version"],
    [{ disks: [{ iotune: { readIopsSec: 5, readIopsSecMax: 9 } }] }, "disks[0].iotune.readIopsSecMax"],
    [
      { interfaces: [{ network: "a", bandwidth: { inbound: { average: 1, peak: 2 } } }] },
      "interfaces[0].bandwidth.inbound.peak",
    ],
    [{ interfaces: [{ network: "a", filter: "clean-traffic" }] }, "interfaces[0].filter"],
    [{ os: { kernel: "/boot/vmlinuz" } }, "os"],
    [{ raw: "<devices/>" }, "raw"],
    [{ features: { pcieRootPorts: 20 } }, "features"],
    [{ disks: [{ size: 1, ats: true }] }, "disks[0].ats"],
    [{ maxCores: 4 }, "maxCores"],
    [{ console: false }, "console"],
    [{ disks: [{ size: 1, bus: "sata" }] }, "disks[0].bus"],
    [{ disks: [{ backing: "pool/image" }] }, "disks[0].backing"],
    [{ disks: [{ size: 1 }, { device: "cdrom" }] }, "disks[1].device"],
    [{ interfaces: [{ network: "lxdbr0", model: "e1000e" }] }, "interfaces[0].model"],
    [{ interfaces: [{ macvlan: "eno1", macvlanMode: "vepa" }] }, "interfaces[0].macvlanMode"],
    [{ name: "under_score" }, "name"],
    [{ host: { address: LXD, sshKeyFile: "~/.ssh/id" } }, undefined],
  ])("a Vm on LXD: %j", (input, property) => {
    const { host = LXD, ...rest } = input as Record<string, unknown>;
    const complaints = told("vm", host, rest);
    expect(Object.keys(complaints)).toEqual(property === undefined ? [] : [property]);
    if (property !== undefined && property !== "name")
      expect(complaints[property]).toContain("on an LXD host: ");
  });

  test("a macvlan mode that LXD has not, as the default of a host or of a host written out", () => {
    const words = /cannot be "vepa" on an LXD host: LXD's macvlan interfaces are always in bridge mode/;
    const { failures } = check(
      vmHost as unknown as Handler<never>,
      {},
      { address: LXD, defaultMacvlanMode: "vepa" },
    );
    expect(failures).toEqual([{ property: "defaultMacvlanMode", reason: expect.stringMatching(words) }]);
    expect(told("vm", { address: LXD, defaultMacvlanMode: "vepa" }, {})).toEqual({
      "host.defaultMacvlanMode": expect.stringMatching(words),
    });
    expect(told("vm", { address: LXD, defaultMacvlanMode: "bridge" }, {})).toEqual({});
  });

  test.each([
    [{ profiles: ["default"] }, "profiles"],
    [{ config: { "security.nesting": true } }, "config"],
    [{ instanceType: "container" }, "instanceType"],
    [{ disks: [{ size: 1, image: "ubuntu:24.04" }] }, "disks[0].image"],
    [{ host: { address: LIBVIRT, project: "web" } }, "host.project"],
  ])("a Vm on libvirt: %j", (input, property) => {
    const { host = LIBVIRT, ...rest } = input as Record<string, unknown>;
    const complaints = told("vm", host, rest);
    expect(Object.keys(complaints)).toEqual([property]);
    expect(complaints[property]).toContain("on a libvirt host");
  });

  test.each([
    [
      { cpu: 0.5 },
      { cpu: "cannot be a share; see `config` for LXD's `limits.cpu.allowance` on an LXD host" },
    ],
    [
      { cores: 2, cpu: { pin: { 0: [0, 1], 1: [2] } } },
      { "cpu.pin": expect.stringMatching(/^must give each core one CPU of its own/) },
    ],
    [
      { cores: 2, cpu: { pin: { 0: [3] } } },
      { "cpu.pin": "must name a CPU for each of the 2 cores on an LXD host, and names 1" },
    ],
    [
      { disks: [{ iotune: { readBytesSec: "1MiB", readIopsSec: 5 } }] },
      {
        "disks[0].iotune.readIopsSec": "cannot stand beside `readBytesSec` on an LXD host: it limits either",
      },
    ],
    [{ instanceType: "container", firmware: {} }, { firmware: "means nothing to a container" }],
    [
      { devices: { web: { listen: "tcp:0.0.0.0:80" }, x: { type: "disk" } } },
      { "devices.web.type": "is required", "devices.x.type": "is for `disks`" },
    ],
    [
      { interfaces: [{ network: "a", config: { hwaddr: "x" } }] },
      { "interfaces[0].config.hwaddr": '"hwaddr" is set by the field `mac`' },
    ],
  ])("a Vm on LXD: %j, in its own words", (input, complaints) => {
    expect(told("vm", LXD, input)).toEqual(complaints);
  });

  /** Each leaf of the table alone in a program, as in `{ disks: [{ cache: "x" }] }`. */
  function* leaves(fields: Fields): Iterable<[path: string, field: Field, program: Record<string, unknown>]> {
    for (const [name, field] of Object.entries(fields)) {
      const inner = field.fields ?? field.each?.fields;
      if (inner === undefined) yield [name, field, { [name]: "x" }];
      for (const [path, leaf, below] of inner === undefined ? [] : leaves(inner))
        yield [`${name}.${path}`, leaf, { [name]: field.each === undefined ? below : [below] }];
    }
  }

  test("every field that LXD does not know is refused there, with a reason", () => {
    const known = new Set<string>();
    for (const [path, field, program] of leaves(vmFields)) {
      if (field.internal === true) continue;
      const complaints = reachComplaints("Vm", vmFields, { ...program, host: LXD });
      if (hostsOf("Vm", path, field).includes("lxd")) known.add(path);
      else
        expect([path, complaints[0]?.message]).toEqual([path, expect.stringMatching(/ on an LXD host: ./)]);
    }
    expect(known.size).toBeGreaterThan(60);
  });

  test("what both can do passes on both", () => {
    const portable = {
      instanceType: "virtual-machine",
      cores: 2,
      memory: "1GiB",
      description: "portable",
      guestAgent: true,
      disks: [{ size: 10 }, { name: "data", size: 1, pool: "p", bootOrder: 2 }],
      interfaces: [
        { network: "lan", bootOrder: 1 },
        { macvlan: "eno1", macvlanMode: "bridge" },
      ],
      cloudInit: { userData: { packages: ["curl"] } },
      running: true,
      waitFor: { address: true },
    };
    for (const host of [LXD, LIBVIRT, "10.0.0.5", undefined]) {
      const complaints = told("vm", host, portable);
      expect(complaints).toEqual(host === undefined ? { host: "is required" } : {});
    }
  });

  test("pools and volumes", () => {
    expect(told("storagePool", LXD, { autostart: true, active: true })).toEqual({});
    expect(Object.keys(told("storagePool", LXD, { active: false }))).toEqual(["active"]);
    expect(told("storageVolume", LXD, { pool: "p", size: 1, format: "raw" })).toEqual({});
    expect(Object.keys(told("storageVolume", LXD, { pool: "p", size: 1, format: "qcow2" }))).toEqual([
      "format",
    ]);
    expect(told("storageVolume", LXD, { pool: "p", source: "./x.img" })).toEqual({});
    expect(Object.keys(told("storageVolume", LXD, { pool: "p", backing: "p/x" }))).toEqual(["backing"]);
    expect(told("storageVolume", LXD, { pool: "p", source: "./x.img", contentType: "filesystem" })).toEqual({
      source: "is for blocks and ISO images on an LXD host: it puts no files into a file system",
    });
    expect(told("storageVolume", LXD, { pool: "p", contentType: "iso", size: 1 })).toEqual({
      source: "is required for an ISO image",
      size: "is that of `source` for an ISO image",
    });
    expect(
      Object.keys(told("storageVolume", LIBVIRT, { pool: "p", size: 1, snapshots: { expiry: "1d" } })),
    ).toEqual(["snapshots"]);
  });

  test("a pool's type is one that the kind of host has", () => {
    expect(told("storagePool", LXD, { type: "btrfs" })).toEqual({});
    expect(told("storagePool", LIBVIRT, { type: "btrfs" })["type"]).toMatch(
      /^cannot be "btrfs" on a libvirt host: its pools are dir/,
    );
  });

  test("snapshots", () => {
    const on = (host: string, input: object) => told("snapshot", host, { vm: "web", ...input });
    expect(on(LXD, { memory: true, quiesce: "ifPossible", expiresAt: "2030-01-01T00:00:00+01:00" })).toEqual(
      {},
    );
    expect(on(LXD, { quiesce: true })).toEqual({
      quiesce: "cannot be true on an LXD host: LXD does not freeze a guest's file systems",
    });
    expect(Object.keys(on(LIBVIRT, { expiresAt: "2030-01-01T00:00:00Z" }))).toEqual(["expiresAt"]);
    expect(on(LXD, { expiresAt: "tomorrow" })).toEqual({
      expiresAt: 'must be a moment with its zone, as in "2030-01-31T00:00:00Z"',
    });
  });

  test("a LibvirtNetwork has no place on LXD", () => {
    expect(told("libvirtNetwork", LXD, {})).toEqual({
      host: "is an LXD host, which has no LibvirtNetwork; use LxdNetwork",
    });
    expect(told("libvirtNetwork", LIBVIRT, {})).toEqual({});
  });

  test("raw keys that a field sets are refused for the field's sake", () => {
    const complaints = told("vm", LXD, {
      config: { "limits.cpu": "2", "user.vmhost.owner": "me", "user.mine": 1 },
    });
    expect(complaints).toEqual({
      "config.limits.cpu": '"limits.cpu" is set by the field `cores`',
      "config.user.vmhost.owner": '"user.vmhost.owner" is not for programs to set',
    });
  });

  test("a VmHost's own fields know its kind, and a secret is never shown", () => {
    const news = { address: LIBVIRT, key: "-----BEGIN PRIVATE KEY-----\nhunter2" };
    const { failures } = check(vmHost as unknown as Handler<never>, {}, news);
    expect(failures).toEqual([{ property: "", reason: "key is not possible on a libvirt host" }]);
  });

  test("names are made so that LXD takes them", () => {
    const { inputs } = check(vm as unknown as Handler<never>, {}, { host: LXD, owner: "p/s/Vm/3_my.app" });
    expect(inputs["name"]).toMatch(/^my-app-[0-9a-f]{7}$/);
  });
});
