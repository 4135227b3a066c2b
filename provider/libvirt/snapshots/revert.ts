import { DriverError, hasCode, isDriverError } from "../../driver/errors";
import { missing, orAbsent } from "../common";
import { findVolume, volumeFacts } from "../volumes/lookup";
import { activePool } from "../pools";
import {
  VIR_DOMAIN_SNAPSHOT_REVERT_FORCE,
  VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED,
  VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING,
  VIR_DOMAIN_START_PAUSED,
  VIR_ERR_SNAPSHOT_REVERT_RISKY,
} from "../rpc/constants.gen";
import type { RemoteNonnullDomainSnapshot as Snap } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { define } from "../vms/define";
import type { DomainView } from "../vms/observe";
import { makeOwned } from "../volumes/own";
import { removeVolume } from "../volumes/marks";
import { diskPath, disksOf } from "../xml/domain/disks";
import { readSnapshot, readSnapshotMarks, type Overlay } from "../xml/snapshot";
import { lookupSnapshot, snapshotElement } from "./find";
import { hindrance, refreshPools, stoodOn } from "./remove";

const REVERT_MS = 3_600_000;

/** Brings the VM back. What its definition says is the program's business, and stays. */
export async function revertTo(session: LibvirtSession, view: DomainView, name: string): Promise<void> {
  const snap = await lookupSnapshot(session, view.dom, name);
  if (snap === undefined) throw missing("snapshot", name, "return to");
  const facts = readSnapshot(await snapshotElement(session, snap));
  if (facts.external) return toOverlays(session, view, snap);
  const why = await hindrance(session, view, name);
  if (why !== undefined) throw stoodOn(why);
  const power =
    view.live === undefined
      ? 0
      : view.state === "paused"
        ? VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED
        : VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING;
  const call = async (flags: number): Promise<void> =>
    session.call("domain_revert_to_snapshot", { snap, flags }, { timeoutMs: REVERT_MS });
  try {
    await call(power);
  } catch (error) {
    if (!isDriverError(error) || error.hostCode !== VIR_ERR_SNAPSHOT_REVERT_RISKY) throw error;
    await call(power | VIR_DOMAIN_SNAPSHOT_REVERT_FORCE);
  }
  await define(session, view.configured, { validate: false });
}

/**
 * The images of the snapshot are below the new ones, which are thrown away and made again, empty: so the definition stays,
 * and the snapshot is good for another time. libvirt does the like since 9.9 only.
 */
async function toOverlays(session: LibvirtSession, view: DomainView, snap: Snap): Promise<void> {
  const mark = readSnapshotMarks(view.configured).find(({ name }) => name === snap.name);
  if (mark === undefined)
    throw new DriverError("it was not taken by this program, so its images are not known", {
      code: "foreign-object",
      remedy: "Return to it with `virsh snapshot-revert`.",
    });
  const { snapshots } = await session.call("domain_snapshot_list_all_children", {
    snapshot: snap,
    need_results: 1,
    flags: 0,
  });
  if (snapshots.length > 0)
    throw stoodOn(`it stands below ${snapshots.map(({ name }) => `"${name}"`).join(", ")}`);
  const paths = new Set(disksOf(view.configured).map(diskPath));
  const current = mark.overlays.filter(({ path }) => paths.has(path));
  await refreshPools(session, current);
  const { dom } = view;
  if (view.live !== undefined)
    await orAbsent(session.call("domain_destroy_flags", { dom, flags: 0 }, { timeoutMs: 120_000 })).catch(
      (error: unknown) => {
        if (!hasCode(error, "invalid-state")) throw error;
      },
    );
  for (const overlay of current) await emptied(session, overlay);
  if (view.live === undefined) return;
  const flags = view.state === "paused" ? VIR_DOMAIN_START_PAUSED : 0;
  await session.call("domain_create_with_flags", { dom, flags }, { timeoutMs: 300_000 });
}

async function emptied(session: LibvirtSession, { key, base, format }: Overlay): Promise<void> {
  const [poolName, name] = [key.slice(0, key.indexOf("/")), key.slice(key.indexOf("/") + 1)];
  const pool = await activePool(session, poolName);
  const below = await orAbsent(session.call("storage_vol_lookup_by_path", { path: base }));
  if (below === undefined)
    throw new DriverError(`the image below it is gone (${base})`, { code: "not-found" });
  const facts = { ...(await volumeFacts(session, below.vol)), format };
  const now = await findVolume(session, poolName, name);
  const capacityBytes =
    now === undefined ? facts.capacityBytes : (await volumeFacts(session, now)).capacityBytes;
  if (now !== undefined) await removeVolume(session, now);
  await makeOwned(session, pool, { name, format: "qcow2", capacityBytes, backing: facts });
}
