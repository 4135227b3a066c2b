import { describe, expect, test } from "@jest/globals";
import { sameHost } from "../../../provider/schema/table/common";
import { tables } from "../../../provider/schema/index";
import type { Field, Fields } from "../../../provider/schema/table/field";
import { UNKNOWN } from "../../../provider/schema/table/unknown";
import { complaints, passed, type Plain } from "./complaints";

test("how qcow2 images are made by default is not written down, so that images of before are no change", () => {
  const volume = passed("StorageVolume", { host: "qemu:///system", name: "v", pool: "p", size: 1 });
  expect(volume).not.toHaveProperty("qcow2");
  const tuned = { host: "qemu:///system", name: "v", pool: "p", size: 1, qcow2: { clusterSize: "64KiB" } };
  expect(passed("StorageVolume", tuned)["qcow2"]).toEqual({ clusterSize: 65_536 });
});

describe("a volume", () => {
  const sha256 = `sha256:${"0a".repeat(32)}`;
  test.each<[Plain, string[]]>([
    [{ size: 5 }, []],
    [{ source: "./image.qcow2", checksum: sha256 }, []],
    [{ backing: "pool1/base" }, []],
    [{}, ["size: is required for an empty volume"]],
    [{ adopt: true }, []],
    [{ adopt: false }, ["size: is required for an empty volume"]],
    [
      { source: "./x", backing: "pool1/base" },
      ["backing: cannot stand beside `source`: content comes from one of them"],
    ],
    [
      { backing: "pool1/base", format: "raw" },
      ["format: must be qcow2 for a volume with `backing`: raw has no overlays"],
    ],
    [{ size: 1, checksum: sha256 }, ["checksum: needs `source`"]],
    [
      { source: "./x", checksum: "md5:00" },
      ['checksum: must be "sha256:…" or "sha512:…" with the hex digest'],
    ],
    [
      { source: "./x", checksum: sha256.toUpperCase() },
      ['checksum: must be "sha256:…" or "sha512:…" with the hex digest'],
    ],
    [
      { size: 1, format: "raw", qcow2: { compat: "1.1" }, preallocation: "metadata" },
      [
        "qcow2: cannot stand beside format raw",
        "preallocation: must be none or full for raw: it has no metadata",
      ],
    ],
    [
      { source: "./x", qcow2: {}, preallocation: "full" },
      [
        "qcow2: cannot stand beside `source`: that image is taken as it is",
        "preallocation: cannot stand beside `source`: that image is taken as it is",
      ],
    ],
    [{ source: "https://example.test/debian.qcow2" }, []],
    [
      { source: "ftp://example.test/debian.qcow2" },
      ["source: must be a file, or a URL that begins with http:// or https://"],
    ],
    [
      { source: "https://me:secret@example.test/debian.img" },
      ["source: must not have a user or password in its URL: it would be shown"],
    ],
    [{ copyOf: "p/x" }, []],
    [{ size: 1, encryption: { secret: "5ec2e700-0000-4000-8000-000000000001" } }, []],
    [{ source: "./x", encryption: { secret: "5ec2e700-0000-4000-8000-000000000001" }, qcow2: {} }, []],
    [
      { copyOf: "p/x", encryption: { secret: "client" } },
      ["encryption.secret: must be the UUID of a secret of the host"],
    ],
    [
      { copyOf: "p/x", source: "./x" },
      ["copyOf: cannot stand beside `source`: content comes from one of them"],
    ],
    [
      { copyOf: "p/x", backing: "p/y" },
      ["copyOf: cannot stand beside `backing`: content comes from one of them"],
    ],
    [
      { backing: "p/x", preallocation: "full" },
      ["preallocation: cannot stand beside `backing`: an overlay grows as it is written"],
    ],
    [
      { size: 1, qcow2: { compat: "0.10", lazyRefcounts: true, clusterSize: "100KiB" } },
      [
        "qcow2.clusterSize: must be a power of two from 512 bytes to 2 MiB",
        'qcow2.lazyRefcounts: needs compat "1.1"',
      ],
    ],
    [
      { size: "5 apples" },
      [
        'size: "5 apples" is no size; write it as "20GiB" (KiB, MiB, GiB, TiB or KB, MB, GB, TB), or a bare number of GiB',
      ],
    ],
  ])("%j", (input, expected) => {
    expect(complaints("StorageVolume", { pool: "pool1", ...input })).toEqual(expected);
  });

  test("needs a pool", () => {
    expect(complaints("StorageVolume", { size: 1 })).toEqual(["pool: is required"]);
  });
});

