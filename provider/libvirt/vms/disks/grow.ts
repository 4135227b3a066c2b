import { DriverError, hasCode } from "../../../driver/errors";
import { formatBytes } from "../../../schema/table/units";
import { orAbsent } from "../../common";
import { findVolume, volumeFacts } from "../../volumes/lookup";
import { VIR_DOMAIN_BLOCK_RESIZE_BYTES } from "../../rpc/constants.gen";
import type { RemoteNonnullDomain as Dom, RemoteNonnullStorageVol as Vol } from "../../rpc/procedures.gen";
import type { LibvirtSession } from "../../session";
import { diskNamed, diskTarget } from "../../xml/domain/disks";
import type { XmlElement } from "../../xml/tree";
import type { PlannedDisk } from "./index";

const SLOW_MS = 600_000;

/** Grows images to what the program asks: through the running guest where there is one, so that it sees the new size. */
export async function growDisks(
  session: LibvirtSession,
  dom: Dom,
  live: XmlElement | undefined,
  planned: readonly PlannedDisk[],
): Promise<void> {
  for (const disk of planned) {
    const { size, device } = disk.spec;
    if (size === undefined || device !== "disk") continue;
    const now = await capacityOf(session, dom, disk);
    if (now === undefined || size === now.bytes) continue;
    if (size < now.bytes) throw shrinking(disk.spec.name, now.bytes, size);
    const running = live && diskNamed(live, disk.spec, disk.keptPath);
    const target = running && diskTarget(running);
    if (target !== undefined) await growLive(session, dom, target, size);
    else if (now.vol !== undefined) await growVolume(session, now.vol, size);
    else throw outside(disk);
  }
}

async function growLive(session: LibvirtSession, dom: Dom, target: string, size: number): Promise<void> {
  const args = { dom, disk: target, size: BigInt(size), flags: VIR_DOMAIN_BLOCK_RESIZE_BYTES };
  await session.call("domain_block_resize", args, { timeoutMs: SLOW_MS });
}

async function growVolume(session: LibvirtSession, vol: Vol, size: number): Promise<void> {
  const args = { vol, capacity: BigInt(size), flags: 0 };
  await session.call("storage_vol_resize", args, { timeoutMs: SLOW_MS });
}

/** What the image holds now, and the volume that it is; an image of a hand-made VM may be in no pool. */
async function capacityOf(
  session: LibvirtSession,
  dom: Dom,
  { own, keptPath }: PlannedDisk,
): Promise<{ vol?: Vol; bytes: number } | undefined> {
  if (own !== undefined) {
    const vol = own.there ?? (await findVolume(session, own.pool.name, own.shape.name));
    return vol && { vol, bytes: (await volumeFacts(session, vol)).capacityBytes };
  }
  if (keptPath === undefined) return undefined;
  const found = await orAbsent(session.call("storage_vol_lookup_by_path", { path: keptPath }));
  if (found !== undefined)
    return { vol: found.vol, bytes: (await volumeFacts(session, found.vol)).capacityBytes };
  try {
    const { capacity } = await session.call("domain_get_block_info", { dom, path: keptPath, flags: 0 });
    return { bytes: Number(capacity) };
  } catch (error) {
    if (hasCode(error, "connection-lost", "unreachable", "timeout")) throw error;
    return undefined;
  }
}

function outside({ spec, keptPath }: PlannedDisk): DriverError {
  return new DriverError(
    `its image ${keptPath} is in no storage pool, so it can only grow while the VM runs`,
    {
      code: "invalid-state",
      operation: "grow",
      target: `disk "${spec.name}"`,
      remedy: "Start the VM, or declare a StoragePool for the image's folder.",
    },
  );
}

/** Saying nothing would leave the program's word and the host's apart for good. */
function shrinking(disk: string, from: number, to: number): DriverError {
  return new DriverError(`disk "${disk}" has ${formatBytes(from)} and cannot shrink to ${formatBytes(to)}`, {
    code: "invalid-argument",
    remedy: "Leave `size` out, or make it at least as large.",
  });
}
