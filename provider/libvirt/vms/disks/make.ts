import type { RemoteNonnullStorageVol as Vol } from "../../rpc/procedures.gen";
import type { LibvirtSession } from "../../session";
import { ensureCopy, ensureOwned, fill } from "../../volumes/own";
import type { OwnVolume, PlannedDisk } from "./index";

/**
 * Makes the volumes that are missing; `made` collects what is new, for the caller that has to undo it. When one fails
 * the others are waited for all the same: what comes into being later would be left behind.
 */
export async function makeVolumes(
  session: LibvirtSession,
  planned: readonly PlannedDisk[],
  made: Vol[] = [],
): Promise<void> {
  const outcomes = await Promise.allSettled(
    planned.map(async ({ own }) => {
      if (own === undefined) return;
      const { vol, isNew } = await ensured(session, own);
      const { content } = own;
      if (isNew) made.push(vol);
      // Sent again where it is there already: a run that was cut off may have left half of it.
      if (content !== undefined) await fill(session, vol, content);
    }),
  );
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function ensured(
  session: LibvirtSession,
  { pool, shape, copied, origin, there }: OwnVolume,
): Promise<{ readonly vol: Vol; readonly isNew: boolean }> {
  if (there !== undefined) return { vol: there, isNew: false };
  return copied ? ensureCopy(session, pool, shape, origin) : ensureOwned(session, pool, shape);
}
