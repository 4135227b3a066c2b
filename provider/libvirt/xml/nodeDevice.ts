import type { UsbDevice } from "../../driver/devices";
import type { HostDisk, HostInterface } from "../../driver/summaries";
import { pciText } from "./model/passthrough";
import { attribute, childrenOf, find, textOf, type XmlElement } from "./tree";

/** What the card behind a network device tells of it. */
export type Card = Pick<HostInterface, "numaNode" | "virtualFunctions" | "functions">;

/** A PCI device of `virNodeDeviceGetXMLDesc`: `<numa node>` and its SR-IOV functions, `<capability type='virt_functions' maxCount>`. */
export function readCard(device: XmlElement): Card {
  const pci = find(device, "capability");
  const numaNode = readNumaNode(device);
  const offered = childrenOf(pci, "capability").find((each) => attribute(each, "type") === "virt_functions");
  const functions = childrenOf(offered, "address").flatMap((address) => pciText(address) ?? []);
  return {
    ...(numaNode === undefined ? {} : { numaNode }),
    ...(offered === undefined
      ? {}
      : { virtualFunctions: Number(attribute(offered, "maxCount") ?? functions.length), functions }),
  };
}

/** The NUMA node of a PCI device, `<numa node>`; absent where the machine does not tell. */
export function readNumaNode(device: XmlElement): number | undefined {
  const node = attribute(find(device, "capability", "numa"), "node");
  return node === undefined ? undefined : Number(node);
}

/** How disks are attached of which udev tells no bus, by the beginning of their names. */
const KINDS = { vd: "virtio", nvme: "nvme", xvd: "xen", mmcblk: "mmc" };

/** A disk of the host, `<capability type='storage'>`; undefined for drives with media that come and go. */
export function readDisk(device: XmlElement): HostDisk | undefined {
  const storage = find(device, "capability");
  const name = textOf(find(storage, "block"))?.split("/").at(-1);
  const bytes = Number(textOf(find(storage, "size")));
  if (textOf(find(storage, "drive_type")) !== "disk" || name === undefined || !(bytes > 0)) return undefined;
  const model = textOf(find(storage, "model"));
  const byName = Object.entries(KINDS).find(([start]) => name.startsWith(start))?.[1];
  const type = textOf(find(storage, "bus")) ?? byName;
  return {
    name,
    bytes,
    ...(model === undefined ? {} : { model }),
    ...(type === undefined ? {} : { type }),
  };
}

/** `pci_0000_06_12_5`, as libvirt calls `0000:06:12.5`. */
export function pciName(address: string): string {
  return `pci_${address.replace(/[:.]/g, "_")}`;
}

/** Undefined for a name of another kind. */
export function pciOfName(name: string): string | undefined {
  const parts = /^pci_([0-9a-f]+)_([0-9a-f]+)_([0-9a-f]+)_([0-7])$/.exec(name);
  return parts === null ? undefined : `${parts[1]}:${parts[2]}:${parts[3]}.${parts[4]}`;
}

/** Whether a PCI device is in an IOMMU group, `<iommuGroup>`. */
export function hasIommuGroup(device: XmlElement): boolean {
  return find(device, "capability", "iommuGroup") !== undefined;
}

/** A USB device, `<capability type='usb_device'>`; undefined for anything else. */
export function readUsb(device: XmlElement): UsbDevice | undefined {
  const usb = find(device, "capability");
  const [vendor, product] = ["vendor", "product"].map((name) => attribute(find(usb, name), "id"));
  const [bus, number] = ["bus", "device"].map((name) => textOf(find(usb, name)));
  if ([vendor, product, bus, number].includes(undefined)) return undefined;
  const digits = (id = ""): string => id.toLowerCase().replace(/^0x/, "").padStart(4, "0");
  return { product: `${digits(vendor)}:${digits(product)}`, place: `${Number(bus)}.${Number(number)}` };
}