test("a pool is a folder", () => {
  expect(passed("StoragePool", { path: "/srv/pool" })).toMatchObject({
    type: "dir",
    autostart: true,
    active: true,
    deleteContents: false,
  });
  expect(complaints("StoragePool", { type: "tape", path: "pool" })).toEqual([
    expect.stringMatching(/^type: must be "dir", "fs", /),
    "path: must be an absolute path on the host",
  ]);
});

const IQN = "iqn.2013-06.com.example:pool";
const hosts = [{ name: "nas" }];
const devices = ["/dev/sdb"];

test.each([
  [{ type: "fs" }, ["source.devices"]],
  [
    { type: "fs", source: { devices: ["/dev/sdb", "/dev/sdc"], format: "ntfs" } },
    ["source.devices", "source.format"],
  ],
  [{ type: "netfs", source: { dir: "/export" } }, ["source.hosts"]],
  [{ type: "netfs", source: { hosts: [...hosts, { name: "b" }] } }, ["source.dir", "source.hosts"]],
  [{ type: "netfs", source: { hosts, dir: "/export", devices } }, ["source.devices"]],
  [{ type: "disk" }, ["source.devices"]],
  [{ type: "iscsi", source: { hosts } }, ["source.iqn"]],
  [{ type: "iscsi", source: { hosts, iqn: "my target" } }, ["source.iqn"]],
  [{ type: "iscsi-direct", source: { hosts, iqn: IQN } }, ["source.initiator"]],
  [{ type: "scsi" }, ["source.adapter"]],
  [{ type: "scsi", source: { adapter: {} } }, ["source.adapter.name"]],
  [
    { type: "scsi", source: { adapter: { type: "fc_host", wwnn: "20000000c9831b4b" } } },
    ["source.adapter.wwpn"],
  ],
  [{ type: "rbd", path: "/mnt", source: { name: "vms" } }, ["path"]],
  [{ type: "rbd", source: { name: "vms", auth: { username: "u", secret: "u" } } }, ["source.auth.secret"]],
  [{ type: "gluster", source: { hosts } }, ["source.name"]],
  [{ type: "zfs", copyOnWrite: true }, ["source.name", "copyOnWrite"]],
  [{ type: "vstorage", permissions: { mode: "999" } }, ["permissions.mode", "source.name"]],
  [{ type: "logical", permissions: { mode: "700" } }, ["permissions"]],
  [{ source: { devices } }, ["source.devices"]],
  [{ build: true }, ["build"]],
  [{ overwrite: true }, ["overwrite"]],
  [{ type: "logical", build: true }, ["source.devices"]],
  [{ type: "fs", build: true, source: { devices } }, ["source.format"]],
  [{ type: "zfs", build: true, overwrite: true, source: { name: "t", devices } }, ["overwrite"]],
  [{ type: "disk", build: true, overwrite: true, source: { devices, format: "gpt" } }, []],
  [{ type: "netfs", source: { hosts: UNKNOWN, dir: UNKNOWN } }, []],
  [{ type: "netfs", adopt: true }, []],
  [{ host: UNKNOWN, type: "zfs" }, []],
  [{ host: "https://10.0.0.5:8443", type: "zfs" }, []],
])("a pool's type says what its source has: %j", (input, paths) => {
  expect(
    complaints("StoragePool", input)
      .map((text) => text.split(": ")[0])
      .sort(),
  ).toEqual([...paths].sort());
});

