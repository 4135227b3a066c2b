import { createHash } from "node:crypto";
import { hasCode } from "../../driver/errors";
import type { Ownership } from "../../driver/contract";
import { orAbsent, refuseAnothers, taken, untilFree } from "../common";
import { findVolume } from "./lookup";
import type { RemoteNonnullStoragePool as Pool, RemoteNonnullStorageVol as Vol } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { formatXml } from "../xml/tree";
import { volumeXml } from "../xml/volume";

/**
 * libvirt keeps nothing about a volume but its bytes, so empty volumes beside it carry the owner: one says "on its way" and
 * is made first, the other says "whole" and takes its place in the end; that one leaves with the volume. Whatever a killed
 * run leaves behind, also when only its answer was lost, is thus known as its own, and as half or whole.
 * A third kind holds content that is on its way into an encrypted volume.
 */
const MARKERS = { half: ".part.vmhost", whole: ".vmhost", stage: ".load.vmhost" } as const;

/** What a marker has behind the volume's name, and a marker of whatever volume. */
const MARK = /^[0-9a-f]{12}(\.part|\.load)?\.vmhost$/;
export const MARKER = /^\..+\.[0-9a-f]{12}(\.part|\.load)?\.vmhost$/;

export function markerName(name: string, owner: string, says: keyof typeof MARKERS): string {
  return `${markerPrefix(name)}${digest(owner).slice(0, 12)}${MARKERS[says]}`;
}

/** File names have 255 bytes at most; a marker has room for its volume's name up to 229. */
function markerPrefix(name: string): string {
  return `.${Buffer.byteLength(name) <= 229 ? name : digest(name)}.`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

type Claim =
  | { readonly half: Vol; readonly whole?: undefined }
  /** The volume that an earlier run has finished. */
  | { readonly whole: Vol; readonly half?: undefined };

/** Says "ours, and not finished" on the host; throws when a volume of this name is somebody else's. */
export async function claim(
  session: LibvirtSession,
  pool: Pool,
  name: string,
  owner: string,
): Promise<Claim> {
  const [existing, marks] = await Promise.all([
    findVolume(session, pool.name, name),
    markers(session, pool, name),
  ]);
  const [half, whole] = (["half", "whole"] as const).map((says) =>
    marks.find((each) => each.name === markerName(name, owner, says)),
  );
  if (existing !== undefined && whole !== undefined) {
    if (half !== undefined) await removeVolume(session, half);
    return { whole: existing };
  }
  if (existing !== undefined && half === undefined) throw taken("volume", name, undefined);
  // What is left is half of ours, or markers whose volume somebody has deleted by hand.
  const stale = [...marks.filter((each) => each !== half), ...(existing === undefined ? [] : [existing])];
  await Promise.all(stale.map((vol) => removeVolume(session, vol)));
  return { half: half ?? (await mark(session, pool, markerName(name, owner, "half"))) };
}

export async function mark(session: LibvirtSession, pool: Pool, name: string): Promise<Vol> {
  const xml = formatXml(volumeXml({ name, format: "raw", capacityBytes: 0 }));
  return (await untilFree(() => session.call("storage_vol_create_xml", { pool, xml, flags: 0 }))).vol;
}

/** The markers of a volume, whoever made them. */
export async function markers(session: LibvirtSession, pool: Pool, name: string): Promise<readonly Vol[]> {
  const { vols } = await session.call("storage_pool_list_all_volumes", { pool, need_results: 1, flags: 0 });
  return vols.filter((vol) => isMarkerOf(name, vol));
}

function isMarkerOf(name: string, vol: Vol): boolean {
  const prefix = markerPrefix(name);
  return vol.name.startsWith(prefix) && MARK.test(vol.name.slice(prefix.length));
}

/** A volume without markers is somebody else's, and whole as far as anybody can tell. */
export function isWhole(name: string, vols: readonly Vol[]): boolean {
  const marks = vols.filter((vol) => isMarkerOf(name, vol));
  const unfinished = marks.filter(
    (vol) => vol.name.endsWith(MARKERS.half) || vol.name.endsWith(MARKERS.stage),
  );
  return unfinished.length === 0 || unfinished.length < marks.length;
}

/** Whose a volume is, as far as its markers tell somebody who asks for one: nobody's, this one's, or another's. */
export function ownerOf(name: string, owner: string, vols: readonly Vol[]): string | undefined {
  const marks = vols.filter((vol) => isMarkerOf(name, vol));
  if (marks.length === 0) return undefined;
  const own = [markerName(name, owner, "half"), markerName(name, owner, "whole")];
  return marks.some((vol) => own.includes(vol.name)) ? owner : "another resource";
}

/**
 * Makes a volume that is whole this owner's. Where no marker can be made, as among the partitions of a disk, it stays as if made
 * by hand.
 */
export async function takeOver(
  session: LibvirtSession,
  pool: Pool,
  name: string,
  owned: Ownership,
): Promise<void> {
  const { owner, from = [] } = owned;
  const marks = await markers(session, pool, name);
  const theirs = [owner, ...from].map((each) => ownerOf(name, each, marks));
  if (!theirs.some((each, index) => each === [owner, ...from][index]))
    refuseAnothers("volume", `${pool.name}/${name}`, theirs[0], owned);
  if (!isWhole(name, marks)) return;
  const own = markerName(name, owner, "whole");
  const others = marks.filter((vol) => vol.name !== own);
  if (others.length === marks.length) {
    try {
      await mark(session, pool, own);
    } catch (error) {
      if (hasCode(error, "connection-lost")) throw error;
      return;
    }
  }
  await Promise.all(others.map((vol) => removeVolume(session, vol)));
}

/**
 * Of the volumes that a VM has had made, as `pool/name`, those that a resource has taken over since. Where the pool is gone, or not
 * active, nobody can tell.
 */
export async function adoptedAmong(
  session: LibvirtSession,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const inPool = (key: string): string => key.slice(0, key.indexOf("/"));
  const vols = new Map<string, readonly Vol[]>();
  await Promise.all(
    [...new Set(keys.map(inPool))].map(async (pool) => vols.set(pool, await listed(session, pool))),
  );
  const isAdopted = (key: string): boolean =>
    (vols.get(inPool(key)) ?? []).some(
      (vol) =>
        isMarkerOf(key.slice(inPool(key).length + 1), vol) &&
        !vol.name.endsWith(MARKERS.half) &&
        !vol.name.endsWith(MARKERS.stage),
    );
  return new Set(keys.filter(isAdopted));
}

async function listed(session: LibvirtSession, name: string): Promise<readonly Vol[]> {
  try {
    const { pool } = await session.call("storage_pool_lookup_by_name", { name });
    return (await session.call("storage_pool_list_all_volumes", { pool, need_results: 1, flags: 0 })).vols;
  } catch (error) {
    if (hasCode(error, "not-found", "invalid-state")) return [];
    throw error;
  }
}

export async function removeVolume(session: LibvirtSession, vol: Vol): Promise<void> {
  await untilFree(() => orAbsent(session.call("storage_vol_delete", { vol, flags: 0 })));
}
