import type { VmSpec } from "../../../schema/vm";
import { sameMachine } from "../../../schema/vm/same";
import { diskKind, interfaceKind, type DeviceKind } from "./changes";
import { diskPlace, readDisk } from "./disks";
import { readInterface } from "./interfaces";
import { readPlain } from "./read";
import { readRemote, spelledOut } from "../model/diskSource";
import { readMark } from "../metadata";
import { pendingModel, same, sameModules } from "../model";
import type { XmlElement } from "../tree";

/**
 * Fields whose configured value a running guest does not have yet, by name and sorted. The balloon takes its time, so
 * `memory` counts only where it is beyond what the guest was started with; a title or a description is only text, and never waits for a restart.
 */
export function pendingFields(configured: XmlElement, live: XmlElement): string[] {
  const [a, b] = [readPlain(configured), readPlain(live)];
  const scalars = (["emulator", "guestAgent", "console"] as const).filter((key) => a[key] !== b[key]);
  const os = (["kernel", "initrd", "cmdline", "boot"] as const)
    .filter((key) => JSON.stringify(a.os?.[key]) !== JSON.stringify(b.os?.[key]))
    .map((key) => `os.${key}`);
  const fields = [
    ...scalars,
    ...pendingSizes(a, b),
    ...(sameModules(configured, live) ? [] : ["memory"]),
    ...os,
    ...(sameMachine(a.os?.machine, b.os?.machine) ? [] : ["os.machine"]),
    ...pendingModel(configured, live),
    ...(sameTexts(readMark(configured)?.raw, readMark(live)?.raw) ? [] : ["raw"]),
    ...(sameDevices(diskKind, diskWithPath, configured, live) ? [] : ["disks"]),
    ...(sameDevices(interfaceKind, readInterface, configured, live) ? [] : ["interfaces"]),
  ];
  return [...new Set(fields)].sort();
}

/** Without a maximum of its own, what is configured is the maximum as well: then it is the plain field that waits. */
function pendingSizes(a: Partial<VmSpec>, b: Partial<VmSpec>): string[] {
  const cores = a.cores !== b.cores;
  const memory = Number(a.memory) > Number(b.maxMemory);
  const maxCores = a.maxCores !== b.maxCores && !(cores && a.maxCores === a.cores);
  const maxMemory = a.maxMemory !== b.maxMemory && !(memory && a.maxMemory === a.memory);
  return Object.entries({ cores, memory, maxCores, maxMemory }).flatMap(([name, waits]) =>
    waits ? [name] : [],
  );
}

/** The mark in the running guest's definition is the one with which it was started. */
function sameTexts(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}

/** An empty drive of a running guest has forgotten its format, and one that is shared goes past the host's cache anyway. */
function diskWithPath(disk: XmlElement): object {
  const [path, told] = [diskPlace(disk), readDisk(disk)];
  const cache = told.shareable === true && told.cache === "none" ? undefined : told.cache;
  const said = { ...told, cache, remote: spelledOut(readRemote(disk)) };
  return path === undefined ? { ...said, format: undefined } : { ...said, path };
}

/** Devices are compared by what the program can say of them, whatever their order and their aliases. */
function sameDevices(
  kind: DeviceKind,
  read: (device: XmlElement) => object,
  configured: XmlElement,
  live: XmlElement,
): boolean {
  const devices = kind.all(configured);
  return (
    devices.length === kind.all(live).length &&
    devices.every((device) => {
      const other = kind.counterpart(live, device);
      return other !== undefined && sameFields(read(device), read(other));
    })
  );
}

function sameFields(a: object, b: object): boolean {
  const [mine, other] = [a, b] as Readonly<Record<string, unknown>>[];
  for (const key in { ...mine, ...other })
    if (key !== "name" && !same(mine?.[key], other?.[key])) return false;
  return true;
}
