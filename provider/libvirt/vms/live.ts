import { setTimeout as sleep } from "node:timers/promises";
import { DriverError, hasCode } from "../../driver/errors";
import type { NamedVmSpec } from "../../driver/contract";
import { VIR_DOMAIN_AFFECT_LIVE, VIR_DOMAIN_BLOCK_RESIZE_BYTES } from "../rpc/constants.gen";
import type { RemoteNonnullDomain as Dom } from "../rpc/procedures.gen";
import { formatBytes } from "../../schema/units";
import type { LibvirtSession } from "../session";
import { readDomain } from "../xml/domainRead";
import { diskName, diskPath, disksOf } from "../xml/domainDisks";
import { interfaceName, interfacesOf } from "../xml/domainInterfaces";
import { attribute, clone, find, formatXml, parseXml, setChild, type XmlElement } from "../xml/tree";
import { currentCapacity, type PlannedDisk } from "./disks";
import type { DomainView } from "./observe";

const DETACH_TRIES = 3;
const DETACH_WAIT_MS = 2000;

/**
 * Brings a running guest to its new definition as far as the hypervisor can: devices, cores, memory. What it cannot do,
 * or what the guest does not go along with, is left to the next start and shows as a difference between the two.
 */
export async function syncLive(
  session: LibvirtSession,
  view: DomainView,
  live: XmlElement,
  wanted: XmlElement,
  spec: NamedVmSpec,
): Promise<void> {
  await syncDevices(session, view, disksOf(live), disksOf(wanted), diskName);
  await syncDevices(session, view, interfacesOf(live), interfacesOf(wanted), interfaceName);
  await syncSizes(session, view, live, spec);
}

async function syncSizes(
  session: LibvirtSession,
  { dom }: DomainView,
  live: XmlElement,
  spec: NamedVmSpec,
): Promise<void> {
  const now = readDomain(live);
  const { cores, memory } = spec;
  if (cores !== undefined && cores !== now.cores && cores <= (now.maxCores ?? now.cores ?? 0)) {
    await tolerate(
      session.call("domain_set_vcpus_flags", { dom, nvcpus: cores, flags: VIR_DOMAIN_AFFECT_LIVE }),
    );
  }
  if (memory !== undefined && memory !== now.memory && memory <= (now.maxMemory ?? now.memory ?? 0)) {
    await tolerate(
      session.call("domain_set_memory_flags", {
        dom,
        memory: BigInt(memory * 1024),
        flags: VIR_DOMAIN_AFFECT_LIVE,
      }),
    );
  }
}

async function syncDevices(
  session: LibvirtSession,
  { dom }: DomainView,
  live: readonly XmlElement[],
  wanted: readonly XmlElement[],
  nameOf: (device: XmlElement) => string,
): Promise<void> {
  const wantedByName = new Map(wanted.map((device) => [nameOf(device), device]));
  const liveByName = new Map(live.map((device) => [nameOf(device), device]));
  for (const [name, device] of liveByName) {
    if (!wantedByName.has(name) && isOurs(device)) await detach(session, dom.uuid, device, nameOf);
  }
  for (const [name, device] of wantedByName) {
    const running = liveByName.get(name);
    if (running === undefined) {
      await tolerate(
        session.call("domain_attach_device_flags", {
          dom,
          xml: formatXml(withoutAddress(device)),
          flags: VIR_DOMAIN_AFFECT_LIVE,
        }),
      );
    } else if (attribute(device, "device") === "cdrom" && diskPath(running) !== diskPath(device)) {
      await changeMedium(session, dom, running, device);
    } else if (device.name === "interface" && sourceText(running) !== sourceText(device)) {
      const moved = clone(running);
      const source = find(device, "source");
      moved.attributes["type"] = attribute(device, "type") ?? "network";
      setChild(moved, "source", source && clone(source));
      await tolerate(
        session.call("domain_update_device_flags", {
          dom,
          xml: formatXml(moved),
          flags: VIR_DOMAIN_AFFECT_LIVE,
        }),
      );
    }
  }
}

