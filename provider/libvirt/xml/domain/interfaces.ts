import type { InterfaceSpec } from "../../../schema/vm/interface";
import { readBound, writeBound } from "../bind";
import { interfaceBindings } from "../model/interface";
import { pciElement, pciText } from "../model/passthrough";
import { attribute, childrenOf, el, find, setChild, type XmlElement } from "../tree";

const PREFIX = "ua-nic-";

export function isOurInterface(nic: XmlElement): boolean {
  return attribute(find(nic, "alias"), "name")?.startsWith(PREFIX) ?? false;
}

/** Our name for an interface element: the user alias, else its MAC address. */
export function interfaceName(nic: XmlElement): string {
  const alias = attribute(find(nic, "alias"), "name") ?? "";
  return isOurInterface(nic) ? alias.slice(PREFIX.length) : (macOf(nic) ?? "");
}

export function macOf(nic: XmlElement): string | undefined {
  return attribute(find(nic, "mac"), "address")?.toLowerCase();
}

export function interfacesOf(domain: XmlElement | undefined): XmlElement[] {
  return childrenOf(find(domain, "devices"), "interface");
}

/** The element of the program's interface: by our alias; among those made by hand by MAC address. */
export function interfaceNamed(
  domain: XmlElement,
  { name, mac }: Pick<InterfaceSpec, "name" | "mac">,
): XmlElement | undefined {
  const nics = interfacesOf(domain);
  return (
    nics.find((nic) => isOurInterface(nic) && interfaceName(nic) === name) ??
    nics.find((nic) => !isOurInterface(nic) && mac !== undefined && macOf(nic) === mac)
  );
}

/** libvirt and the kernel's tools differ in one word (R92). */
const toLibvirt = (mode: string): string => (mode === "passthru" ? "passthrough" : mode);
const fromLibvirt = (mode: string | undefined): string | undefined =>
  mode === "passthrough" ? "passthru" : mode;

function sourceOf(
  spec: InterfaceSpec,
  defaultMode: string,
  current: XmlElement | undefined,
): { type: string; source?: XmlElement } {
  if (spec.ethernet === true) return { type: "ethernet" };
  if (spec.user === true) return { type: "user" };
  if (spec.vhostUser !== undefined) {
    const { path, mode } = spec.vhostUser;
    return { type: "vhostuser", source: el("source", { type: "unix", path, mode }) };
  }
  if (spec.network !== undefined) return { type: "network", source: el("source", { network: spec.network }) };
  if (spec.bridge !== undefined) return { type: "bridge", source: el("source", { bridge: spec.bridge }) };
  // The host's default mode counts when an interface is made; one that exists keeps its mode (R91).
  const kept =
    attribute(current, "type") === "direct" ? attribute(find(current, "source"), "mode") : undefined;
  const mode =
    spec.macvlanMode === undefined ? (kept ?? toLibvirt(defaultMode)) : toLibvirt(spec.macvlanMode);
  return { type: "direct", source: el("source", { dev: spec.macvlan, mode }) };
}

/** The element of an interface: a new one, or what is there with what the spec says set in it. */
export function interfaceElement(
  spec: InterfaceSpec,
  defaultMode: string,
  current: XmlElement | undefined,
  adopted = false,
): XmlElement {
  const nic = current ?? el("interface");
  if (spec.sriov !== undefined) return hostDevice(nic, spec, spec.sriov, adopted);
  const { type, source } = sourceOf(spec, defaultMode, current);
  const before = find(nic, "source");
  // A source that leads to the same place may carry more than we know, such as a port group.
  const same =
    attribute(nic, "type") === type &&
    Object.entries(source?.attributes ?? {}).every(([key, value]) => attribute(before, key) === value);
  if (attribute(nic, "type") === "hostdev") delete nic.attributes["managed"];
  nic.attributes["type"] = type;
  if (spec.mac !== undefined) setChild(nic, "mac", el("mac", { address: spec.mac }));
  if (!same) setChild(nic, "source", source);
  if (spec.vhostUser !== undefined) setReconnect(find(nic, "source"), spec.vhostUser.reconnect, adopted);
  if (spec.model !== undefined || find(nic, "model") === undefined)
    setChild(nic, "model", el("model", { type: spec.model ?? "virtio" }));
  if (spec.targetDev !== undefined) setChild(nic, "target", el("target", { dev: spec.targetDev }));
  return finished(nic, spec, adopted);
}

