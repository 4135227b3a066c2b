import { expect, test } from "@jest/globals";
import { complaints, type Plain } from "./complaints";

const disk = (rest: Plain): Plain => ({ disks: [{ name: "d", path: "/a", format: "raw", ...rest }] });
const nic = (rest: Plain): Plain => ({ interfaces: [{ name: "n", ...rest }] });
const pc = (rest: Plain): Plain => ({ os: { machine: "pc" }, ...rest });
const line = (name: string, device?: string): object => ({ name, device });
const shared = (rest: Plain): Plain => ({ memoryBacking: { source: "memfd", access: "shared" }, ...rest });
const controllers = (...list: Plain[]): Plain => ({
  controllers: list.map((each, index) => ({ name: `c${index}`, ...each })),
});
const share = (name: string): object => ({ name, source: "/a", target: "t" });

/** Found by trying: libvirt or QEMU refuses these at the definition or at the start, or forgets what was said. */
test.each<[Plain, string]>([
  [disk({ bus: "fdc" }), "disks.0.bus: fdc is for floppies alone"],
  [
    disk({ device: "cdrom", bus: "virtio" }),
    "disks.0.bus: must be sata, scsi, ide or usb for a cdrom: virtio has no drives",
  ],
  [
    disk({ bus: "sata", readOnly: true }),
    "disks.0.readOnly: a disk on bus sata cannot be read-only (QEMU's rule)",
  ],
  [
    disk({ bus: "sata", logicalBlockSize: 4096, physicalBlockSize: 4096 }),
    "disks.0.logicalBlockSize: must be 512 on bus sata (QEMU's rule)",
  ],
  [disk({ copyOnRead: true, readOnly: true }), "disks.0.copyOnRead: needs a disk that is written to"],
  [
    disk({ device: "cdrom", bus: "scsi", copyOnRead: true }),
    "disks.0.copyOnRead: needs a disk that is written to",
  ],
  [
    disk({ bus: "sata", wwn: "5000c50015ea71aa" }),
    "disks.0.wwn: means nothing on bus sata; it needs scsi, ide",
  ],
  [
    disk({ device: "cdrom", bus: "scsi", rotationRate: 1 }),
    "disks.0.rotationRate: needs a disk: a drive has none",
  ],
  [
    { ...disk({ bus: "scsi", iothread: 1 }), cpu: { iothreads: 1 } },
    "disks.0.iothread: needs a disk on bus virtio",
  ],
  [disk({ device: "floppy", serial: "a" }), "disks.0.serial: means nothing for a floppy"],
  [disk({ device: "floppy", errorPolicy: "stop" }), "disks.0.errorPolicy: means nothing for a floppy"],
  [
    nic({ user: true, bandwidth: { inbound: { average: 1 } } }),
    "interfaces.0.bandwidth: means nothing for an interface of QEMU's own network (`user`)",
  ],
  [
    nic({ user: true, queues: 2 }),
    "interfaces.0.queues: means nothing for an interface of QEMU's own network (`user`)",
  ],
  [
    nic({ user: true, mtu: 1400 }),
    "interfaces.0.mtu: means nothing for an interface of QEMU's own network (`user`)",
  ],
  [
    nic({ vhostUser: { path: "/run/a", mode: "client" } }),
    'interfaces.0.vhostUser: needs `memoryBacking: { source: "memfd", access: "shared" }`: the switch works in the guest\'s memory',
  ],
  [
    shared(nic({ vhostUser: { path: "/run/a", mode: "server", reconnect: 1 } })),
    'interfaces.0.vhostUser.reconnect: needs mode "client": a server is called (libvirt\'s rule)',
  ],
  [
    shared(nic({ vhostUser: { path: "/run/a", mode: "server" }, network: "a" })),
    "interfaces.0.vhostUser: cannot stand beside `network`",
  ],
  [
    shared(nic({ vhostUser: { path: "/run/a", mode: "server" }, model: "e1000" })),
    'interfaces.0.model: must be "virtio" for `vhostUser` (libvirt\'s rule)',
  ],
  [
    shared(nic({ vhostUser: { path: "/run/a", mode: "server" }, mtu: 9000 })),
    "interfaces.0.mtu: means nothing for a vhost-user interface (`vhostUser`)",
  ],
  [
    controllers({ type: "scsi", model: "virtio-scis" }),
    'controllers.0.model: is no model of scsi; did you mean "virtio-scsi"?',
  ],
  [controllers({ type: "sata", model: "ahci" }), "controllers.0.model: is no model of sata (it has none)"],
  [
    controllers({ type: "scsi", model: "lsilogic", queues: 2 }),
    'controllers.0.queues: needs type "scsi" and model "virtio-scsi"',
  ],
  [
    controllers({ type: "scsi", iothread: 2 }),
    "controllers.0.iothread: there are 0 I/O threads (`cpu.iothreads`), from 1",
  ],
  [controllers({ type: "usb", ports: 16 }), "controllers.0.ports: must be 15 at most for usb"],
  [
    controllers({ type: "usb", model: "ehci", ports: 6 }),
    'controllers.0.ports: needs type "virtio-serial", or "usb" and model "qemu-xhci" or "nec-xhci"',
  ],
  [
    controllers({ type: "pci", model: "pcie-expander-bus", node: 1 }),
    "controllers.0.node: is not one of `numa.cells` (0 are given)",
  ],
  [
    { ...controllers({ type: "scsi", queues: 2 }), features: { virtioScsiQueues: 2 } },
    "controllers.0.queues: cannot stand beside `features.virtioScsiQueues`",
  ],
  [
    controllers({ type: "scsi", index: 1 }, { type: "scsi", index: 1 }),
    'controllers.1.index: "scsi 1" is taken by controllers[0]',
  ],
  [
    nic({ ethernet: true, vlan: { tags: [5] } }),
    "interfaces.0.vlan: means nothing for an interface without a bridge (`ethernet`)",
  ],
  [nic({ macvlan: "eno1", mtu: 1400 }), "interfaces.0.mtu: means nothing for a macvlan"],
  [nic({ macvlan: "eno1", filter: "clean-traffic" }), "interfaces.0.filter: means nothing for a macvlan"],
  [
    nic({ network: "a", rxQueueSize: 300 }),
    "interfaces.0.rxQueueSize: must be 256, 512 or 1024 (libvirt's rule)",
  ],
  [nic({ network: "a", model: "e1000", driver: "vhost" }), 'interfaces.0.driver: needs model "virtio"'],
  [{ firmware: {}, features: { acpi: false } }, "features.acpi: cannot be off with UEFI (libvirt's rule)"],
  [{ iommu: { eim: true } }, "iommu.eim: needs `interruptRemapping` (libvirt's rule)"],
  [
    { memory: 64, maxMemory: 128, balloon: { model: "none" } },
    "maxMemory: needs the balloon: without it the guest has all of its memory from the start",
  ],
  [pc({ firmware: { secureBoot: true } }), "firmware.secureBoot: needs machine q35: pc has no SMM"],
  [pc({ iommu: true }), "iommu: needs machine q35: pc has no place for one"],
  [
    { cores: 256 },
    "cores: above 255 needs `iommu: { eim: true, interruptRemapping: true }` on machine q35 (libvirt's rule)",
  ],
  [
    { domainType: "qemu", cpu: { mode: "host-passthrough" } },
    'cpu.mode: needs KVM, and `domainType` is "qemu"; "maximum" is emulated',
  ],
  [
    { cpu: { mode: "custom", model: "qemu64", migratable: "on" } },
    'cpu.migratable: needs mode "host-passthrough" or "maximum"',
  ],
  [
    { serials: ["a", "b", "c", "d"].map((name) => line(name)) },
    'serials.3: is one ISA line too many: a PC has 4, the `console` among them; give it `device: "pci-serial"` or "usb-serial"',
  ],
  [
    { channels: ["a", "b"].map((name) => ({ name, target: "t.0" })) },
    'channels.1.target: "t.0" is taken by channels[0]',
  ],
  [{ filesystems: [share("a"), share("b")] }, 'filesystems.1.target: "t" is taken by filesystems[0]'],
  [{ video: { model: "vga", heads: 2 } }, 'video.heads: needs model "virtio" or "qxl" (libvirt\'s rule)'],
  [
    { video: { model: "cirrus", resolution: "800x600" } },
    'video.resolution: means nothing for model "cirrus"',
  ],
  [
    { video: { acceleration3d: true }, graphics: { type: "spice" } },
    'video.acceleration3d: needs a screen that draws: `graphics: { type: "spice", socket: …, spice: { gl: true } }` (QEMU\'s rule)',
  ],
  [
    { graphics: { type: "spice", spice: { gl: true } } },
    "graphics.spice.gl: needs `socket`: such a screen leaves the host by no port (QEMU's rule)",
  ],
  [
    { clock: { timers: [{ name: "rtc", tickPolicy: "merge" }] } },
    "clock.timers.0.tickPolicy: must be delay or catchup for rtc (libvirt's rule)",
  ],
  [{ clock: { timers: [{ name: "pit", frequency: 5 }] } }, "clock.timers.0.frequency: is for tsc alone"],
  [
    { events: { reboot: "destroy", poweroff: "restart" } },
    'events.reboot: cannot be "destroy" beside `poweroff: "restart"` (libvirt\'s rule)',
  ],
  [
    { smbios: { bios: { date: "yesterday" } } },
    "smbios.bios.date: must be month/day/year, such as 01/31/2030 (libvirt's rule)",
  ],
  [
    { smbios: { chassis: { colour: "red" } } },
    "smbios.chassis.colour: as a name must be one of manufacturer, version, serial, asset, sku (libvirt's rule)",
  ],
  [{ tpm: { version: "1.2", model: "tpm-crb" } }, 'tpm.model: needs version "2.0" (libvirt\'s rule)'],
])("%j is refused in preview", (input, complaint) => {
  expect(complaints("Vm", input)).toEqual([complaint]);
});

