import { describe, expect, test } from "@jest/globals";
import { complaints, passed, type Plain } from "./complaints";

const disk = (input: Plain): string[] =>
  complaints("Vm", {
    disks: [
      { name: "root", size: 1 },
      { name: "other", ...input },
    ],
  });
const nic = (input: Plain): string[] =>
  complaints("Vm", {
    interfaces: [
      { name: "eth0", network: "lan" },
      { name: "eth1", ...input },
    ],
  });

test("a VM needs nothing but its host", () => {
  expect(passed("Vm", {})).toMatchObject({
    cores: 1,
    memory: 2048,
    disks: [],
    interfaces: [],
    guestAgent: true,
    console: true,
    autostart: false,
    restart: "never",
    allowDataLoss: false,
  });
  expect(passed("Vm", { waitFor: {} })["waitFor"]).toEqual({
    address: true,
    source: "any",
    agent: false,
    cloudInit: false,
    timeout: 300,
  });
  expect(passed("Vm", { raw: "<devices/>" })["raw"]).toEqual(["<devices/>"]);
});

test("everything that is wrong with a program is told at once, each at its own path", () => {
  expect(
    complaints("Vm", {
      corez: 4,
      memory: "2 gigs",
      disks: [
        { name: "root", size: 1, target: "vda" },
        { name: "data", size: "0GiB", target: "vda" },
      ],
      interfaces: [
        { name: "eth0", network: "lan", mac: "52:54:00:12:34:5g" },
        { name: "eth1", bridge: "br0", macvlanMode: "passthru" },
      ],
      waitFor: { adress: true },
    }),
  ).toEqual([
    'corez: unknown property "corez"; did you mean "cores"?',
    'memory: "2 gigs" is no size; write it as "2GiB" (KiB, MiB, GiB, TiB or KB, MB, GB, TB), or a bare number of MiB',
    "disks.1.size: must be more than 0, got 0GiB",
    'interfaces.0.mac: "52:54:00:12:34:5g" is no MAC address; write it as 52:54:00:12:34:56',
    'interfaces.1.macvlanMode: "passthru" needs `macvlan`: a bridge has no macvlan mode',
    'waitFor.adress: unknown property "adress"; did you mean "address"?',
    'disks.1.target: "vda" is taken by disks[0]',
  ]);
});

describe("sizes", () => {
  test.each([
    [{ cores: 4, maxCores: 4 }, []],
    [{ cores: 5, maxCores: 4 }, ["cores: 5 is above maxCores (4)"]],
    [{ cores: 0 }, ["cores: must be at least 1"]],
    [{ cores: 1.5 }, ["cores: must be a whole number of cores"]],
    [{ cores: 1, maxCores: 0 }, ["maxCores: must be at least 1", "cores: 1 is above maxCores (0)"]],
    [{ memory: "2GiB", maxMemory: 2048 }, []],
    [{ memory: "3GiB", maxMemory: "2GiB" }, ["memory: 3072 MiB is above maxMemory (2048 MiB)"]],
    [{ maxMemory: 1024 }, ["memory: 2048 MiB is above maxMemory (1024 MiB)"]],
  ])("%j", (input, expected) => {
    expect(complaints("Vm", input)).toEqual(expected);
  });
});

