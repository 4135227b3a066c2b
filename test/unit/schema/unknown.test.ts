import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { check } from "../../../provider/lifecycle/engine/check";
import type { Handler } from "../../../provider/lifecycle/kind/handler";
import { libvirtNetwork } from "../../../provider/lifecycle/libvirtNetwork";
import { storagePool } from "../../../provider/lifecycle/storagePool";
import { storageVolume } from "../../../provider/lifecycle/storageVolume";
import { vm } from "../../../provider/lifecycle/vm";
import { vmHost } from "../../../provider/lifecycle/vmHost";
import { UNKNOWN } from "../../../provider/schema/table/unknown";
import type { Plain } from "./complaints";

type Path = readonly (string | number)[];

const HOST = { address: "qemu+ssh://ubuntu@192.168.1.2/system", name: "kvm1", urn: "urn:kvm1" };
const ON_HOST = { host: HOST, owner: "shop/dev/Kind/name", name: "name", adopt: false };

/** Inputs that say as much as can be said, so that whatever rule there is has something to look at. */
const FULL: Readonly<Record<string, { readonly handler: unknown; readonly inputs: readonly Plain[] }>> = {
  VmHost: {
    handler: vmHost,
    inputs: [
      {
        ...HOST,
        name: undefined,
        urn: undefined,
        cpuOvercommitRatio: 4,
        defaultStoragePool: "pool1",
        zone: "a",
        tags: ["ssd"],
        connectTimeout: "30s",
      },
    ],
  },
  LibvirtNetwork: {
    handler: libvirtNetwork,
    inputs: [
      {
        ...ON_HOST,
        forward: { mode: "nat", dev: ["eno1"], natPorts: { start: 1024, end: 65535 } },
        bridge: { name: "virbr1", stp: false, delay: 0 },
        domain: "testnet",
        dns: { enabled: false },
        mtu: 1500,
        ips: [
          {
            cidr: "172.16.99.1/24",
            dhcp: {
              ranges: [{ start: "172.16.99.10", end: "172.16.99.200" }],
              hosts: [
                { mac: "52:54:00:00:00:01", ip: "172.16.99.5", name: "five" },
                { ip: "172.16.99.6", name: "six" },
              ],
            },
          },
          { cidr: "fd00::1/64" },
        ],
      },
      { ...ON_HOST, forward: { mode: "bridge" }, bridge: { name: "br0" } },
      { ...ON_HOST, forward: { mode: "bridge", dev: ["eno1"] } },
      { ...ON_HOST, forward: { mode: "private", dev: ["eno1", "eno2"] }, ips: [] },
    ],
  },
  StoragePool: {
    handler: storagePool,
    inputs: [{ ...ON_HOST, type: "dir", path: "/var/lib/libvirt/pool1", autostart: true, active: true }],
  },
  StorageVolume: {
    handler: storageVolume,
    inputs: [
      {
        ...ON_HOST,
        pool: "pool1",
        format: "raw",
        size: "5GiB",
        source: "./image.raw",
        checksum: `sha256:${"0".repeat(64)}`,
      },
      { ...ON_HOST, pool: "pool1", format: "qcow2", size: 5, backing: "pool1/base" },
      { ...ON_HOST, pool: "pool1", format: "raw", size: 5 },
    ],
  },
  Vm: {
    handler: vm,
    inputs: [
      {
        ...ON_HOST,
        title: "title",
        cores: 2,
        maxCores: 4,
        memory: "2GiB",
        maxMemory: "4GiB",
        os: {
          machine: "pc",
          kernel: "pool1/vmlinuz",
          initrd: "/boot/initrd",
          root: "vda1",
          cmdline: "quiet",
        },
        disks: [
          {
            name: "root",
            pool: "pool1",
            size: "20GiB",
            backing: "pool1/base",
            bus: "virtio",
            target: "vda",
            cache: "none",
            io: "native",
            bootOrder: 1,
          },
          {
            name: "data",
            volume: "pool1/data",
            bus: "scsi",
            target: "sda",
            cache: "directsync",
            io: "native",
          },
          { name: "old", path: "/srv/old.img", bus: "ide", target: "hda", format: "raw" },
          { name: "floppy", path: "/srv/floppy.img", device: "floppy", bus: "fdc", target: "fda" },
        ],
        interfaces: [
          { name: "eth0", network: "lan", mac: "52:54:00:00:00:01", targetDev: "tap0", bootOrder: 2 },
          { name: "eth1", macvlan: "eno2", macvlanMode: "bridge", mac: "52:54:00:00:00:02" },
          { name: "eth2", bridge: "br0", bootOrder: 3 },
        ],
        cloudInit: { userData: { packages: ["x"] } },
        raw: ["<devices/>"],
        waitFor: { address: "ipv4", source: "lease", timeout: "5m" },
        running: "paused",
        zone: "a",
        tags: ["ssd", "fast"],
      },
      {
        ...ON_HOST,
        os: { machine: "q35", boot: ["network", "hd"] },
        disks: [{ size: 1 }, { bus: "sata", size: 1 }],
        interfaces: [{ network: "lan" }, { network: "lan" }],
      },
    ],
  },
};

function pathsOf(value: unknown): Path[] {
  if (typeof value !== "object" || value === null) return [[]];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? value.map((item, index) => [index, item])
    : Object.entries(value);
  return [
    [],
    ...entries
      .filter(([, item]) => item !== undefined)
      .flatMap(([key, item]) => pathsOf(item).map((path): Path => [key, ...path])),
  ];
}

function replaced(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined || typeof value !== "object" || value === null) return UNKNOWN;
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (index === key ? replaced(item, rest) : item));
  return { ...value, [key]: replaced((value as Plain)[key], rest) };
}

function failures(handler: unknown, input: unknown): string[] {
  return check(handler as Handler<never>, {}, input as Plain).failures.map(
    ({ property, reason }) => `${property}: ${reason}`,
  );
}

describe.each(Object.entries(FULL))("the preview of a %s", (_, { handler, inputs }) => {
  test.each(inputs)("passes as it is (%#)", (input) => {
    expect(failures(handler, input)).toEqual([]);
  });

  test.each(inputs)("passes with any one value not known yet (%#)", (input) => {
    for (const path of pathsOf(input).filter((each) => each.length > 0)) {
      expect({ path, failures: failures(handler, replaced(input, path)) }).toEqual({ path, failures: [] });
    }
  });

  test.each(inputs)("passes with any several values not known yet (%#)", (input) => {
    const paths = pathsOf(input).filter((each) => each.length > 0);
    fc.assert(
      fc.property(fc.shuffledSubarray(paths, { minLength: 2 }), (chosen) => {
        expect(failures(handler, chosen.reduce(replaced, input as unknown))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test.each(inputs)("keeps what is not known as it is (%#)", (input) => {
    for (const path of pathsOf(input).filter((each) => each.length === 1)) {
      const { inputs: checked } = check(handler as Handler<never>, {}, replaced(input, path) as Plain);
      expect(checked[String(path[0])]).toBe(UNKNOWN);
    }
  });
});

test("list elements that are not known stay one unknown each", () => {
  const input = { ...ON_HOST, disks: [UNKNOWN, { name: "data", size: 1 }], interfaces: [UNKNOWN] };
  const { inputs } = check(vm as unknown as Handler<never>, {}, input);
  expect(inputs["disks"]).toEqual([UNKNOWN, expect.objectContaining({ name: "data" })]);
  expect(inputs["interfaces"]).toEqual([UNKNOWN]);
});