/** After how many seconds QEMU calls the switch again. */
function setReconnect(source: XmlElement | undefined, timeout: number | undefined, adopted: boolean): void {
  if (source === undefined || (adopted && timeout === undefined)) return;
  const said = timeout === undefined ? undefined : el("reconnect", { enabled: "yes", timeout });
  setChild(source, "reconnect", said);
}

function readVhostUser(source: XmlElement | undefined): InterfaceSpec["vhostUser"] {
  const again = find(source, "reconnect");
  const timeout = attribute(again, "enabled") === "yes" ? attribute(again, "timeout") : undefined;
  return {
    path: attribute(source, "path") ?? "",
    mode: attribute(source, "mode") === "server" ? "server" : "client",
    reconnect: timeout === undefined ? undefined : Number(timeout),
  };
}

/** A function of an SR-IOV card: the guest has the device itself, so nothing of the host's side is left to say (R175). */
function hostDevice(nic: XmlElement, spec: InterfaceSpec, address: string, adopted: boolean): XmlElement {
  for (const name of ["model", "target", "driver"]) setChild(nic, name, undefined);
  Object.assign(nic.attributes, { type: "hostdev", managed: "yes" });
  if (spec.mac !== undefined) setChild(nic, "mac", el("mac", { address: spec.mac }));
  const pci = pciElement(address);
  pci.attributes = { type: "pci", ...pci.attributes };
  if (pciText(find(nic, "source", "address")) !== address) setChild(nic, "source", el("source", {}, pci));
  return finished(nic, spec, adopted);
}

function finished(nic: XmlElement, spec: InterfaceSpec, adopted: boolean): XmlElement {
  // The host makes one for a port that names none, and the switch knows the port by it.
  const kept = "virtualPort.interfaceId";
  const left = spec.virtualPort !== undefined;
  writeBound(nic, interfaceBindings, { ...spec }, (path) => !adopted && !(left && path === kept));
  if (!adopted || spec.bootOrder !== undefined)
    setChild(nic, "boot", spec.bootOrder === undefined ? undefined : el("boot", { order: spec.bootOrder }));
  setChild(nic, "alias", el("alias", { name: PREFIX + spec.name }));
  return nic;
}

export function readInterface(nic: XmlElement): Partial<InterfaceSpec> & { name: string } {
  const type = attribute(nic, "type");
  const source = find(nic, "source");
  const order = attribute(find(nic, "boot"), "order");
  const target = attribute(find(nic, "target"), "dev");
  return {
    ...(readBound(nic, interfaceBindings) as Partial<InterfaceSpec>),
    name: interfaceName(nic),
    sriov: type === "hostdev" ? pciText(find(source, "address")) : undefined,
    ethernet: type === "ethernet" ? true : undefined,
    user: type === "user" ? true : undefined,
    vhostUser: type === "vhostuser" ? readVhostUser(source) : undefined,
    network: type === "network" ? attribute(source, "network") : undefined,
    bridge: type === "bridge" ? attribute(source, "bridge") : undefined,
    macvlan: type === "direct" ? attribute(source, "dev") : undefined,
    macvlanMode: (type === "direct"
      ? fromLibvirt(attribute(source, "mode"))
      : undefined) as InterfaceSpec["macvlanMode"],
    mac: macOf(nic),
    model: attribute(find(nic, "model"), "type"),
    // The live definition carries the kernel's own names here; they are no configuration.
    targetDev:
      !target || type === "vhostuser" || /^(vnet|macvtap|vif|macvlan)\d/.test(target) ? undefined : target,
    bootOrder: order === undefined ? undefined : Number(order),
  };
}
