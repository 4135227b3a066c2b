import type { NamedVmSpec, VmRemoval } from "../../driver/contract";
import { DriverError, hasCode } from "../../driver/errors";
import { doing, orAbsent } from "../common";
import { lookupPool } from "../pools";
import {
  VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA,
  VIR_DOMAIN_UNDEFINE_MANAGED_SAVE,
  VIR_DOMAIN_UNDEFINE_NVRAM,
  VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA,
  VIR_DOMAIN_XML_INACTIVE,
} from "../rpc/constants.gen";
import type { RemoteNonnullDomain as Dom, RemoteNonnullStorageVol as Vol } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { nameOf } from "../xml/domain";
import { diskPlace, disksOf } from "../xml/domain/disks";
import { readMark, writeMark, type OwnedVolume } from "../xml/metadata";
import { overlaysOf } from "../xml/snapshot";
import { clone, readXml, type XmlElement } from "../xml/tree";
import { halfCopy } from "../volumes/own";
import { adoptedAmong, removeVolume } from "../volumes/marks";
import { define } from "./define";
import { lookupDomain, viewDomain, type DomainView } from "./observe";

const EVERYTHING =
  VIR_DOMAIN_UNDEFINE_MANAGED_SAVE |
  VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
  VIR_DOMAIN_UNDEFINE_NVRAM |
  VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA;
const WITHOUT_FIRMWARE = VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA;
const STOP_MS = 120_000;

/**
 * Switches the VM off, removes the volumes that were made for it, and undefines it with all that libvirt keeps for it. What is not
 * there counts as done, at every step: one that is off cannot be switched off, and a transient one is gone when it is.
 */
export async function removeDomain(
  session: LibvirtSession,
  id: string,
  { spared, kept = [] }: VmRemoval = {},
): Promise<void> {
  const dom = await lookupDomain(session, id);
  const flags = VIR_DOMAIN_XML_INACTIVE;
  const answer = dom && (await orAbsent(session.call("domain_get_xml_desc", { dom, flags })));
  if (dom === undefined || answer === undefined) return;
  const definition = readXml(answer.xml);
  const name = nameOf(definition);
  if (spared?.({ name, owner: readMark(definition)?.owner }) === true) return;
  await doing("remove", `VM "${name}"`, async () => {
    // The list of volumes is in the definition: they go first, so that a run cut off here finds them again.
    const owned = [...(readMark(definition)?.volumes ?? []), ...overlaysOf(definition)];
    const [adopted] = await Promise.all([
      adoptedAmong(
        session,
        owned.map(({ key }) => key),
      ),
      off(session, dom.uuid),
    ]);
    const ours = owned.filter(({ key }) => !kept.includes(key) && !adopted.has(key));
    await Promise.all(ours.map((volume) => removeOwned(session, volume)));
    await undefine(session, dom.uuid);
  });
}

async function off(session: LibvirtSession, uuid: string): Promise<void> {
  await orAbsent(
    session.call(
      "domain_destroy_flags",
      { dom: { name: uuid, uuid, id: -1 }, flags: 0 },
      { timeoutMs: STOP_MS },
    ),
  ).catch((error: unknown) => {
    if (!hasCode(error, "invalid-state")) throw error;
  });
}

/** Takes the definition away with everything that libvirt keeps beside it. */
export async function undefine(session: LibvirtSession, uuid: string): Promise<void> {
  const dom = { name: uuid, uuid, id: -1 };
  // Drivers without firmware or checkpoints, or without snapshots, refuse the flags themselves.
  for (const flags of [EVERYTHING, WITHOUT_FIRMWARE, 0]) {
    try {
      await orAbsent(session.call("domain_undefine_flags", { dom, flags }));
      return;
    } catch (error) {
      if (flags === 0 || !hasCode(error, "unsupported", "invalid-argument")) throw error;
    }
  }
}

/**
 * After a change that failed half-way: the definition as it was, without the new volumes, except those that the running
 * guest has in use already; these stay on the list of what leaves with the VM.
 */
export async function putBack(
  session: LibvirtSession,
  view: DomainView,
  made: readonly Vol[],
): Promise<void> {
  const now = await viewDomain(session, view.dom);
  if (now === undefined) return;
  const inUse = filesOf(now.live);
  const before = clone(view.configured);
  const mark = readMark(before);
  const kept = made.filter(({ name }) => inUse.has(name)).map(({ pool, name }) => `${pool}/${name}`);
  const listed = (readMark(now.configured)?.volumes ?? []).filter(({ key }) => kept.includes(key));
  if (mark !== undefined) writeMark(before, { ...mark, volumes: [...(mark.volumes ?? []), ...listed] });
  await define(session, before, { validate: false });
  await Promise.all(
    made
      .filter(({ name }) => !inUse.has(name))
      .map((vol) => removeVolume(session, vol).catch(() => undefined)),
  );
}

/**
 * Volumes of disks that the program has taken out: deleted where it allows the loss, else they wait for the VM's end or
 * for a disk of the same name.
 */
export async function dropDetached(
  session: LibvirtSession,
  { disks, allowDataLoss }: NamedVmSpec,
  definition: XmlElement,
  dom: Dom,
): Promise<void> {
  if (disks === undefined || !allowDataLoss) return;
  const named = new Set(disks.map(({ name }) => name));
  const dropped = (readMark(definition)?.volumes ?? []).filter(({ disk }) => !named.has(disk));
  const now = dropped.length === 0 ? undefined : await viewDomain(session, dom);
  const mark = now && readMark(now.configured);
  if (now === undefined || mark === undefined) return;
  // A guest that has not let go of its disk keeps it until it is switched off.
  const files = new Set([...filesOf(now.live), ...filesOf(now.configured)]);
  const gone = dropped.filter(({ key }) => !files.has(key.slice(key.indexOf("/") + 1)));
  if (gone.length === 0) return;
  const adopted = await adoptedAmong(
    session,
    gone.map(({ key }) => key),
  );
  const ours = gone.filter(({ key }) => !adopted.has(key));
  await Promise.all(ours.map((volume) => removeOwned(session, volume)));
  const left = (mark.volumes ?? []).filter(({ key }) => !gone.some((volume) => volume.key === key));
  writeMark(now.configured, { ...mark, volumes: left });
  await define(session, now.configured, { validate: false });
}

/** What the images of a domain's disks are called; names of volumes of ours say whose they are. */
function filesOf(domain: XmlElement | undefined): ReadonlySet<string | undefined> {
  return new Set(disksOf(domain).map((disk) => diskPlace(disk)?.split("/").at(-1)));
}

/** A volume that a VM owns; a pool or volume that is gone already is fine. */
export async function removeOwned(
  session: LibvirtSession,
  { key, copied }: Pick<OwnedVolume, "key" | "copied">,
): Promise<void> {
  const [pool, name] = [key.slice(0, key.indexOf("/")), key.slice(key.indexOf("/") + 1)];
  const names = copied === true ? [name, halfCopy(name)] : [name];
  try {
    await Promise.all(names.map((each) => removeVolume(session, { pool, name: each, key })));
  } catch (error) {
    if (!hasCode(error, "invalid-state")) throw error;
    const found = await lookupPool(session, pool);
    const active = found && (await session.call("storage_pool_is_active", { pool: found })).active;
    throw active === 0 ? inactive(pool, name) : error;
  }
}

function inactive(pool: string, name: string): DriverError {
  return new DriverError(`its volume "${name}" is in storage pool "${pool}", which is not active`, {
    code: "invalid-state",
    remedy: `Start the pool: \`virsh pool-start ${pool}\`, then run again.`,
  });
}
