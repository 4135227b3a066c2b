import type { VmSpec } from "../../schema/vm";
import { sameMachine } from "../../schema/vmSame";
import { diskElement, diskName, diskPath, disksOf, type DiskSource } from "./domainDisks";
import { interfaceElement, interfaceName, interfacesOf, macOf } from "./domainInterfaces";
import { readMark, writeMark, type Mark } from "./metadata";
import { mergeRaw, withdrawRaw } from "./raw";
import {
  attribute,
  childrenOf,
  clone,
  el,
  ensureChild,
  find,
  removeChild,
  setChild,
  setText,
  textOf,
  type XmlElement,
} from "./tree";

/** What a definition needs beyond the program's words: looked up on the host before. */
export interface DomainContext {
  readonly name: string;
  readonly uuid?: string;
  readonly arch: string;
  readonly domainType: string;
  readonly defaultMacvlanMode: string;
  /** Images of disks by the disk's name; absent for a drive without a medium. */
  readonly sources: ReadonlyMap<string, DiskSource>;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly mark: Mark;
}

const KIB_PER_MIB = 1024;
/** Free PCIe ports for devices that are plugged in later; q35 has none to spare by itself. */
const SPARE_PORTS = 10;

/**
 * The definition of a VM: a new one, or the current one with what the program says set in it. Elements that we do not
 * know are kept, so nothing that was made by hand is lost by a change of ours. A field that is `undefined` in the spec
 * of an adopted VM is left as it is.
 */
export function domainXml(spec: Partial<VmSpec>, context: DomainContext, current?: XmlElement): XmlElement {
  const domain = current === undefined ? skeleton(spec, context) : clone(current);
  withdrawRaw(domain, readMark(domain)?.raw ?? []);
  setText(domain, "name", context.name);
  if (spec.owner !== undefined && spec.adopt === undefined) {
    setText(domain, "title", spec.title);
    setText(domain, "description", spec.description);
  } else {
    if (spec.title !== undefined) setText(domain, "title", spec.title);
    if (spec.description !== undefined) setText(domain, "description", spec.description);
  }
  setSizes(domain, spec);
  setOs(domain, spec, context);
  if (spec.cpuMode !== undefined) setCpu(domain, spec.cpuMode);
  const devices = ensureChild(domain, "devices");
  if (spec.emulator !== undefined) setText(devices, "emulator", spec.emulator);
  if (spec.disks !== undefined) setDisks(devices, domain, spec.disks, context);
  if (spec.interfaces !== undefined) setInterfaces(devices, domain, spec.interfaces, context);
  if (spec.console !== undefined) setConsole(devices, spec.console);
  if (spec.guestAgent !== undefined) setAgent(devices, spec.guestAgent);
  writeMark(domain, { ...context.mark, raw: spec.raw ?? readMark(domain)?.raw ?? [] });
  mergeRaw(domain, spec.raw ?? readMark(domain)?.raw ?? []);
  return domain;
}

function skeleton(spec: Partial<VmSpec>, { arch, domainType }: DomainContext): XmlElement {
  const x86 = arch === "x86_64" || arch === "i686";
  const machine = spec.os?.machine ?? (x86 ? "q35" : arch === "aarch64" ? "virt" : undefined);
  const pcie = machine !== undefined && /q35|virt/.test(machine);
  const ports = pcie
    ? Array.from({ length: SPARE_PORTS + (spec.disks?.length ?? 0) + (spec.interfaces?.length ?? 0) }, () =>
        el("controller", { type: "pci", model: "pcie-root-port" }),
      )
    : [];
  return el(
    "domain",
    { type: domainType },
    el("os", {}, el("type", { arch, machine }, "hvm")),
    x86 ? el("features", {}, el("acpi"), el("apic")) : el("features", {}, el("acpi")),
    cpuOf(spec.cpuMode, domainType),
    el("clock", { offset: "utc" }),
    el("on_poweroff", {}, "destroy"),
    el("on_reboot", {}, "restart"),
    el("on_crash", {}, "destroy"),
    el(
      "devices",
      {},
      ...(pcie ? [el("controller", { type: "pci", model: "pcie-root" })] : []),
      ...ports,
      el("memballoon", { model: "virtio" }),
      el("rng", { model: "virtio" }, el("backend", { model: "random" }, "/dev/urandom")),
    ),
  );
}

function cpuOf(mode: VmSpec["cpuMode"], domainType: string): XmlElement | undefined {
  const chosen = mode ?? (domainType === "kvm" ? "host-passthrough" : undefined);
  return chosen === undefined ? undefined : el("cpu", { mode: chosen });
}

function setCpu(domain: XmlElement, mode: string): void {
  const cpu = find(domain, "cpu");
  if (attribute(cpu, "mode") !== mode) setChild(domain, "cpu", el("cpu", { mode }));
}

