import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { hasCode } from "../../driver/errors";
import { VIR_DOMAIN_AFFECT_LIVE } from "../rpc/constants.gen";
import { param } from "../rpc/wire/typedParams";
import { IOTUNE_NAMES } from "../../schema/vm/disk/tuning";
import type { LibvirtSession } from "../session";
import {
  deviceChanges,
  diskKind,
  interfaceChange,
  interfaceKind,
  type DeviceKind,
} from "../xml/domain/changes";
import { severalOf } from "../xml/model/device";
import { scsiControllerOf } from "../xml/domain/devices";
import { diskPlace, readDisk } from "../xml/domain/disks";
import { PLUGGABLE, saysSame } from "../xml/model";
import { screenOf } from "../xml/model/graphics";
import { liveSettings, withSetting } from "../xml/model/interface";
import { assign, attribute, clone, find, formatXml, parseXml, setChild, type XmlElement } from "../xml/tree";
import type { DomainView } from "./observe";
import { tolerate } from "./tolerate";

/** How often a guest is asked to let go of a device, and how long it is waited for each time. */
const TRIES = 3;
const WAIT_MS = 5000;
const STEP_MS = 150;
const flags = VIR_DOMAIN_AFFECT_LIVE;

type Limits = Readonly<Record<string, number | undefined>>;

/** Unplugs, plugs in and changes devices of a running guest. */
export async function syncDevices(
  session: LibvirtSession,
  { dom, configured }: DomainView,
  live: XmlElement,
  wanted: XmlElement,
): Promise<void> {
  const guest = new RunningGuest(session, dom.uuid, wanted);
  const disks = deviceChanges(diskKind, configured, wanted, live);
  const nics = deviceChanges(interfaceKind, configured, wanted, live);
  await Promise.all([
    ...disks.gone.map((disk) => guest.detach(diskKind, disk)),
    ...nics.gone.map((nic) => guest.detach(interfaceKind, nic)),
    ...disks.left.map((disk) => guest.detach(diskKind, disk, 1)),
    ...nics.left.map((nic) => guest.detach(interfaceKind, nic, 1)),
  ]);
  const scsi = scsiControllerOf(find(wanted, "devices"));
  if (disks.fresh.length > 0 && scsi !== undefined && scsiControllerOf(find(live, "devices")) === undefined)
    await guest.attach(scsi);
  for (const disk of disks.fresh) await guest.attach(disk);
  for (const disk of disks.kept) {
    if (mediumChanged(disk.live, disk.wanted)) await guest.update(disk.live, disk.wanted);
    await guest.limit(disk.live, disk.wanted);
  }
  for (const nic of nics.fresh) await guest.attach(nic);
  for (const nic of nics.kept) {
    let settled = nic.live;
    for (const child of liveSettings(nic.live, nic.wanted)) {
      const changed = withSetting(settled, nic.wanted, child);
      if (await guest.set(changed)) settled = changed;
    }
    const change = interfaceChange(nic.live, nic.wanted);
    if (change === "same" || (change === "moved" && (await guest.update(settled, nic.wanted)))) continue;
    if (await guest.detach(interfaceKind, nic.live)) await guest.attach(nic.wanted);
  }
  await syncOthers(guest, live, wanted);
  await syncScreen(guest, live, wanted);
}

/** Devices that have nothing to keep: what has changed is taken out and put in again. */
async function syncOthers(guest: RunningGuest, live: XmlElement, wanted: XmlElement): Promise<void> {
  for (const kind of PLUGGABLE) {
    const [before, after] = [severalOf(live, kind), severalOf(wanted, kind)];
    const byAlias: DeviceKind = {
      all: (domain) => (domain === undefined ? [] : [...severalOf(domain, kind).values()]),
      isOurs: () => true,
      nameOf: (device) => attribute(find(device, "alias"), "name") ?? "",
      counterpart: (domain, device) =>
        byAlias.all(domain).find((other) => byAlias.nameOf(other) === byAlias.nameOf(device)),
    };
    for (const [name, device] of before) {
      const next = after.get(name);
      if (next === undefined) await guest.detach(byAlias, device);
      else if (!saysSame(kind, device, next) && (await guest.detach(byAlias, device)))
        await guest.attach(next);
    }
    for (const [name, device] of after) if (!before.has(name)) await guest.attach(device);
  }
}

/** A new password for the screen counts at once; all else of it waits for the next start. */
async function syncScreen(guest: RunningGuest, live: XmlElement, wanted: XmlElement): Promise<void> {
  const after = find(wanted, "devices", "graphics");
  const before = screenOf(live, attribute(after, "type"));
  const password = attribute(after, "passwd");
  if (after === undefined || before === undefined || password === attribute(before, "passwd")) return;
  if (attribute(before, "type") === attribute(after, "type")) await guest.setPassword(before, password);
}

