import { asNumber, asOnOff, at, type Binding, type Bindings } from "../bind";
import type { Several } from "./device";
import { attribute, childrenOf, find, removeChild, setChild, type XmlElement } from "../tree";
import { virtioBindings } from "./virtio";

/** Another type is another controller, of which nothing stays. By itself libvirt makes an emulated LSI, which guests of today have no driver for. */
const type: Binding = {
  write(root, value) {
    if (value === undefined || attribute(root, "type") === value) return;
    if (attribute(root, "type") !== undefined) root.children = [];
    root.attributes = { type: String(value), ...(value === "scsi" ? { model: "virtio-scsi" } : {}) };
  },
  read: at("@type").read,
};

const model: Binding = {
  write(root, value) {
    if (value === undefined || attribute(root, "model") === value) return;
    root.attributes["model"] = String(value);
    // What QEMU calls the one before, and its place among the ports.
    for (const name of ["model", "target"]) setChild(root, name, undefined);
  },
  read: at("@model").read,
};

/** One that is there keeps its number. */
const index: Binding = {
  ...at("@index", asNumber),
  write: (root, value) => {
    if (value !== undefined) root.attributes["index"] = String(value);
  },
};

const bindings: Bindings = {
  type,
  model,
  index,
  ports: at("@ports", asNumber),
  vectors: at("@vectors", asNumber),
  queues: at("driver@queues", asNumber),
  iothread: at("driver@iothread", asNumber),
  cmdPerLun: at("driver@cmd_per_lun", asNumber),
  maxSectors: at("driver@max_sectors", asNumber),
  ...virtioBindings,
  hotplug: at("target@hotplug", asOnOff),
  node: at("target/node", asNumber),
};

const indexOf = (controller: XmlElement): number => Number(attribute(controller, "index") ?? 0);

export const controllers: Several = {
  field: "controllers",
  tag: "controller",
  bindings,
  isSame(device, item) {
    if (attribute(device, "type") !== item["type"] || find(device, "master") !== undefined) return false;
    if (item["type"] === "pci")
      return attribute(device, "model") === item["model"] && indexOf(device) === item["index"];
    return item["index"] === undefined || indexOf(device) === item["index"];
  },
  isNeeded: (devices, controller) => childrenOf(devices).some((device) => hangsOn(device, controller)),
};

/** What an address says of the controller, by the type of address. */
const PLACE: Readonly<Record<string, readonly [type: string, attribute: string]>> = {
  pci: ["pci", "bus"],
  usb: ["usb", "bus"],
  "virtio-serial": ["virtio-serial", "controller"],
  scsi: ["drive", "controller"],
  sata: ["drive", "controller"],
  ide: ["drive", "controller"],
};

function hangsOn(device: XmlElement, controller: XmlElement): boolean {
  const kind = attribute(controller, "type") ?? "";
  const [addressType, key] = PLACE[kind] ?? [];
  const address = find(device, "address");
  if (addressType === undefined || key === undefined || attribute(address, "type") !== addressType)
    return false;
  if (addressType === "drive" && !isOnBus(device, kind)) return false;
  return Number(attribute(address, key) ?? 0) === indexOf(controller);
}

/** Disks say their bus; a SCSI device of the host has no other. */
function isOnBus(device: XmlElement, kind: string): boolean {
  return (attribute(find(device, "target"), "bus") ?? "scsi") === kind;
}

/** The USB 1 companions of an ICH9 controller go when the program has another in its place. */
export function withoutCompanions(devices: XmlElement): void {
  const usb = childrenOf(devices, "controller").filter((each) => attribute(each, "type") === "usb");
  const others = usb.filter((each) => isNamedController(each) && attribute(each, "model") !== "ich9-ehci1");
  for (const companion of usb.filter((each) => find(each, "master") !== undefined))
    if (others.some((each) => indexOf(each) === indexOf(companion))) removeChild(devices, companion);
}

/** Whether the program says what it is itself. */
export function isNamedController(controller: XmlElement): boolean {
  return attribute(find(controller, "alias"), "name")?.startsWith("ua-controllers-") ?? false;
}