describe("a host", () => {
  test("needs nothing: it is this machine's", () => {
    expect(passed("VmHost", {})).toMatchObject({
      address: "qemu:///system",
      cpuOvercommitRatio: 1,
      memoryOvercommitRatio: 1,
      defaultMacvlanMode: "bridge",
      maxParallelActions: 10,
      retries: 3,
      connectTimeout: 30,
      shutdownTimeout: 300,
      forceDestroy: false,
      cancelNoAcpi: false,
    });
  });

  test.each<[Plain, string[]]>([
    [{ cpuOvercommitRatio: 0, memoryOvercommitRatio: 10 }, []],
    [{ cpuOvercommitRatio: 0.3, memoryOvercommitRatio: 4.6 }, []],
    [{ cpuOvercommitRatio: 11 }, ["cpuOvercommitRatio: must be between 0 and 10"]],
    [{ memoryOvercommitRatio: -0.1 }, ["memoryOvercommitRatio: must be between 0 and 10"]],
    [
      { cpuOvercommitRatio: "4" },
      ["cpuOvercommitRatio: must be a number between 0 and 10; it is a text here: write 4 without quotes"],
    ],
    [{ cpuOvercommitRatio: NaN }, ["cpuOvercommitRatio: must be a number between 0 and 10"]],
    [
      { defaultMacvlanMode: "passthrough" },
      ['defaultMacvlanMode: must be "private", "vepa", "bridge" or "passthru"'],
    ],
    [{ hostKeyPolicy: "none" }, ['hostKeyPolicy: must be "strict", "accept-new" or "ignore"']],
    [
      { connectTimeout: "soon" },
      [
        'connectTimeout: "soon" is no time span; write it as "90s", "5m" or "1h", or a bare number of seconds',
      ],
    ],
    [{ adress: "qemu:///system" }, ['adress: unknown property "adress"; did you mean "address"?']],
  ])("%j", (input, expected) => {
    expect(complaints("VmHost", input)).toEqual(expected);
  });

  test.each([
    "qemu+ssh://ubuntu:hunter2@host/system",
    "qemu+ssh://host/system?command=rm",
    "qemu+ext:///system?command=x",
    "host",
    "qemu+ssh:///system",
  ])("%s is refused at its own path, without showing a secret", (address) => {
    const told = complaints("VmHost", { address });
    expect(told).toEqual([expect.stringMatching(/^address: ./)]);
    expect(told.join()).not.toContain("hunter2");
  });

  test("in another resource is an address, or all that a VmHost says", () => {
    expect(passed("Vm", { host: "qemu+unix:///system?socket=/run/x" })["host"]).toMatchObject({
      address: "qemu+unix:///system?socket=/run/x",
      retries: 3,
    });
    expect(complaints("Vm", { host: { address: "qemu:///system", colour: "red" } })).toEqual([
      'host.colour: unknown property "colour"',
    ]);
    expect(complaints("Vm", { host: "nowhere" })).toEqual([expect.stringMatching(/^host.address: ./)]);
    expect(complaints("Vm", { host: undefined })).toEqual(["host: is required"]);
  });

  test.each<[string, unknown, unknown, boolean]>([
    ["its address", { address: "qemu:///system" }, { address: "qemu:///system" }, true],
    [
      "its URN, whatever the address",
      { urn: "u", address: "qemu:///system" },
      { urn: "u", address: "qemu+ssh://h/system" },
      true,
    ],
    [
      "neither",
      { urn: "u", address: "qemu+ssh://a/system" },
      { urn: "v", address: "qemu+ssh://b/system" },
      false,
    ],
    ["nothing known", undefined, { address: "qemu:///system" }, false],
  ])("is the same by %s", (_, before, after, same) => {
    expect(sameHost(before, after)).toBe(same);
  });
});

describe("the tables", () => {
  const all = (fields: Fields, path: string): [string, Field][] =>
    Object.entries(fields).flatMap(([name, field]): [string, Field][] => [
      [`${path}.${name}`, field],
      ...all(field.fields ?? {}, `${path}.${name}`),
      ...all(field.each?.fields ?? {}, `${path}.${name}[]`),
    ]);
  const fields = Object.entries(tables).flatMap(([kind, table]) => all(table.fields, kind));

  test.each(fields)("%s is described in a sentence", (_, { doc }) => {
    expect(doc).toMatch(/^([A-Z`"\d]|libvirt).*\.$/s);
  });

  test("secrets are marked", () => {
    const secrets = fields.filter(([, { secret }]) => secret).map(([path]) => path);
    for (const name of ["sshPrivateKey", "sshPassphrase", "password"])
      expect(secrets).toContain(`VmHost.${name}`);
  });

  test("lists know their elements by a field that they have", () => {
    for (const [path, { each }] of fields)
      expect({ path, has: each === undefined || each.key in each.fields }).toEqual({ path, has: true });
  });
});