class RunningGuest {
  private readonly dom;

  constructor(
    private readonly session: LibvirtSession,
    uuid: string,
    private readonly definition: XmlElement,
  ) {
    this.dom = { name: uuid, uuid, id: -1 };
  }

  attach(device: XmlElement): Promise<boolean> {
    const xml = formatXml(withoutAddress(device));
    return tolerate(
      this.definition,
      this.session.call("domain_attach_device_flags", { dom: this.dom, xml, flags }),
    );
  }

  /** Another image in a drive, or another end to an interface's cable: the guest keeps the device itself. */
  update(live: XmlElement, wanted: XmlElement): Promise<boolean> {
    const changed = clone(live);
    const [type, source] = [attribute(wanted, "type"), find(wanted, "source")];
    const [now, next] = [find(changed, "driver"), attribute(find(wanted, "driver"), "type")];
    if (type !== undefined) changed.attributes["type"] = type;
    if (now !== undefined && next !== undefined) now.attributes["type"] = next;
    setChild(changed, "source", source && clone(source));
    return this.set(changed);
  }

  /** The same device with other settings. */
  set(device: XmlElement): Promise<boolean> {
    const xml = formatXml(device);
    return tolerate(
      this.definition,
      this.session.call("domain_update_device_flags", { dom: this.dom, xml, flags }),
    );
  }

  /** Limits of what a disk may do; a limit that is gone is 0 on the wire. */
  async limit(live: XmlElement, wanted: XmlElement): Promise<void> {
    const [before, after] = [live, wanted].map((disk) => (readDisk(disk).iotune ?? {}) as Limits);
    const disk = attribute(find(live, "target"), "dev");
    if (disk === undefined || before === undefined || after === undefined || isDeepStrictEqual(before, after))
      return;
    const params = Object.entries(IOTUNE_NAMES).flatMap(([name, field]) => {
      // A length stands beside a peak, or beside the one that goes.
      const said = !name.endsWith("MaxLength") || before[name] !== undefined;
      const value = after[name] ?? (said ? 0 : undefined);
      return value === undefined ? [] : [param.ullong(field, BigInt(value))];
    });
    await tolerate(
      this.definition,
      this.session.call("domain_set_block_io_tune", { dom: this.dom, disk, params, flags }),
    );
  }

  setPassword(screen: XmlElement, password: string | undefined): Promise<boolean> {
    const changed = clone(screen);
    assign(changed, { passwd: password }, { keep: false });
    return this.set(changed);
  }

  /** Removal is the guest's to grant: asked again a few times, and confirmed by looking. */
  async detach(kind: DeviceKind, device: XmlElement, tries = TRIES): Promise<boolean> {
    for (let attempt = 1; attempt <= tries; attempt++) {
      const refusal: unknown = await this.ask(device).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (hasCode(refusal, "connection-lost", "unreachable", "timeout", "permission-denied")) throw refusal;
      // A drive on a bus without hot-plug goes with the next start, however often one asks.
      if (hasCode(refusal, "unsupported")) return false;
      for (let waited = 0; waited < WAIT_MS; waited += STEP_MS) {
        if (!(await this.has(kind, device))) return true;
        await sleep(STEP_MS);
      }
    }
    return false;
  }

  /** By alias the daemon does not wait for the guest itself, which would hold up every other call for this VM. */
  private async ask(device: XmlElement): Promise<void> {
    const alias = attribute(find(device, "alias"), "name");
    if (alias !== undefined)
      return this.session.call("domain_detach_device_alias", { dom: this.dom, alias, flags });
    return this.session.call("domain_detach_device_flags", { dom: this.dom, xml: formatXml(device), flags });
  }

  private async has(kind: DeviceKind, device: XmlElement): Promise<boolean> {
    const { xml } = await this.session.call("domain_get_xml_desc", { dom: this.dom, flags: 0 });
    return kind.counterpart(parseXml(xml), device) !== undefined;
  }
}

function mediumChanged(live: XmlElement, wanted: XmlElement): boolean {
  const drive = attribute(wanted, "device");
  return (drive === "cdrom" || drive === "floppy") && diskPlace(live) !== diskPlace(wanted);
}

/** The definition's address was chosen for the next start; in the running guest the slot may be taken. */
function withoutAddress(device: XmlElement): XmlElement {
  const copy = clone(device);
  setChild(copy, "address", undefined);
  return copy;
}
