import { DriverError, isDriverError } from "../../driver/errors";
import { orAbsent, untilFree } from "../common";
import { lookupPool } from "../pools";
import { VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS, VIR_ERR_CONFIG_UNSUPPORTED } from "../rpc/constants.gen";
import type { RemoteNonnullDomain as Dom, RemoteNonnullDomainSnapshot as Snap } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { viewDomain, type DomainView } from "../vms/observe";
import { removeOwned } from "../vms/remove";
import { diskName, diskPath, disksOf } from "../xml/domain/disks";
import { readSnapshot, readSnapshotMarks, type Overlay, type SnapshotMark } from "../xml/snapshot";
import { find, setChild, textOf, type XmlElement } from "../xml/tree";
import { lookupSnapshot, redefine, snapshotElement } from "./find";
import { writeMarks } from "./marks";

/** Images are merged before the call returns. */
const MERGE_MS = 3_600_000;

/**
 * The snapshot goes, what the disks hold now stays: libvirt merges what was written since into the image below. One that
 * later ones stand on goes with the last of them, so that they can be removed in any order.
 */
export async function removeSnapshot(
  session: LibvirtSession,
  { dom }: DomainView,
  name: string,
): Promise<void> {
  for (let next: string | undefined = name; next !== undefined;) {
    const view: DomainView | undefined = await viewDomain(session, dom);
    if (view === undefined) return;
    const marks = readSnapshotMarks(view.configured);
    const why = await hindrance(session, view, next);
    if (why === undefined) await removeOne(session, dom, next);
    else {
      if (!marks.some((mark) => mark.name === next)) throw stoodOn(why);
      const noted = marks.map((mark) => (mark.name === next ? { ...mark, leaving: true } : mark));
      await writeMarks(session, dom.uuid, noted);
    }
    next = why === undefined ? await nextLeaving(session, dom) : undefined;
  }
}

async function nextLeaving(session: LibvirtSession, dom: Dom): Promise<string | undefined> {
  const view = await viewDomain(session, dom);
  if (view === undefined) return undefined;
  for (const { name, leaving } of readSnapshotMarks(view.configured))
    if (leaving === true && (await hindrance(session, view, name)) === undefined) return name;
  return undefined;
}

/** What would be lost with the snapshot, or cannot be reached while it is below another image. */
export async function hindrance(
  session: LibvirtSession,
  { dom, configured, live }: DomainView,
  name: string,
): Promise<string | undefined> {
  const snapshot = await lookupSnapshot(session, dom, name);
  if (snapshot === undefined) return undefined;
  const facts = readSnapshot(await snapshotElement(session, snapshot));
  if (!facts.external) {
    const now = new Map(disksOf(configured).map((disk) => [diskName(disk), diskPath(disk)]));
    const moved = [...facts.disks].find(([disk, path]) => now.has(disk) && now.get(disk) !== path);
    return moved && `disk "${moved[0]}" has an image on top of it since (${now.get(moved[0])})`;
  }
  const overlays = readSnapshotMarks(configured).find((mark) => mark.name === name)?.overlays ?? [];
  const paths = new Set(overlays.map(({ path }) => path));
  const { snapshots } = await session.call("domain_snapshot_list_all_children", {
    snapshot,
    need_results: 1,
    flags: VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS,
  });
  // libvirt merges an image in the middle only while the guest runs.
  if (live === undefined && snapshots[0] !== undefined) return `"${snapshots[0].name}" is on top of it`;
  for (const later of snapshots) {
    const other = readSnapshot(await snapshotElement(session, later));
    if (!other.external && [...other.disks.values()].some((path) => paths.has(path)))
      return `"${later.name}" is kept inside its images`;
  }
  return undefined;
}

export function stoodOn(why: string): DriverError {
  return new DriverError(`later snapshots stand on it: ${why}`, {
    code: "invalid-state",
    remedy:
      "Return to the latest snapshot, or remove the later ones first (that keeps what the disks hold now).",
  });
}

async function removeOne(session: LibvirtSession, dom: Dom, name: string): Promise<void> {
  const snap = await lookupSnapshot(session, dom, name);
  if (snap !== undefined) {
    try {
      await apartFromInternal(session, dom, snap);
      const call = session.call("domain_snapshot_delete", { snap, flags: 0 }, { timeoutMs: MERGE_MS });
      await orAbsent(call);
    } catch (error) {
      throw isDriverError(error) ? explainMerge(error) : error;
    }
  }
  const view = await viewDomain(session, dom);
  if (view === undefined) return;
  const marks = readSnapshotMarks(view.configured);
  const mine = marks.find((mark) => mark.name === name);
  if (mine === undefined) return;
  await refreshPools(session, mine.overlays);
  const inUse = new Set([view.live, view.configured].flatMap(disksOf).map(diskPath));
  const left = withoutSnapshot(marks, mine);
  const bases = new Set(left.flatMap(({ overlays }) => overlays.map(({ base }) => base)));
  for (const { key, path } of mine.overlays)
    if (!inUse.has(path) && !bases.has(path)) await removeOwned(session, { key });
  await writeMarks(session, dom.uuid, left);
}

/**
 * libvirt merges no image of a snapshot whose parent is inside an image, though the two have nothing to do with each
 * other: such a one is made a root of the tree first.
 */
async function apartFromInternal(session: LibvirtSession, dom: Dom, snap: Snap): Promise<void> {
  const element = await snapshotElement(session, snap);
  const parent = textOf(find(element, "parent", "name"));
  const above = parent === undefined ? undefined : await lookupSnapshot(session, dom, parent);
  if (above === undefined || !readSnapshot(element).external) return;
  if (!readSnapshot(await snapshotElement(session, above)).external)
    await redefine(session, snap, without(element, "parent"));
}

/** Later overlays that stood on those of the snapshot stand on what was below them now. */
function withoutSnapshot(marks: readonly SnapshotMark[], gone: SnapshotMark): readonly SnapshotMark[] {
  const below = new Map(gone.overlays.map((overlay) => [overlay.path, overlay]));
  const rebased = (overlay: Overlay): Overlay => {
    const under = below.get(overlay.base);
    return under === undefined ? overlay : { ...overlay, base: under.base, format: under.format };
  };
  return marks
    .filter((mark) => mark !== gone)
    .map((mark) => ({ ...mark, overlays: mark.overlays.map(rebased) }));
}

/** libvirt knows an image in a pool only after it has looked through the pool's folder. */
export async function refreshPools(session: LibvirtSession, overlays: readonly Overlay[]): Promise<void> {
  const names = new Set(overlays.map(({ key }) => key.slice(0, key.indexOf("/"))));
  for (const name of names) {
    const pool = await lookupPool(session, name);
    if (pool !== undefined) await untilFree(() => session.call("storage_pool_refresh", { pool, flags: 0 }));
  }
}

function without(element: XmlElement, child: string): XmlElement {
  setChild(element, child, undefined);
  return element;
}

function explainMerge(error: DriverError): DriverError {
  if (error.hostCode !== VIR_ERR_CONFIG_UNSUPPORTED) return error;
  return error.with({
    code: "unsupported",
    remedy:
      "libvirt merges such snapshots since 9.0. With an older one: `virsh blockcommit <vm> <disk> --active --pivot` for each disk, then `virsh snapshot-delete --metadata <vm> <snapshot>`.",
  });
}
