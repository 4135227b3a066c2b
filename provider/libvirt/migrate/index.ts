import type { HostDriver, MoveOptions, NamedVmSpec, Ownership } from "../../driver/contract";
import { DriverError, isDriverError } from "../../driver/errors";
import { warn } from "../../driver/warn";
import { doing, missing, taken } from "../common";
import { capabilitiesOf } from "../host/facts";
import {
  VIR_DOMAIN_START_PAUSED,
  VIR_DOMAIN_XML_INACTIVE,
  VIR_DOMAIN_XML_MIGRATABLE,
  VIR_DOMAIN_XML_SECURE,
  VIR_MIGRATE_ABORT_ON_ERROR,
  VIR_MIGRATE_AUTO_CONVERGE,
  VIR_MIGRATE_COMPRESSED,
  VIR_MIGRATE_LIVE,
  VIR_MIGRATE_NON_SHARED_DISK,
  VIR_MIGRATE_PERSIST_DEST,
  VIR_MIGRATE_TLS,
  VIR_MIGRATE_UNSAFE,
} from "../rpc/constants.gen";
import { param } from "../rpc/wire/typedParams";
import type { LibvirtSession } from "../session";
import { domainOf, lookupDomain, viewDomain, type DomainView } from "../vms/observe";
import { removeDomain, undefine } from "../vms/remove";
import { nameOf } from "../xml/domain";
import { movedXml } from "../xml/domain/move";
import { readMark } from "../xml/metadata";
import { formatXml, readXml, type XmlElement } from "../xml/tree";
import { endOf, type End } from "./ends";
import { explainMove } from "./explain";
import { handOver } from "./handover";
import { copiedStorage, sharedStorage, type StorageMove } from "./storage";

/** Takes a VM over from another host, running or not, with its definition, its identity and the volumes of its own. */
export function receive(
  to: End,
  source: HostDriver,
  id: string,
  spec: NamedVmSpec,
  { owner }: Ownership,
  options: MoveOptions,
): Promise<void> {
  const from = endOf(source);
  return doing("move", `VM "${spec.name}"`, async () => {
    if (from === undefined)
      throw new DriverError("only libvirt hosts can hand a VM over", { code: "unsupported" });
    const [view, there] = await Promise.all([
      viewDomain(from.session, domainOf(id)),
      viewDomain(to.session, domainOf(id)),
    ]);
    if (there !== undefined) {
      if (await isSameHost(from, to)) return;
      return withoutLeftovers(from, spec.name, owner, view, there);
    }
    if (view === undefined) throw missing("VM", spec.name, "move");
    await checkMovable(from, to, view);
    try {
      await move(from, to, view, spec, options);
    } catch (error) {
      throw isDriverError(error) ? explainMove(error) : error;
    }
  });
}

/** The same host under another address. */
async function isSameHost(from: End, to: End): Promise<boolean> {
  const [a, b] = await Promise.all([from, to].map(hostUuid));
  return a !== "" && a === b;
}

async function hostUuid({ session }: End): Promise<string> {
  return (await capabilitiesOf(session)).hostUuid ?? "";
}

/**
 * After a run that was cut off when the guest had arrived. Its old definition goes if it is off here while it runs there;
 * the old volumes are left to a person, who can tell which of the two is the one that counts.
 */
async function withoutLeftovers(
  { session }: End,
  name: string,
  owner: string,
  here: DomainView | undefined,
  there: DomainView,
): Promise<void> {
  const theirs = readMark(there.configured)?.owner;
  if (theirs !== owner) throw taken("VM", name, theirs);
  if (here === undefined) return;
  if (there.persistent && there.live !== undefined && here.live === undefined) {
    const volumes = (readMark(here.configured)?.volumes ?? []).map(({ key }) => key).join(", ");
    await undefine(session, here.dom.uuid);
    leftBehind(name, `its old volumes (${volumes}), unless both hosts see the same storage`);
    return;
  }
  throw new DriverError("both hosts have a VM of this UUID", {
    code: "already-exists",
    remedy: "Look at both with `virsh dominfo`, and undefine the one that is not in use.",
  });
}

