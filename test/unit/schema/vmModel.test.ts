import { describe, expect, test } from "@jest/globals";
import { UNKNOWN } from "../../../provider/schema/table/unknown";
import { sharesOf } from "../../../provider/schema/vm/cpu";
import { complaints, passed } from "./complaints";

const CELL = { cells: [{ id: 0, cores: 0, memory: 64 }] };

describe("the CPU", () => {
  test.each([
    [0.5, 512],
    [1, 1024],
    [0.0001, 2],
    [0.3, 308],
    [64, 10_000],
  ])("share %d weighs %d", (share, shares) => {
    expect(sharesOf(share)).toBe(shares);
    expect(passed("Vm", { cpu: share })["cpu"]).toMatchObject({ share });
  });

  test.each([
    [2, "2"],
    ["3,1,2", "1-3"],
    [[0, 1, 2, 5], "0-2,5"],
    ["0-7,^3", "0-2,4-7"],
  ])("pin %j is kept as %s", (set, kept) => {
    expect(passed("Vm", { cpu: { pin: { 0: set }, emulatorPin: set } })["cpu"]).toMatchObject({
      pin: { 0: kept },
      emulatorPin: kept,
    });
  });

  test("pins nothing with an empty object", () => {
    expect(passed("Vm", { cpu: { pin: {} } })["cpu"]).toEqual({});
  });

  test.each([
    [{ cpu: { shares: 1 } }, "cpu.shares: must be from 2 to 262144 (libvirt's rule)"],
    [{ cpu: { shares: 262_145 } }, "cpu.shares: must be from 2 to 262144 (libvirt's rule)"],
    [
      { cpu: { shares: 4, share: 1 } },
      "cpu.shares: cannot stand beside `share`, which says the same in CPUs",
    ],
    [{ cpu: { mode: "custom" } }, 'cpu.model: is required with mode "custom"'],
    [{ cpu: { model: "Nehalem" } }, 'cpu.model: needs `mode: "custom"`'],
    [{ cpu: { pin: { 1: 0 } } }, "cpu.pin.1: the VM has 1 cores, from 0"],
    [{ cpu: { pin: { a: 0 } } }, "cpu.pin.a: is no number of a core"],
    [
      { cpu: { pin: { 0: "5-2" } } },
      'cpu.pin.0: must be a set of numbers from 0 to 4095, such as 2, [2, 3] or "0-3,^2"',
    ],
    [
      { cores: 4, cpu: { topology: { cores: 3 } } },
      "cpu.topology: makes 3 cores of 1 × 1 × 3 × 1, and the VM has 4 (libvirt wants them equal)",
    ],
    [{ cpu: { iothreads: 1, iothreadPin: { 2: 0 } } }, "cpu.iothreadPin.2: there are 1 I/O threads, from 1"],
    [{ numa: { mode: "strict" } }, "numa.mode: needs `nodes`"],
    [{ numa: { distances: [[10]] } }, "numa.distances: needs `cells`"],
    [
      { memory: 64, numa: { ...CELL, distances: [] } },
      "numa.distances: must have a row for each of the 1 cells",
    ],
    [
      { memory: 64, numa: { ...CELL, distances: [[10, 20]] } },
      "numa.distances.0: must have 1 numbers, one for each cell",
    ],
    [
      { memory: 64, numa: { ...CELL, distances: [[20]] } },
      "numa.distances.0.0: must be 10: a cell is next to itself",
    ],
    [
      { memory: 128, numa: { cells: [{ id: 0, cores: 0, memory: 64 }] } },
      "numa.cells: have 64 MiB together, and the VM has 128 MiB; they must be equal",
    ],
    [
      { memoryBacking: { source: "anonymous", access: "shared" } },
      'memoryBacking.access: anonymous memory cannot be shared; use source "memfd"',
    ],
  ])("%j is refused at its place", (input, complaint) => {
    expect(complaints("Vm", input)).toEqual([complaint]);
  });

  test("waits for what is not known yet", () => {
    const cpu = { mode: UNKNOWN, model: UNKNOWN, pin: UNKNOWN, iothreads: UNKNOWN, topology: UNKNOWN };
    expect(complaints("Vm", { cores: UNKNOWN, cpu, numa: UNKNOWN })).toEqual([]);
    expect(complaints("Vm", { cpu: { pin: { 0: UNKNOWN } } })).toEqual([]);
  });
});