function setSizes(domain: XmlElement, { cores, maxCores, memory, maxMemory }: Partial<VmSpec>): void {
  if (cores !== undefined) {
    const max = maxCores ?? cores;
    const vcpu = find(domain, "vcpu") ?? el("vcpu", { placement: "static" });
    if (max === cores) delete vcpu.attributes["current"];
    else vcpu.attributes["current"] = String(cores);
    vcpu.children = [String(max)];
    setChild(domain, "vcpu", vcpu);
  }
  if (memory !== undefined) {
    setChild(domain, "memory", el("memory", { unit: "KiB" }, String((maxMemory ?? memory) * KIB_PER_MIB)));
    setChild(domain, "currentMemory", el("currentMemory", { unit: "KiB" }, String(memory * KIB_PER_MIB)));
  }
}

function setOs(domain: XmlElement, spec: Partial<VmSpec>, { kernel, initrd }: DomainContext): void {
  const os = ensureChild(domain, "os");
  const { os: wanted } = spec;
  const type = find(os, "type");
  if (
    wanted?.machine !== undefined &&
    type !== undefined &&
    !sameMachine(wanted.machine, attribute(type, "machine"))
  ) {
    type.attributes["machine"] = wanted.machine;
  }
  if (spec.adopt !== undefined && wanted === undefined) return;
  setText(os, "kernel", kernel);
  setText(os, "initrd", initrd);
  setText(os, "cmdline", cmdlineOf(wanted));
  setBoot(os, spec);
}

/** OpenNebula's ROOT goes in front of the command line (R119). */
function cmdlineOf(os: VmSpec["os"]): string | undefined {
  if (os === undefined) return undefined;
  const root =
    os.root === undefined ? undefined : `root=${os.root.startsWith("/") ? os.root : `/dev/${os.root}`}`;
  return [root, os.cmdline].filter((part) => part !== undefined).join(" ") || undefined;
}

/** libvirt takes an order by kind or by device, never both. */
function setBoot(os: XmlElement, { os: wanted, disks = [], interfaces = [] }: Partial<VmSpec>): void {
  const perDevice = [...disks, ...interfaces].some(({ bootOrder }) => bootOrder !== undefined);
  for (const boot of childrenOf(os, "boot")) removeChild(os, boot);
  if (perDevice) return;
  for (const dev of wanted?.boot ?? ["hd"]) os.children.push(el("boot", { dev }));
}

function setDisks(
  devices: XmlElement,
  domain: XmlElement,
  specs: VmSpec["disks"],
  { sources }: DomainContext,
): void {
  const current = disksOf(domain);
  const names = new Set(specs.map(({ name }) => name));
  for (const disk of current)
    if (isOurs(disk, "ua-disk-") && !names.has(diskName(disk))) removeChild(devices, disk);
  for (const spec of specs) {
    const existing =
      current.find((disk) => diskName(disk) === spec.name) ??
      current.find(
        (disk) => !isOurs(disk, "ua-disk-") && attribute(find(disk, "target"), "dev") === spec.target,
      );
    const source = sources.get(spec.name);
    const element = diskElement(spec, source ?? keptSource(existing), existing);
    if (existing === undefined) devices.children.push(element);
  }
}

function keptSource(disk: XmlElement | undefined): DiskSource | undefined {
  const path = disk && diskPath(disk);
  return path === undefined
    ? undefined
    : {
        path,
        format: attribute(find(disk, "driver"), "type") ?? "raw",
        block: attribute(disk, "type") === "block",
      };
}

function setInterfaces(
  devices: XmlElement,
  domain: XmlElement,
  specs: VmSpec["interfaces"],
  { defaultMacvlanMode }: DomainContext,
): void {
  const current = interfacesOf(domain);
  const names = new Set(specs.map(({ name }) => name));
  for (const nic of current)
    if (isOurs(nic, "ua-nic-") && !names.has(interfaceName(nic))) removeChild(devices, nic);
  for (const spec of specs) {
    const existing =
      current.find((nic) => interfaceName(nic) === spec.name) ??
      current.find((nic) => !isOurs(nic, "ua-nic-") && macOf(nic) === spec.mac);
    const element = interfaceElement(spec, defaultMacvlanMode, existing);
    if (existing === undefined) devices.children.push(element);
  }
}

function isOurs(device: XmlElement, prefix: string): boolean {
  return attribute(find(device, "alias"), "name")?.startsWith(prefix) ?? false;
}

function setConsole(devices: XmlElement, wanted: boolean): void {
  if (!wanted) {
    for (const name of ["serial", "console"])
      for (const child of childrenOf(devices, name)) removeChild(devices, child);
    return;
  }
  if (find(devices, "serial") === undefined) devices.children.push(el("serial", { type: "pty" }));
  if (find(devices, "console") === undefined) devices.children.push(el("console", { type: "pty" }));
}

export const AGENT_CHANNEL = "org.qemu.guest_agent.0";

function agentOf(devices: XmlElement | undefined): XmlElement | undefined {
  return childrenOf(devices, "channel").find(
    (channel) => attribute(find(channel, "target"), "name") === AGENT_CHANNEL,
  );
}

function setAgent(devices: XmlElement, wanted: boolean): void {
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

export function nameOf(domain: XmlElement): string {
  return textOf(find(domain, "name")) ?? "";
}

export function uuidOf(domain: XmlElement): string {
  return textOf(find(domain, "uuid")) ?? "";
}
