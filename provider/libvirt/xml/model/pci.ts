import type { Binding } from "../bind";
import { attribute, childrenOf, el, ensureChild, find, setChild, type XmlElement } from "../tree";
import { memoryMiB } from "../units";

const KIB_PER_MIB = 1024;
const PREFIX = "ua-port-";

function controllers(root: XmlElement, model: RegExp): XmlElement[] {
  return childrenOf(find(root, "devices"), "controller").filter(
    (each) => attribute(each, "type") === "pci" && model.test(attribute(each, "model") ?? ""),
  );
}

/** The bus that all others hang on; libvirt adds it by itself where nothing is to be said of it. */
const rootBus = (root: XmlElement): XmlElement | undefined => controllers(root, /^pcie?-root$/)[0];

export const pciHole64: Binding = {
  write(root, value) {
    const found = rootBus(root);
    if (found === undefined && value === undefined) return;
    const pcie = /q35/.test(attribute(find(root, "os", "type"), "machine") ?? "");
    const bus = found ?? el("controller", { type: "pci", index: 0, model: pcie ? "pcie-root" : "pci-root" });
    if (found === undefined) ensureChild(root, "devices").children.push(bus);
    const kib = String(Number(value) * KIB_PER_MIB);
    setChild(bus, "pcihole64", value === undefined ? undefined : el("pcihole64", { unit: "KiB" }, kib));
  },
  read: (root) => memoryMiB(find(rootBus(root), "pcihole64")),
};

const aliasOf = (port: XmlElement): string => attribute(find(port, "alias"), "name") ?? "";
const isCounted = (port: XmlElement): boolean => aliasOf(port).startsWith(PREFIX);
/** A name that somebody has given by hand stays. */
const isFree = (port: XmlElement): boolean => !aliasOf(port).startsWith("ua-");

/**
 * As many root ports as the program wants carry our alias, so that those which libvirt adds for its devices are neither
 * counted nor touched. Ports that are there already count first; those that are wanted no more only lose the alias, as a
 * device may stand behind them.
 */
export const pcieRootPorts: Binding = {
  write(root, value) {
    const wanted = Number(value ?? 0);
    const there = controllers(root, /^pcie-root-port$/);
    const [counted, free] = [there.filter(isCounted), there.filter(isFree)];
    for (const port of counted.slice(wanted)) setChild(port, "alias", undefined);
    const taken = counted.map(aliasOf);
    let number = 0;
    for (let missing = wanted - counted.length; missing > 0; missing--) {
      while (taken.includes(PREFIX + String(number))) number++;
      const port = free.shift() ?? newPort(root);
      setChild(port, "alias", el("alias", { name: PREFIX + String(number++) }));
    }
  },
  read: (root) => controllers(root, /^pcie-root-port$/).filter(isCounted).length || undefined,
};

function newPort(root: XmlElement): XmlElement {
  const port = el("controller", { type: "pci", model: "pcie-root-port" });
  ensureChild(root, "devices").children.push(port);
  return port;
}