/** Puts another image into a drive that stays. */
async function changeMedium(
  session: LibvirtSession,
  dom: Dom,
  running: XmlElement,
  wanted: XmlElement,
): Promise<void> {
  const drive = clone(running);
  const source = find(wanted, "source");
  setChild(drive, "source", source && clone(source));
  await tolerate(
    session.call("domain_update_device_flags", { dom, xml: formatXml(drive), flags: VIR_DOMAIN_AFFECT_LIVE }),
  );
}

/** The definition's address was chosen for the next start; in the running guest the slot may be taken. */
function withoutAddress(device: XmlElement): XmlElement {
  const copy = clone(device);
  setChild(copy, "address", undefined);
  return copy;
}

function isOurs(device: XmlElement): boolean {
  return attribute(find(device, "alias"), "name")?.startsWith("ua-") ?? false;
}

function sourceText(device: XmlElement): string {
  const source = find(device, "source");
  const keys = ["network", "bridge", "dev", "mode"] as const;
  return JSON.stringify([attribute(device, "type"), ...keys.map((key) => attribute(source, key))]);
}

/** Removal is the guest's to grant: asked again a few times, and confirmed by looking. */
async function detach(
  session: LibvirtSession,
  uuid: string,
  device: XmlElement,
  nameOf: (device: XmlElement) => string,
): Promise<void> {
  const dom = { name: uuid, uuid, id: -1 };
  const name = nameOf(device);
  for (let attempt = 1; attempt <= DETACH_TRIES; attempt++) {
    await tolerate(
      session.call("domain_detach_device_flags", {
        dom,
        xml: formatXml(device),
        flags: VIR_DOMAIN_AFFECT_LIVE,
      }),
    );
    for (let waited = 0; waited < DETACH_WAIT_MS; waited += 200) {
      const { xml } = await session.call("domain_get_xml_desc", { dom, flags: 0 });
      const devices = find(parseXml(xml), "devices");
      const there = (devices?.children ?? []).some(
        (child) => typeof child !== "string" && child.name === device.name && nameOf(child) === name,
      );
      if (!there) return;
      await sleep(200);
    }
  }
}

/** What the running guest does not take now it gets at its next start; a lost connection is still an error. */
async function tolerate(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (hasCode(error, "connection-lost", "timeout", "permission-denied", "unreachable")) throw error;
  }
}

/** Grows volumes to what the program asks: through the running guest where there is one, so that it sees the new size. */
export async function growDisks(
  session: LibvirtSession,
  dom: Dom,
  live: XmlElement | undefined,
  planned: readonly PlannedDisk[],
): Promise<void> {
  const attached = new Map(
    (live === undefined ? [] : disksOf(live)).map((disk) => [
      diskName(disk),
      attribute(find(disk, "target"), "dev"),
    ]),
  );
  for (const disk of planned) {
    if (disk.spec.size === undefined) continue;
    const now = await currentCapacity(session, disk);
    if (now === undefined || disk.spec.size === now.bytes) continue;
    if (disk.spec.size < now.bytes) throw shrinking(disk.spec.name, now.bytes, disk.spec.size);
    const target = attached.get(disk.spec.name);
    const bytes = BigInt(disk.spec.size);
    if (target === undefined)
      await session.call(
        "storage_vol_resize",
        { vol: now.vol, capacity: bytes, flags: 0 },
        { timeoutMs: 600_000 },
      );
    else
      await session.call(
        "domain_block_resize",
        { dom, disk: target, size: bytes, flags: VIR_DOMAIN_BLOCK_RESIZE_BYTES },
        { timeoutMs: 600_000 },
      );
  }
}

/** Saying nothing would leave the program's word and the host's apart for good. */
function shrinking(disk: string, from: number, to: number): DriverError {
  return new DriverError(`disk "${disk}" has ${formatBytes(from)} and cannot shrink to ${formatBytes(to)}`, {
    code: "invalid-argument",
    remedy: "Leave `size` out, or make it at least as large.",
  });
}
