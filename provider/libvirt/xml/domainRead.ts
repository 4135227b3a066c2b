import type { VmSpec } from "../../schema/vm";
import { hasAgent } from "./domainDevices";
import { disksOf, readDisk } from "./domainDisks";
import { interfacesOf, readInterface } from "./domainInterfaces";
import { readMark } from "./metadata";
import { attribute, childrenOf, find, textOf, type XmlElement } from "./tree";

const KIB: Readonly<Record<string, number>> = {
  b: 1 / 1024,
  bytes: 1 / 1024,
  kb: 1000 / 1024,
  k: 1,
  kib: 1,
  mb: 1e6 / 1024,
  m: 1024,
  mib: 1024,
  g: 2 ** 20,
  gib: 2 ** 20,
  gb: 1e9 / 1024,
  t: 2 ** 30,
  tib: 2 ** 30,
  tb: 1e12 / 1024,
};

/** MiB of `<memory unit='…'>`; libvirt's own unit is KiB. */
function memoryMiB(element: XmlElement | undefined): number | undefined {
  const amount = textOf(element);
  if (amount === undefined) return undefined;
  return Math.round(
    (Number(amount) * (KIB[(attribute(element, "unit") ?? "KiB").toLowerCase()] ?? 1)) / 1024,
  );
}

/** What a definition says in the table's words: the program's view of it, without what libvirt fills in. */
export function readDomain(domain: XmlElement): Partial<VmSpec> {
  const vcpu = find(domain, "vcpu");
  const max = Number(textOf(vcpu) ?? 1);
  const cores = Number(attribute(vcpu, "current") ?? max);
  const maxMemory = memoryMiB(find(domain, "memory"));
  const memory = memoryMiB(find(domain, "currentMemory")) ?? maxMemory;
  const mark = readMark(domain);
  return {
    title: textOf(find(domain, "title")),
    description: textOf(find(domain, "description")),
    cores,
    maxCores: max,
    memory,
    maxMemory,
    domainType: attribute(domain, "type") as VmSpec["domainType"],
    emulator: textOf(find(domain, "devices", "emulator")),
    cpuMode: cpuMode(domain),
    os: readOs(domain),
    disks: disksOf(domain).map(readDisk) as VmSpec["disks"],
    interfaces: interfacesOf(domain).map(readInterface) as VmSpec["interfaces"],
    guestAgent: hasAgent(domain),
    console: childrenOf(find(domain, "devices"), "console").length > 0,
    raw: [...(mark?.raw ?? [])],
    zone: mark?.zone,
    resourcePool: mark?.resourcePool,
    tags: mark === undefined ? undefined : [...(mark.tags ?? [])],
  };
}

function cpuMode(domain: XmlElement): VmSpec["cpuMode"] {
  const mode = attribute(find(domain, "cpu"), "mode");
  return mode === "host-passthrough" || mode === "host-model" || mode === "maximum" ? mode : undefined;
}

/** `root` is part of the command line on the host, so it is not told apart here. */
function readOs(domain: XmlElement): VmSpec["os"] {
  const os = find(domain, "os");
  const boot = childrenOf(os, "boot").flatMap((child) => attribute(child, "dev") ?? []);
  const type = find(os, "type");
  return {
    arch: attribute(type, "arch"),
    machine: attribute(type, "machine"),
    kernel: textOf(find(os, "kernel")),
    initrd: textOf(find(os, "initrd")),
    cmdline: textOf(find(os, "cmdline")),
    boot: boot as NonNullable<VmSpec["os"]>["boot"],
  } as VmSpec["os"];
}