describe("the machine", () => {
  test("says the usual things with one word", () => {
    expect(passed("Vm", { tpm: true, hyperv: true, iommu: true })).toMatchObject({
      tpm: { type: "emulator" },
      hyperv: { relaxed: true, vapic: true, spinlocks: 8191 },
      iommu: { model: "intel" },
    });
    expect(passed("Vm", { tpm: false, hyperv: false })).not.toHaveProperty("tpm");
    expect(passed("Vm", { ignition: { a: [1] } })["ignition"]).toBe('{"a":[1]}');
  });

  test.each([
    [{ hyperv: { spinlocks: 4000 } }, "hyperv.spinlocks: must be at least 4095 (libvirt's rule)"],
    [{ hyperv: { synic: true } }, "hyperv.synic: needs `vpindex` (QEMU's rule)"],
    [{ hyperv: { stimer: true } }, "hyperv.stimer: needs `synic` (QEMU's rule)"],
    [
      { iommu: { interruptRemapping: true } },
      'iommu.interruptRemapping: needs `features.ioapic: "qemu"` (libvirt\'s rule)',
    ],
    [{ clock: { timezone: "UTC" } }, 'clock.timezone: needs `offset: "timezone"`'],
    [{ clock: { offset: "timezone" } }, 'clock.timezone: is required with offset "timezone"'],
    [{ firmware: { type: "bios", secureBoot: true } }, 'firmware.secureBoot: needs type "uefi"'],
    [
      { firmware: { nvramTemplate: "/a" } },
      "firmware.nvramTemplate: needs `loader`: the host chooses both or none",
    ],
    [{ firmware: { enrolledKeys: true, secureBoot: false } }, "firmware.enrolledKeys: needs `secureBoot`"],
    [
      { firmware: { secureBoot: true }, features: { smm: false } },
      "features.smm: cannot be off with `firmware.secureBoot`",
    ],
    [
      { features: { ras: true }, os: { arch: "x86_64" } },
      "features.ras: exists on ARM alone, and the VM is x86_64",
    ],
    [
      { features: { ras: true }, os: { machine: "q35" } },
      "features.ras: exists on ARM alone, and the VM is x86",
    ],
    [
      { features: { pciHole64: "1GiB" }, os: { arch: "aarch64" } },
      "features.pciHole64: exists on x86 alone, and the VM is aarch64",
    ],
    [
      { features: { pcieRootPorts: 2 }, os: { machine: "pc" } },
      "features.pcieRootPorts: needs machine q35 or virt: pc has no PCIe",
    ],
    [{ video: { model: "qxl", ats: true } }, 'video.ats: needs model "virtio"'],
    [{ disks: [{ name: "a", size: 1, bus: "sata", iommu: true }] }, 'disks.0.iommu: needs bus "virtio"'],
    [{ balloon: { model: "none", packed: true } }, "balloon.packed: needs a balloon"],
    [{ inputs: [{ name: "a", type: "tablet", ats: true }] }, 'inputs.0.ats: needs bus "virtio"'],
    [{ video: { model: "vga", packed: true } }, 'video.packed: needs model "virtio"'],
    [
      { interfaces: [{ name: "a", network: "a", model: "e1000e", ats: true }] },
      'interfaces.0.ats: needs model "virtio"',
    ],
    [{ tpm: { device: "/dev/tpm0" } }, 'tpm.device: needs type "passthrough"'],
    [{ os: { bootMenuTimeout: 1 } }, "os.bootMenuTimeout: needs `bootMenu: true`"],
    [{ smbios: { system: { uuid: "x" } } }, "smbios.system.uuid: is the VM's own UUID: set that with `uuid`"],
    [{ fwCfg: [{ name: "opt/a" }] }, "fwCfg.0: needs one of `value`, `file`"],
    [
      { fwCfg: [{ name: "opt/com.coreos/config", value: "a" }] },
      "fwCfg.0.name: is what `ignition` stands for",
    ],
  ])("%j is refused at its place", (input, complaint) => {
    expect(complaints("Vm", input)).toEqual([complaint]);
  });
});