async function checkMovable({ session }: End, to: End, view: DomainView): Promise<void> {
  const { dom } = view;
  const name = nameOf(view.configured);
  const obstacle = (message: string, remedy: string): DriverError =>
    new DriverError(message, { code: "invalid-state", remedy });
  if (!view.persistent)
    throw obstacle("it is transient: it has no definition to take along", "Make it persistent first.");
  const { snapshots } = await session.call("domain_list_all_snapshots", { dom, need_results: 1, flags: 0 });
  if (snapshots.length > 0)
    throw obstacle(
      `it has snapshots (${snapshots.map((each) => each.name).join(", ")}), which cannot be taken along`,
      "Remove them first: the disks keep what they hold now.",
    );
  if ((await session.call("domain_has_managed_save_image", { dom, flags: 0 })).result !== 0)
    throw obstacle(
      "it is asleep in a saved state, which cannot be taken along",
      "Start it first, or drop the state with `virsh managedsave-remove`.",
    );
  const other = await lookupDomain(to.session, name);
  if (other !== undefined) throw taken("VM", name, undefined);
}

async function move(
  from: End,
  to: End,
  view: DomainView,
  spec: NamedVmSpec,
  options: MoveOptions,
): Promise<void> {
  const storage =
    options.storage === "shared"
      ? await sharedStorage(to.session, spec, view)
      : await copiedStorage(from.session, to.session, await hostUuid(to), spec, view);
  const [source, target] = [from.alone(), to.alone()];
  const asleep = view.live === undefined;
  try {
    // One that is off is woken without running an instruction: libvirt copies the disks of guests that are there.
    if (asleep)
      await source.call(
        "domain_create_with_flags",
        { dom: view.dom, flags: VIR_DOMAIN_START_PAUSED },
        { timeoutMs: 300_000 },
      );
    await travel(source, target, view, spec, options, storage);
  } catch (error) {
    if (asleep && (await viewDomain(from.session, view.dom).catch(() => undefined))?.live !== undefined)
      await switchOff(from.session, view).catch(() => undefined);
    // Where nobody knows whether the guest has arrived, its disks stay.
    const arrived = await viewDomain(to.session, view.dom).then(
      (seen) => seen !== undefined,
      () => true,
    );
    if (!arrived) await storage.undo();
    throw error;
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
  if (asleep) await switchOff(to.session, view);
  await cleanUp(from, view, options).catch((error: unknown) => {
    leftBehind(spec.name, error instanceof Error ? error.message : String(error));
  });
}

function leftBehind(name: string, what: string): void {
  warn(`VM "${name}" has moved, but leaves something behind: ${what}`);
}

/** The VM has moved out: its definition goes with all that libvirt keeps for it, and the volumes that were copied. */
async function cleanUp({ session }: End, { dom }: DomainView, { storage }: MoveOptions): Promise<void> {
  if (storage === "copy") await removeDomain(session, dom.uuid);
  else await undefine(session, dom.uuid);
}

async function travel(
  source: LibvirtSession,
  target: LibvirtSession,
  view: DomainView,
  spec: NamedVmSpec,
  options: MoveOptions,
  { images, volumes, copied }: StorageMove,
): Promise<void> {
  const places = {
    images,
    volumes,
    interfaces: spec.interfaces ?? [],
    defaultMacvlanMode: spec.host.defaultMacvlanMode,
  };
  const xml = async (flags: number): Promise<XmlElement> => {
    const all = flags | VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_MIGRATABLE;
    return readXml((await source.call("domain_get_xml_desc", { dom: view.dom, flags: all })).xml);
  };
  const [live, configured] = [await xml(0), await xml(VIR_DOMAIN_XML_INACTIVE)];
  const address = spec.host.migrationAddress;
  await handOver(source, target, {
    dom: view.dom,
    name: nameOf(configured),
    paused: view.live === undefined || view.state === "paused",
    flags: flagsOf(options, copied),
    params: [
      param.string("destination_xml", formatXml(movedXml(live, places))),
      param.string("persistent_xml", formatXml(movedXml(configured, places))),
      ...(address === undefined ? [] : [param.string("migrate_uri", `tcp://${bracketed(address)}`)]),
      ...copied.map((disk) => param.string("migrate_disks", disk)),
    ],
  });
}

function flagsOf({ unsafe, autoConverge, compressed, tls }: MoveOptions, copied: readonly string[]): number {
  return (
    VIR_MIGRATE_LIVE |
    VIR_MIGRATE_PERSIST_DEST |
    VIR_MIGRATE_ABORT_ON_ERROR |
    (copied.length > 0 ? VIR_MIGRATE_NON_SHARED_DISK : 0) |
    (unsafe ? VIR_MIGRATE_UNSAFE : 0) |
    (autoConverge ? VIR_MIGRATE_AUTO_CONVERGE : 0) |
    (compressed ? VIR_MIGRATE_COMPRESSED : 0) |
    (tls ? VIR_MIGRATE_TLS : 0)
  );
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

async function switchOff(session: LibvirtSession, { dom }: DomainView): Promise<void> {
  await session.call("domain_destroy_flags", { dom, flags: 0 }, { timeoutMs: 120_000 });
}
