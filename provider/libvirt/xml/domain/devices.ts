import type { VmSpec } from "../../../schema/vm";
import { targetPrefix, type DiskSpec } from "../../../schema/vm/disk";
import { diskElement, diskNamed, diskTarget, disksOf, isOurDisk, diskName, type Medium } from "./disks";
import { interfaceElement, interfaceName, interfaceNamed, interfacesOf, isOurInterface } from "./interfaces";
import { attribute, childrenOf, el, find, removeChild, type XmlElement } from "../tree";

const AGENT_CHANNEL = "org.qemu.guest_agent.0";

/** Disks of the program; those made by hand that it does not name stay. */
export function setDisks(
  domain: XmlElement,
  devices: XmlElement,
  specs: VmSpec["disks"],
  sources: ReadonlyMap<string, Medium>,
  adopted: boolean,
): void {
  const names = new Set(specs.map(({ name }) => name));
  for (const disk of disksOf(domain))
    if (isOurDisk(disk) && !names.has(diskName(disk))) removeChild(devices, disk);
  for (const spec of specs) {
    const source = sources.get(spec.name);
    const existing = diskNamed(domain, spec, source === "none" ? undefined : source?.path);
    const placed = existing === undefined ? { ...spec, ...placeFor(domain, spec) } : spec;
    const element = diskElement(placed, source, existing, adopted);
    if (existing === undefined) devices.children.push(element);
  }
  if (disksOf(domain).some((disk) => attribute(find(disk, "target"), "bus") === "scsi")) ensureScsi(devices);
}

/** A disk that names no bus gets its kind's; one that names no target the first that is free there. */
function placeFor(domain: XmlElement, { bus, target, device }: DiskSpec): Pick<DiskSpec, "bus" | "target"> {
  const chosen = bus ?? (device === "cdrom" ? "sata" : device === "floppy" ? "fdc" : "virtio");
  const taken = new Set(disksOf(domain).map(diskTarget));
  const free = letters().find((letter) => !taken.has(targetPrefix(chosen) + letter)) ?? "a";
  return { bus: chosen, target: target ?? targetPrefix(chosen) + free };
}

function letters(): string[] {
  const alphabet = [..."abcdefghijklmnopqrstuvwxyz"];
  return [...alphabet, ...alphabet.flatMap((first) => alphabet.map((second) => first + second))];
}

/** By itself libvirt adds an emulated LSI, which guests of today have no driver for. */
function ensureScsi(devices: XmlElement): void {
  if (scsiControllerOf(devices) === undefined)
    devices.children.push(el("controller", { type: "scsi", index: 0, model: "virtio-scsi" }));
}

export function scsiControllerOf(devices: XmlElement | undefined): XmlElement | undefined {
  return childrenOf(devices, "controller").find((controller) => attribute(controller, "type") === "scsi");
}

export function setInterfaces(
  domain: XmlElement,
  devices: XmlElement,
  specs: VmSpec["interfaces"],
  defaultMacvlanMode: string,
  adopted: boolean,
): void {
  const names = new Set(specs.map(({ name }) => name));
  for (const nic of interfacesOf(domain))
    if (isOurInterface(nic) && !names.has(interfaceName(nic))) removeChild(devices, nic);
  for (const spec of specs) {
    const existing = interfaceNamed(domain, spec);
    const element = interfaceElement(spec, defaultMacvlanMode, existing, adopted);
    if (existing === undefined) devices.children.push(element);
  }
}

/** Lines that the program names itself have aliases; the console that libvirt shows for the first line has that line's. */
function isNamed(device: XmlElement): boolean {
  return attribute(find(device, "alias"), "name")?.startsWith("ua-") ?? false;
}

const LINES = ["serial", "console"] as const;

export function setConsole(devices: XmlElement, wanted: boolean): void {
  // libvirt makes it anew for whatever is the first line by then.
  for (const child of childrenOf(devices, "console"))
    if (attribute(find(child, "target"), "type") === "serial" && isNamed(child)) removeChild(devices, child);
  if (!wanted) {
    for (const name of LINES)
      for (const child of childrenOf(devices, name)) if (!isNamed(child)) removeChild(devices, child);
    return;
  }
  // In front of the program's own lines: the first is the one that the firmware and the kernel talk to.
  for (const name of LINES)
    if (!childrenOf(devices, name).some((child) => !isNamed(child)))
      devices.children.unshift(el(name, { type: "pty" }));
}

export function hasConsole(domain: XmlElement): boolean {
  return childrenOf(find(domain, "devices"), "console").some((child) => !isNamed(child));
}

function agentOf(devices: XmlElement | undefined): XmlElement | undefined {
  return childrenOf(devices, "channel").find(
    (channel) => attribute(find(channel, "target"), "name") === AGENT_CHANNEL,
  );
}

export function setAgent(devices: XmlElement, wanted: boolean): void {
  const channel = agentOf(devices);
  if (wanted && channel === undefined)
    devices.children.push(
      el("channel", { type: "unix" }, el("target", { type: "virtio", name: AGENT_CHANNEL })),
    );
  if (!wanted && channel !== undefined) removeChild(devices, channel);
}

export function hasAgent(domain: XmlElement): boolean {
  return agentOf(find(domain, "devices")) !== undefined;
}
