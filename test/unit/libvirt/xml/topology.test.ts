import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { readCapabilities } from "../../../../provider/libvirt/xml/capabilities";
import {
  hasIommuGroup,
  pciName,
  pciOfName,
  readCard,
  readDisk,
  readNumaNode,
  readUsb,
} from "../../../../provider/libvirt/xml/nodeDevice";
import { parentsOf } from "../../../../provider/libvirt/xml/network";
import { readXml } from "../../../../provider/libvirt/xml/tree";

const fixture = (name: string) => readXml(readFileSync(join(__dirname, "../fixtures", name), "utf8"));

describe("NUMA nodes in capabilities", () => {
  test("of a real host with one", () => {
    const { nodes } = readCapabilities(fixture("capabilities-qemu.xml"));
    expect(nodes).toHaveLength(1);
    expect(nodes[0]).toMatchObject({ id: 0, cpus: expect.arrayContaining([0]) });
    expect(nodes[0]?.memoryMiB).toBeGreaterThan(0);
  });

  test("of libvirt's test driver, which has two with ordinary pages of different sizes", () => {
    const { nodes, hugepages } = readCapabilities(fixture("capabilities-test.xml"));
    expect(nodes.map(({ id, cpus, memoryMiB }) => [id, cpus.length, memoryMiB])).toEqual([
      [0, 8, 2048],
      [1, 8, 4096],
    ]);
    expect(nodes[1]?.cpus[0]).toBe(8);
    expect(hugepages.map(({ pageKiB }) => pageKiB)).toEqual([2048, 1048576]);
  });
});

/** Written by libvirt's format of node devices (formatnode.html: `<numa>`, `virt_functions`); this hardware has none. */
const PF = `<device>
  <name>pci_0000_03_00_0</name>
  <parent>pci_0000_00_02_0</parent>
  <capability type='pci'>
    <domain>0</domain><bus>3</bus><slot>0</slot><function>0</function>
    <capability type='virt_functions' maxCount='7'>
      <address domain='0x0000' bus='0x03' slot='0x10' function='0x0'/>
      <address domain='0x0000' bus='0x03' slot='0x10' function='0x4'/>
    </capability>
    <numa node='1'/>
  </capability>
</device>`;

describe("a network card", () => {
  test("tells its node, the functions it can offer, and those that are switched on", () => {
    expect(readCard(readXml(PF))).toEqual({
      numaNode: 1,
      virtualFunctions: 7,
      functions: ["0000:03:10.0", "0000:03:10.4"],
    });
  });

  test("without SR-IOV or NUMA tells nothing of either", () => {
    expect(readCard(readXml("<device><name>x</name><capability type='pci'/></device>"))).toEqual({});
  });
});

describe("a disk of the host", () => {
  const disk = (more: string): string =>
    `<device><name>block_x</name><parent>pci_0000_00_02_0</parent><capability type='storage'>${more}</capability></device>`;

  test("tells its name, size, model and how it is attached", () => {
    const told = "<block>/dev/sda</block><bus>ata</bus><drive_type>disk</drive_type><model>SSD 1</model>";
    expect(readDisk(readXml(disk(`${told}<size>480103981056</size>`)))).toEqual({
      name: "sda",
      bytes: 480103981056,
      model: "SSD 1",
      type: "ata",
    });
    const bare = "<block>/dev/vda</block><drive_type>disk</drive_type><vendor>0x1af4</vendor>";
    expect(readDisk(readXml(disk(`${bare}<size>274877906944</size>`)))).toEqual({
      name: "vda",
      bytes: 274877906944,
      type: "virtio",
    });
  });

  test("is no drive whose media come and go", () => {
    const cdrom = "<block>/dev/sr0</block><bus>ata</bus><drive_type>cdrom</drive_type>";
    expect(readDisk(readXml(disk(cdrom)))).toBeUndefined();
    const stick = "<block>/dev/sdb</block><drive_type>disk</drive_type>";
    expect(readDisk(readXml(disk(`${stick}<capability type='removable'/>`)))).toBeUndefined();
  });

  test("is on the node of its PCI device", () => {
    expect(readNumaNode(readXml(PF))).toBe(1);
    expect(readNumaNode(readXml("<device><name>x</name><capability type='pci'/></device>"))).toBeUndefined();
  });
});

test("a network tells the devices that its guests go straight to", () => {
  const network = (forward: string) => readXml(`<network><name>n</name>${forward}</network>`);
  expect(parentsOf(network("<forward mode='hostdev'><pf dev='ens1'/></forward>"))).toEqual({
    parents: ["ens1"],
  });
  expect(parentsOf(network("<forward dev='e0' mode='bridge'><interface dev='e0'/></forward>"))).toEqual({
    parents: ["e0"],
  });
  expect(parentsOf(network("<forward mode='nat'/>"))).toEqual({});
});

describe("devices that guests can be given", () => {
  test("are PCI devices by their names", () => {
    expect(pciName("0000:06:12.5")).toBe("pci_0000_06_12_5");
    expect(pciOfName("pci_0000_06_12_5")).toBe("0000:06:12.5");
    expect(pciOfName("pci_10000_e1_00_0")).toBe("10000:e1:00.0");
    expect(pciOfName("usb_1_4")).toBeUndefined();
  });

  test("are in an IOMMU group, or are not", () => {
    const group =
      "<iommuGroup number='7'><address domain='0x0000' bus='0x03' slot='0x00' function='0x0'/></iommuGroup>";
    expect(hasIommuGroup(readXml(PF))).toBe(false);
    expect(hasIommuGroup(readXml(PF.replace("<numa", `${group}<numa`)))).toBe(true);
  });

  /** From formatnode.html of libvirt: this machine has no USB. */
  test("are USB devices by their place, and by vendor and product", () => {
    const usb = `<device><name>usb_1_4</name><capability type='usb_device'><bus>1</bus><device>4</device>
      <product id='0xBEEF'>Keyboard</product><vendor id='0x46d'>Logitech</vendor></capability></device>`;
    expect(readUsb(readXml(usb))).toEqual({ product: "046d:beef", place: "1.4" });
    expect(readUsb(readXml(PF))).toBeUndefined();
  });
});