describe("devices", () => {
  test("say the usual things with one word", () => {
    expect(passed("Vm", { graphics: true, watchdog: true, vsock: true, panic: true })).toMatchObject({
      graphics: { type: "vnc" },
      watchdog: { model: "i6300esb", action: "reset" },
      vsock: {},
      panic: {},
    });
  });

  test("never show a password, not even a wrong one", () => {
    expect(complaints("Vm", { graphics: { password: "0123456789" } })).toEqual([
      "graphics.password: must not be longer than 8 characters for vnc",
    ]);
  });

  test.each([
    [{ graphics: { type: "spice", websocket: -1 } }, 'graphics.websocket: needs type "vnc"'],
    [{ graphics: { spice: {} } }, 'graphics.spice: needs type "spice"'],
    [{ graphics: { socket: "/a", port: 5900 } }, "graphics.port: cannot stand beside `socket`"],
    [{ graphics: { port: 5000 } }, "graphics.port: must be at least 5900 for vnc (QEMU's rule)"],
    [{ video: { model: "vga", ram: 64 } }, 'video.ram: needs model "qxl"'],
    [{ video: { resolution: "big" } }, "video.resolution: must be a resolution, such as 1280x800"],
    [{ sound: { model: "ac97", codecs: ["micro"] } }, 'sound.codecs: needs model "ich6" or "ich9"'],
    [{ inputs: [{ name: "a", type: "evdev" }] }, 'inputs.0.path: is required for type "evdev"'],
    [
      { inputs: [{ name: "a", type: "tablet", bus: "ps2" }] },
      "inputs.0.bus: must be usb or virtio for a tablet",
    ],
    [{ serials: [{ name: "a", type: "file" }] }, 'serials.0.path: is required for type "file"'],
    [{ serials: [{ name: "a", type: "unix" }] }, 'serials.0.path: is required for type "unix"'],
    [{ serials: [{ name: "a", type: "tcp", host: "h" }] }, 'serials.0.service: is required for type "tcp"'],
    [{ serials: [{ name: "a", host: "h" }] }, 'serials.0.host: needs type "tcp"'],
    [{ channels: [{ name: "a" }] }, "channels.0.target: is required"],
    [
      { channels: [{ name: "a", target: "t", type: "spicevmc" }] },
      'channels.0.type: spicevmc needs `graphics.type: "spice"` (libvirt\'s rule)',
    ],
    [
      { redirections: [{ name: "a" }] },
      'redirections.0.type: spicevmc needs `graphics.type: "spice"` (libvirt\'s rule)',
    ],
    [{ sharedMemory: [{ name: "a", size: 3 }] }, "sharedMemory.0.size: must be a power of two"],
    [{ rng: { period: 1 } }, "rng.period: needs `bytes`"],
    [
      { filesystems: [{ name: "a", type: "virtiofs", source: "/a", target: "a" }] },
      'filesystems.0.type: virtiofs needs `memoryBacking: { source: "memfd", access: "shared" }` (libvirt\'s rule)',
    ],
    [
      { filesystems: [{ name: "a", source: "/a", target: "a", queue: 1 }] },
      'filesystems.0.queue: needs type "virtiofs"',
    ],
    [{ hostDevices: [{ name: "a" }] }, "hostDevices.0: needs one of `pci`, `usb`, `mdev`, `scsi`"],
    [{ hostDevices: [{ name: "a", usb: "1.4", romBar: true }] }, "hostDevices.0.romBar: needs `pci`"],
    [
      { hostDevices: [{ name: "a", pci: "6:12" }] },
      "hostDevices.0.pci: must be a PCI address, such as 0000:06:12.5",
    ],
  ])("%j is refused at its place", (input, complaint) => {
    expect(complaints("Vm", input)).toEqual([complaint]);
  });
});
