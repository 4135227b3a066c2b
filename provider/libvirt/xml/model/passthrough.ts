import { asOnOff, asYesNo, at, type Binding, type Bindings } from "../bind";
import { attribute, el, ensureChild, find, type XmlElement } from "../tree";

/** One of the four ways to name a device of the host. */
function passed(
  type: string,
  toSource: (value: string) => readonly XmlElement[],
  fromSource: (source: XmlElement) => string | undefined,
): Binding {
  return {
    write(root, value) {
      if (value === undefined) return;
      if (attribute(root, "type") !== type) root.attributes = { mode: "subsystem", type };
      const source = ensureChild(root, "source");
      source.children = [...toSource(String(value))];
    },
    read(root) {
      const source = find(root, "source");
      return attribute(root, "type") !== type || source === undefined ? undefined : fromSource(source);
    },
  };
}

const hex = (text: string | undefined, digits: number): string =>
  Number(text ?? 0)
    .toString(16)
    .padStart(digits, "0");

/** `0000:06:12.5` as libvirt spells it. */
export function pciElement(address: string): XmlElement {
  const [domain = "", bus = "", rest = ""] = address.split(":");
  const [slot = "", fn = ""] = rest.split(".");
  return el("address", {
    domain: `0x${domain}`,
    bus: `0x${bus}`,
    slot: `0x${slot}`,
    function: `0x${fn}`,
  });
}

export function pciText(address: XmlElement | undefined): string | undefined {
  if (address === undefined) return undefined;
  const part = (name: string, digits: number): string => hex(attribute(address, name), digits);
  return `${part("domain", 4)}:${part("bus", 2)}:${part("slot", 2)}.${part("function", 1)}`;
}

function usbElements(value: string): XmlElement[] {
  if (value.includes(".")) {
    const [bus, device] = value.split(".");
    return [el("address", { bus, device })];
  }
  const [vendor, product] = value.split(":");
  return [el("vendor", { id: `0x${vendor}` }), el("product", { id: `0x${product}` })];
}

function usbText(source: XmlElement): string | undefined {
  const vendor = attribute(find(source, "vendor"), "id");
  // A running guest's device has been found by then; what counts is how the program names it.
  if (vendor !== undefined) return `${hex(vendor, 4)}:${hex(attribute(find(source, "product"), "id"), 4)}`;
  const address = find(source, "address");
  return address && `${attribute(address, "bus")}.${attribute(address, "device")}`;
}

function scsiElements(value: string): XmlElement[] {
  const [host = "", bus, target, unit] = value.split(":");
  return [el("adapter", { name: `scsi_${host}` }), el("address", { bus, target, unit })];
}

function scsiText(source: XmlElement): string | undefined {
  const [adapter, address] = [find(source, "adapter"), find(source, "address")];
  const part = (name: string): string => attribute(address, name) ?? "0";
  return [
    (attribute(adapter, "name") ?? "").replace(/^scsi_/, ""),
    part("bus"),
    part("target"),
    part("unit"),
  ].join(":");
}

/** The host's own driver gets a PCI device back unless the program says no. */
const managed: Binding = {
  write(root, value) {
    const pci = attribute(root, "type") === "pci";
    at("@managed", asYesNo).write(root, value ?? (pci ? true : undefined));
  },
  read: at("@managed", asYesNo).read,
};

export const hostDeviceBindings: Bindings = {
  pci: passed(
    "pci",
    (value) => [pciElement(value)],
    (source) => pciText(find(source, "address")),
  ),
  usb: passed("usb", usbElements, usbText),
  mdev: passed(
    "mdev",
    (uuid) => [el("address", { uuid })],
    (source) => attribute(find(source, "address"), "uuid"),
  ),
  scsi: passed("scsi", scsiElements, scsiText),
  managed,
  model: {
    write(root: XmlElement, value: unknown) {
      const mediated = attribute(root, "type") === "mdev";
      at("@model").write(root, mediated ? (value ?? "vfio-pci") : undefined);
    },
    read: at("@model").read,
  },
  display: at("@display", asOnOff),
  optional: at("source@startupPolicy", {
    toXml: (value) => (value === true ? "optional" : undefined),
    fromXml: (text) => (text === "optional" ? true : undefined),
  }),
  romBar: at("rom@bar", asOnOff),
  romFile: at("rom@file"),
};
