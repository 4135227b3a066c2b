import type { VmSpec } from "../../../schema/vm";
import { hasAgent, hasConsole } from "./devices";
import { disksOf, readDisk } from "./disks";
import { interfacesOf, readInterface } from "./interfaces";
import { readMark } from "../metadata";
import { readModel } from "../model";
import { attribute, childrenOf, find, textOf, type XmlElement } from "../tree";
import { memoryMiB } from "../units";

/** What a definition says in the table's words: the program's view of it, without what libvirt fills in. */
export function readDomain(domain: XmlElement): Partial<VmSpec> {
  const mark = readMark(domain);
  const model = readModel(domain) as Partial<VmSpec>;
  const plain = readPlain(domain);
  return {
    title: textOf(find(domain, "title")),
    description: textOf(find(domain, "description")),
    ...plain,
    domainType: attribute(domain, "type") as VmSpec["domainType"],
    ...model,
    os: { ...model.os, ...plain.os } as VmSpec["os"],
    disks: disksOf(domain).map(readDisk) as VmSpec["disks"],
    interfaces: interfacesOf(domain).map(readInterface) as VmSpec["interfaces"],
    raw: [...(mark?.raw ?? [])],
    zone: mark?.zone,
    resourcePool: mark?.resourcePool,
    tags: mark === undefined ? undefined : [...(mark.tags ?? [])],
  };
}

/** Sizes, what boots, and what else stands outside of the model and of the lists of devices. */
export function readPlain(domain: XmlElement): Partial<VmSpec> {
  const vcpu = find(domain, "vcpu");
  const max = Number(textOf(vcpu) ?? 1);
  const whole = memoryMiB(find(domain, "memory"));
  return {
    cores: Number(attribute(vcpu, "current") ?? max),
    maxCores: max,
    memory: memoryMiB(find(domain, "currentMemory")) ?? whole,
    maxMemory: memoryMiB(find(domain, "maxMemory")) ?? whole,
    emulator: textOf(find(domain, "devices", "emulator")),
    os: readOs(domain),
    guestAgent: hasAgent(domain),
    console: hasConsole(domain),
  };
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
