import type { VmSpec } from "../../../schema/vm";
import { sameMachine } from "../../../schema/vm/same";
import { isAdopted } from "../../../schema/table/adopted";
import { setAgent, setConsole, setDisks, setInterfaces } from "./devices";
import type { Medium } from "./disks";
import { setModules } from "./modules";
import { readMark, writeMark, type Mark } from "../metadata";
import { setModel } from "../model";
import { mergeRaw, withdrawRaw } from "../raw";
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
} from "../tree";

/** What a definition needs beyond the program's words: looked up on the host before. */
export interface DomainContext {
  readonly name: string;
  readonly arch: string;
  readonly domainType: string;
  readonly defaultMacvlanMode: string;
  /** Images of disks by the disk's name; one that is absent stays as it is. */
  readonly sources: ReadonlyMap<string, Medium>;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly mark: Mark;
}

const KIB_PER_MIB = 1024;
/** PCIe ports beyond those of the program's own devices: the virtual hardware takes four, ten are free to plug into. */
const SPARE_PORTS = 14;

/**
 * The definition of a VM: a new one, or the current one with what the program says set in it. Elements that we do not
 * know are kept, so nothing that was made by hand is lost by a change of ours. A field that is `undefined` in the spec
 * of an adopted VM is left as it is.
 */
export function domainXml(spec: Partial<VmSpec>, context: DomainContext, current?: XmlElement): XmlElement {
  const domain = current === undefined ? skeleton(spec, context) : clone(current);
  const adopted = isAdopted(spec);
  const mark = readMark(domain);
  const earlierRaw = mark?.raw ?? [];
  const raw = spec.raw ?? earlierRaw;
  const dropped = earlierRaw.filter((text) => !raw.includes(text));
  withoutRaw(domain, dropped, spec, context);
  setText(domain, "name", context.name);
  if (!adopted || spec.title !== undefined) setText(domain, "title", nonEmpty(spec.title));
  if (!adopted || spec.description !== undefined) setText(domain, "description", nonEmpty(spec.description));
  setSizes(domain, spec);
  const devices = ensureChild(domain, "devices");
  if (spec.emulator !== undefined) setText(devices, "emulator", spec.emulator);
  if (spec.disks !== undefined) setDisks(domain, devices, spec.disks, context.sources, adopted);
  if (spec.interfaces !== undefined)
    setInterfaces(domain, devices, spec.interfaces, context.defaultMacvlanMode, adopted);
  if (spec.console !== undefined) setConsole(devices, spec.console);
  if (spec.guestAgent !== undefined) setAgent(devices, spec.guestAgent);
  const given = setModel(domain, devices, spec, mark?.given ?? [], adopted);
  if (spec.memoryHotplug !== undefined) setModules(domain, devices, spec);
  setOs(domain, devices, spec, context);
  writeMark(domain, { ...context.mark, raw, given });
  mergeRaw(domain, raw);
  alikeWatchdogs(devices);
  return domain;
}

/**
 * Since libvirt 9.1 the definition of a q35 machine names the watchdog that is part of its board, with the action of its first
 * definition; libvirt wants the same of every watchdog, so that one follows the program's.
 */
function alikeWatchdogs(devices: XmlElement): void {
  const watchdogs = childrenOf(devices, "watchdog");
  const isOfBoard = (watchdog: XmlElement): boolean => attribute(watchdog, "model") === "itco";
  const action = attribute(
    watchdogs.find((watchdog) => !isOfBoard(watchdog)),
    "action",
  );
  if (action === undefined) return;
  for (const watchdog of watchdogs.filter(isOfBoard)) watchdog.attributes["action"] = action;
}

/** libvirt drops an empty element, so an empty text is none. */
function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
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
    ...(spec.uuid === undefined ? [] : [el("uuid", {}, spec.uuid)]),
    el("os", {}, el("type", { arch, machine }, "hvm")),
    x86 ? el("features", {}, el("acpi"), el("apic")) : el("features", {}, el("acpi")),
    cpuOf(spec.cpu?.mode, domainType),
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

/** What raw XML has overwritten comes back as it would have been made without it. */
function withoutRaw(
  domain: XmlElement,
  raw: readonly string[],
  spec: Partial<VmSpec>,
  { domainType }: DomainContext,
): void {
  const hadCpu = find(domain, "cpu") !== undefined;
  withdrawRaw(domain, raw);
  const cpu = find(domain, "cpu");
  const unnamed = attribute(cpu, "mode") === "custom" && find(cpu, "model") === undefined;
  if (hadCpu && (cpu === undefined || unnamed)) setChild(domain, "cpu", cpuOf(spec.cpu?.mode, domainType));
}

function cpuOf(mode: string | undefined, domainType: string): XmlElement | undefined {
  const chosen = mode ?? (domainType === "kvm" ? "host-passthrough" : undefined);
  return chosen === undefined ? undefined : el("cpu", { mode: chosen });
}

function setSizes(
  domain: XmlElement,
  { cores, maxCores, memory, maxMemory, memoryHotplug }: Partial<VmSpec>,
): void {
  if (cores !== undefined) {
    const max = maxCores ?? cores;
    const vcpu = find(domain, "vcpu") ?? el("vcpu", { placement: "static" });
    if (max === cores) delete vcpu.attributes["current"];
    else vcpu.attributes["current"] = String(cores);
    vcpu.children = [String(max)];
    setChild(domain, "vcpu", vcpu);
  }
  if (memory !== undefined && memoryHotplug === undefined) {
    setChild(domain, "memory", el("memory", { unit: "KiB" }, String((maxMemory ?? memory) * KIB_PER_MIB)));
    setChild(domain, "currentMemory", el("currentMemory", { unit: "KiB" }, String(memory * KIB_PER_MIB)));
  }
}

function setOs(
  domain: XmlElement,
  devices: XmlElement,
  spec: Partial<VmSpec>,
  { kernel, initrd }: DomainContext,
): void {
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
  if (!isAdopted(spec) || wanted !== undefined) {
    setText(os, "kernel", kernel);
    setText(os, "initrd", initrd);
    setText(os, "cmdline", cmdlineOf(wanted));
  }
  setBoot(os, devices, spec);
}

/** OpenNebula's ROOT goes in front of the command line (R119). */
function cmdlineOf(os: VmSpec["os"]): string | undefined {
  if (os === undefined) return undefined;
  const root =
    os.root === undefined ? undefined : `root=${os.root.startsWith("/") ? os.root : `/dev/${os.root}`}`;
  return [root, os.cmdline].filter((part) => part !== undefined).join(" ") || undefined;
}

/** libvirt takes an order by kind or by device, never both. */
function setBoot(os: XmlElement, devices: XmlElement, spec: Partial<VmSpec>): void {
  const perDevice = childrenOf(devices).some((device) => find(device, "boot") !== undefined);
  if (!perDevice && spec.os?.boot === undefined && isAdopted(spec)) return;
  const current = childrenOf(os, "boot");
  const wanted: readonly string[] = perDevice ? [] : (spec.os?.boot ?? ["hd"]);
  if (wanted.join() === current.map((boot) => attribute(boot, "dev")).join()) return;
  for (const boot of current) removeChild(os, boot);
  for (const dev of wanted) os.children.push(el("boot", { dev }));
}

export function nameOf(domain: XmlElement): string {
  return textOf(find(domain, "name")) ?? "";
}