test.each<Plain>([
  disk({ device: "floppy" }),
  disk({ device: "cdrom", bus: "sata", readOnly: true }),
  nic({ user: true, queues: 1, link: "down" }),
  shared(nic({ vhostUser: { path: "/run/a", mode: "client", reconnect: 1 }, queues: 2 })),
  {
    ...nic({ vhostUser: { path: "/run/a", mode: "server" } }),
    numa: { cells: [{ id: 0, cores: [0], memory: 2048, access: "shared" }] },
  },
  controllers(
    { type: "scsi" },
    { type: "usb", ports: 15 },
    { type: "virtio-serial", ports: 31, packed: true },
  ),
  { cores: 256, features: { ioapic: "qemu" }, iommu: { eim: true, interruptRemapping: true } },
  { serials: [...["a", "b", "c"].map((name) => line(name)), line("d", "pci-serial")] },
  { os: { arch: "aarch64" }, serials: ["a", "b", "c", "d"].map((name) => line(name)) },
  { video: { acceleration3d: true }, raw: "<devices><graphics type='egl-headless'/></devices>" },
  { video: { acceleration3d: true }, graphics: { type: "spice", socket: "/a.sock", spice: { gl: true } } },
])("%j is let through", (input) => {
  expect(complaints("Vm", input)).toEqual([]);
});
