import type { VmSpec } from "../../../schema/vm";
import type { Complaint } from "../../../schema/table/gate";
import { isUnknown } from "../../../schema/table/unknown";
import { isImageFile } from "../../../schema/vm/disk";
import { isAdopted } from "../../../schema/table/adopted";
import type { Change } from "../../engine/diff";
import type { CheckedInputs, Context } from "../../kind/handler";
import { unreadable } from "../../content/localFile";
import { fingerprintOf, imageFiles } from "../../content/localImage";
import { progress } from "../../status/progress";
import { isPlain, type Plain } from "../../engine/state";

/** Notes what is in image files of this machine, so that other content is another image whatever its files are called. */
export async function imageVm(news: Plain): Promise<CheckedInputs> {
  if (!Array.isArray(news["disks"])) return { inputs: news, complaints: [] };
  const complaints: Complaint[] = [];
  const disks = await Promise.all(
    (news["disks"] as unknown[]).map(async (item, index) => {
      if (!isPlain(item)) return item;
      const { image, rootfs } = item;
      const { fingerprint: _before, ...disk } = item;
      if (typeof image !== "string" || !isImageFile(image) || isUnknown(rootfs)) return disk;
      const files = { image, ...(typeof rootfs === "string" ? { rootfs } : {}) };
      for (const [key, path] of Object.entries(files)) {
        const message = await unreadable(path);
        if (message !== undefined) complaints.push({ path: ["disks", index, key], message });
      }
      return complaints.length > 0 ? disk : { ...disk, fingerprint: await fingerprintOf(files) };
    }),
  );
  return { inputs: { ...news, disks }, complaints };
}

/** Sends what the host does not have yet, before a VM is made of it. */
export async function sendImages({ host, owner, disks, adopt }: VmSpec, context: Context): Promise<void> {
  if (isAdopted({ adopt })) return;
  for (const { image, rootfs, fingerprint } of disks ?? []) {
    if (image === undefined || fingerprint === undefined) continue;
    const found = await imageFiles({ image, ...(rootfs === undefined ? {} : { rootfs }) }, fingerprint);
    const parts = found.parts.map((part) => progress.watched(part.file, part));
    await context.act(host, async ({ images }) => images?.ensure({ fingerprint, parts }, { owner }));
  }
}

/** A file under another name, or in two parts in place of one, is the same image as long as its content is the same. */
export function withImages(changes: readonly Change[]): readonly Change[] {
  const others = otherImages(changes);
  return changes.map((change) => {
    const [list, index, field] = change.path;
    const named = field === "image" ? isImageFile(change.after) : field === "rootfs";
    return list === "disks" && named && !others.has(index) ? { ...change, fate: "record" } : change;
  });
}

/** Places of the disks whose image has other content. */
export function otherImages(changes: readonly Change[]): ReadonlySet<unknown> {
  return new Set(changes.filter(({ path }) => path[2] === "fingerprint").map(({ path }) => path[1]));
}
