import { describe, expect, test } from "@jest/globals";
import { complaints, type Plain } from "./complaints";

const devices = (...given: Plain[]): Plain => ({
  hostDevices: given.map((each, index) => ({ name: `d${index}`, ...each })),
});
const raw = (...pieces: string[]): Plain => ({ raw: pieces.map((text) => `<devices>${text}</devices>`) });
const sound = (slot: string, fn = "0x0"): string =>
  `<sound model='ich9'><address type='pci' domain='0x0000' bus='0x00' slot='${slot}' function='${fn}'/></sound>`;
const card = `<interface type='hostdev'><source><address type='pci' slot='5'/></source></interface>`;

describe("what one VM asks for twice", () => {
  test.each<[Plain, string]>([
    [
      { graphics: { port: 5950, websocket: 5950 } },
      "graphics.websocket: 5950 is the port of graphics.port already; give another, or none for one that is free",
    ],
    [
      { graphics: { type: "spice", port: 5950, spice: { tlsPort: 5950 } } },
      "graphics.spice.tlsPort: 5950 is the port of graphics.port already; give another, or none for one that is free",
    ],
    [
      { graphics: { port: 5950 }, ...raw("<graphics type='spice' port='5950' autoport='no'/>") },
      "raw.0: 5950 is the port of graphics.port already; give another, or none for one that is free",
    ],
    [
      devices({ pci: "06:12.5" }, { pci: "0000:06:12.5" }),
      "hostDevices.1.pci: 0000:06:12.5 is given to the VM by hostDevices[0].pci already",
    ],
    [
      devices({ usb: "1234:BEEF" }, { usb: "1234:beef" }),
      "hostDevices.1.usb: 1234:beef is given to the VM by hostDevices[0].usb already",
    ],
    [
      { ...devices({ pci: "0000:06:10.1" }), interfaces: [{ name: "n", sriov: "0000:06:10.1" }] },
      "interfaces.0.sriov: 0000:06:10.1 is given to the VM by hostDevices[0].pci already",
    ],
    [
      raw(sound("0x05"), sound("5").replace("ich9", "ac97")),
      "raw.1: the guest's PCI address 0000:00:05.0 is that of a device in raw[0] too; give another, or none, and libvirt chooses",
    ],
    [
      { memory: 512, hugepages: 1024 },
      "hugepages: a page of 1024 MiB is larger than the 512 MiB of the VM (QEMU's rule)",
    ],
    [
      {
        ...{ memory: 2048, cores: 2, hugepages: 1024 },
        numa: {
          cells: [
            { id: 0, cores: "0", memory: 512 },
            { id: 1, cores: "1", memory: 1536 },
          ],
        },
      },
      "hugepages: a page of 1024 MiB is larger than the 512 MiB of a cell (QEMU's rule)",
    ],
  ])("%j", (input, words) => {
    expect(complaints("Vm", input)).toEqual([words]);
  });

  test.each<[Plain]>([
    [{ graphics: { port: 5950, websocket: 5951 } }],
    [{ graphics: { port: 5950, websocket: -1 } }],
    [{ graphics: { port: 5950 }, ...raw("<graphics type='spice' port='5950' autoport='yes'/>") }],
    [devices({ pci: "0000:06:12.5" }, { pci: "0000:06:12.6" }, { usb: "1.4" }, { usb: "1.5" })],
    // Functions of one slot, and one device that is written twice.
    [raw(sound("0x05"), sound("0x05", "0x1"), sound("0x06"))],
    [raw(sound("0x05"), sound("0x05"))],
    // An address of the host is none of the guest's.
    [raw(card, sound("5"))],
    [{ memory: 1024, hugepages: 1024 }],
  ])("not %j", (input) => {
    expect(complaints("Vm", input)).toEqual([]);
  });
});