describe("disks", () => {
  test.each<[Plain, string[]]>([
    [{ size: "20GiB", pool: "pool1", backing: "pool1/base" }, []],
    [{ volume: "pool1/data" }, []],
    [{ path: "/dev/sdb", format: "raw", cache: "none", io: "native" }, []],
    [{ device: "cdrom" }, []],
    [{ name: "root" }, ['disks.1.name: "root" is taken by disks[0]']],
    [{ volume: "pool1/data", path: "/dev/sdb" }, ["disks.1.path: cannot stand beside `volume`"]],
    [
      { volume: "pool1/data", size: 1 },
      ["disks.1.size: cannot stand beside `volume`, which names a disk that exists"],
    ],
    [
      { path: "/dev/sdb", pool: "pool1", backing: "x/y" },
      [
        "disks.1.backing: cannot stand beside `path`, which names a disk that exists",
        "disks.1.pool: cannot stand beside `path`, which names a disk that exists",
      ],
    ],
    [{ path: "data.img" }, ["disks.1.path: must be an absolute path on the host"]],
    [
      { backing: "pool1/base", format: "raw" },
      ["disks.1.format: must be qcow2 for a disk with `backing`: raw has no overlays"],
    ],
    [{ device: "floppy" }, ["disks.1.path: or `volume` is required for a floppy"]],
    [{ device: "floppy", path: "/f.img", bus: "sata" }, ["disks.1.bus: must be fdc for a floppy"]],
    [{ io: "native" }, ['disks.1.io: "native" needs `cache` "none" or "directsync" (libvirt\'s rule)']],
    [
      { io: "native", cache: "writeback" },
      ['disks.1.io: "native" needs `cache` "none" or "directsync" (libvirt\'s rule)'],
    ],
    [{ io: "native", cache: "directsync" }, []],
    [{ io: "threads" }, []],
    [{ bus: "virtio", target: "sda" }, ['disks.1.target: must begin with "vd" on bus virtio']],
    [{ bus: "scsi", target: "vdb" }, ['disks.1.target: must begin with "sd" on bus scsi']],
    [{ bus: "usb", target: "sdb" }, []],
    [{ target: "xvda" }, ["disks.1.target: must be a target such as vda, sdb, hdc"]],
    [{ bus: "nvme" }, ['disks.1.bus: must be "virtio", "scsi", "sata", "ide", "usb" or "fdc"']],
    [{ bus: "ide" }, ['disks.1.bus: ide does not exist on a q35 machine; use sata, or `os.machine` "pc"']],
    [{ format: "vmdk" }, ['disks.1.format: must be "raw" or "qcow2"']],
    [{ serial: "a b" }, ["disks.1.serial: must be 1 to 36 letters, digits or _ . + -"]],
    [{ sise: 1 }, ['disks.1.sise: unknown property "sise"; did you mean "size"?']],
  ])("%j", (input, expected) => {
    expect(disk(input)).toEqual(expected);
  });

  test("ide is fine on an older machine", () => {
    expect(
      complaints("Vm", { os: { machine: "pc-i440fx-7.2" }, disks: [{ name: "root", size: 1, bus: "ide" }] }),
    ).toEqual([]);
    expect(
      complaints("Vm", { os: { machine: "pc-q35-7.2" }, disks: [{ name: "root", size: 1, bus: "ide" }] }),
    ).toHaveLength(1);
  });
});

describe("interfaces", () => {
  test.each<[Plain, string[]]>([
    [{ network: "maas" }, []],
    [{ bridge: "br0", mac: "52-54-00-AA-BB-CC" }, []],
    [{ macvlan: "eno2", macvlanMode: "passthru" }, []],
    [{ bridge: "br0", constraints: "space=a" }, ["interfaces.1.constraints: cannot stand beside `bridge`"]],
    [{ network: "lan", bridge: "br0" }, ["interfaces.1.bridge: cannot stand beside `network`"]],
    [
      { bridge: "br0", macvlan: "eno2", network: "lan" },
      [
        "interfaces.1.bridge: cannot stand beside `network`",
        "interfaces.1.macvlan: cannot stand beside `network`",
      ],
    ],
    [
      { network: "lan", macvlanMode: "vepa" },
      ['interfaces.1.macvlanMode: "vepa" needs `macvlan`: a network has no macvlan mode'],
    ],
    [
      { macvlan: "eno2", macvlanMode: "passthrough" },
      ['interfaces.1.macvlanMode: must be "private", "vepa", "bridge" or "passthru"'],
    ],
    [
      { bridge: "a-bridge-with-a-long-name" },
      [
        "interfaces.1.bridge: must be the name of a host's network device: 1 to 15 characters without spaces, / or :",
      ],
    ],
    [
      { network: "lan", mac: "01:00:5e:00:00:01" },
      ["interfaces.1.mac: is a multicast MAC address; the first byte must be even"],
    ],
    [
      { network: "lan", targetDev: "vnet7" },
      ["interfaces.1.targetDev: is a name that libvirt keeps for itself; choose another"],
    ],
    [
      { network: "lan", model: "no such" },
      ["interfaces.1.model: is no network card of QEMU; virtio is always there"],
    ],
    [{ network: "lan", name: "eth0" }, ['interfaces.1.name: "eth0" is taken by interfaces[0]']],
  ])("%j", (input, expected) => {
    expect(nic(input)).toEqual(expected);
  });

  test("a MAC address is one interface's, however it is written", () => {
    const interfaces = [
      { name: "a", network: "lan", mac: "52:54:00:AA:BB:CC" },
      { name: "b", network: "lan", mac: "52-54-00-aa-bb-cc" },
    ];
    expect(complaints("Vm", { interfaces })).toEqual([
      'interfaces.1.mac: "52:54:00:aa:bb:cc" is taken by interfaces[0]',
    ]);
  });
});

describe("booting", () => {
  const root = { name: "root", size: 1, bootOrder: 1 };
  test.each<[Plain, string[]]>([
    [{ os: { kernel: "/boot/vmlinuz", initrd: "pool/initrd", cmdline: "quiet", root: "vda1" } }, []],
    [
      { os: { initrd: "/x", cmdline: "quiet", root: "vda1" } },
      ["os.initrd: needs `os.kernel`", "os.cmdline: needs `os.kernel`", "os.root: needs `os.kernel`"],
    ],
    [{ os: { boot: ["network", "hd"] } }, []],
    [{ os: { boot: ["net"] } }, ['os.boot.0: must be "hd", "network", "cdrom" or "fd"']],
    [
      { os: { boot: ["hd"] }, disks: [root] },
      ["disks.0.bootOrder: cannot stand beside `os.boot` (libvirt's rule)"],
    ],
    [
      { disks: [root], interfaces: [{ name: "eth0", network: "lan", bootOrder: 1 }] },
      ["interfaces.0.bootOrder: 1 is given twice"],
    ],
    [{ disks: [root], interfaces: [{ name: "eth0", network: "lan", bootOrder: 2 }] }, []],
  ])("%j", (input, expected) => {
    expect(complaints("Vm", input)).toEqual(expected);
  });
});

test.each<[Plain, string[]]>([
  [{ running: "paused" }, []],
  [{ running: "on" }, ['running: must be true, false, "paused" or "saved"']],
  [
    { raw: ["<devices/>", "<devices><serial></devices>"] },
    [
      "raw.1: cannot be read as XML: line 1: Expected closing tag 'serial' (opened in line 1, col 15) instead of closing tag 'devices'.",
    ],
  ],
  [{ restart: "always" }, ['restart: must be "never" or "ifNeeded"']],
  [{ title: "two\nlines" }, ["title: must be one line"]],
  [{ description: "a\u0000b" }, ["description: has a control character that cannot be sent to a host"]],
  [
    { shutdownTimeout: "5 minutes" },
    [
      'shutdownTimeout: "5 minutes" is no time span; write it as "90s", "5m" or "1h", or a bare number of seconds',
    ],
  ],
  [{ name: "a/b" }, ['name: must not have "/", line breaks, or spaces at its ends']],
  [{ domainType: "xen" }, ['domainType: must be "kvm" or "qemu"']],
  [{ adopt: "" }, expect.arrayContaining([expect.stringMatching(/^adopt: /)]) as unknown as string[]],
])("%j", (input, expected) => {
  expect(complaints("Vm", input)).toEqual(expected);
});

const server = { hosts: [{ name: "far" }] };
const secret = "5ec2e700-0000-4000-8000-000000000001";
const copyOf = "pool/image";

test.each([
  [{ copyOf, backing: "pool/image" }, ["copyOf"]],
  [{ copyOf, size: 20 }, []],
  [{ copyOf, volume: "pool/v" }, ["copyOf"]],
  [{ remote: { protocol: "nbd", ...server } }, []],
  [{ remote: { protocol: "nbd", ...server }, size: 1, pool: "p" }, ["size", "pool"]],
  [{ remote: { protocol: "nbd", ...server }, path: "/dev/sdb" }, ["remote"]],
  [{ remote: { protocol: "nbd" } }, ["remote.hosts"]],
  [{ remote: { protocol: "nbd", ...server, socket: "/run/nbd" } }, ["remote.socket"]],
  [{ remote: { protocol: "rbd", name: "vms/web" } }, []],
  [{ remote: { protocol: "rbd" } }, ["remote.name"]],
  [{ remote: { protocol: "iscsi", name: "disk", ...server } }, ["remote.name"]],
  [
    { remote: { protocol: "sheepdog", name: "web", hosts: [{ name: "a" }, { name: "b" }] } },
    ["remote.hosts"],
  ],
  [
    { remote: { protocol: "gluster", name: "vol/x", ...server, auth: { username: "u", secret } } },
    ["remote.auth"],
  ],
  [
    { remote: { protocol: "http", name: "x", ...server, verifySsl: false } },
    ["readOnly", "remote.verifySsl"],
  ],
  [{ readOnly: true, remote: { protocol: "https", name: "x", ...server, verifySsl: false } }, []],
  [{ device: "cdrom", remote: { protocol: "http", name: "x", ...server, tls: true } }, ["remote.tls"]],
  [{ device: "cdrom", encryption: { secret } }, ["encryption"]],
  [{ copyOf, encryption: { secret } }, ["encryption"]],
  [{ size: 1, encryption: { secret: "passphrase" } }, ["encryption.secret"]],
])("where a disk's data comes from: %j", (input, paths) => {
  const at = (text: string): string => (text.split(": ")[0] ?? "").replace("disks.1.", "");
  expect([...new Set(disk(input).map(at))].sort()).toEqual([...paths].sort());
});
