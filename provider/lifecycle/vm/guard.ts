import type { Complaint } from "../../schema/table/gate";
import { formatBytes } from "../../schema/table/units";
import type { Change } from "../engine/diff";
import { isPlain, type Plain } from "../engine/state";
import { otherImages } from "./plan/image";
import { moves } from "./act/move";

/** Refuses, in preview, what would destroy a disk of this VM, unless the program has said that this is wanted. */
export function guardVm(changes: readonly Change[], news: Plain, olds: Plain): readonly Complaint[] {
  if (news["allowDataLoss"] === true) return [];
  const ownsDisks =
    Array.isArray(olds["disks"]) && olds["disks"].some((disk) => isPlain(disk) && ownedDisk(disk));
  const movable = moves({ ...news, migrate: {} }, olds);
  const chosen = news["hosts"] !== undefined || news["placement"] !== undefined;
  const others = otherImages(changes);
  return changes.flatMap((change): Complaint[] => {
    if (change.fate !== "replace") return [];
    const [list, index, field] = change.path;
    // Other content says more than the file's other name.
    if (list === "disks" && others.has(index) && (field === "image" || field === "rootfs")) return [];
    if (change.path[0] === "disks") return [diskComplaint(change)];
    return ownsDisks
      ? [
          {
            // A host that was chosen is not what the program has written.
            path: change.path[0] === "host" && chosen ? ["hosts"] : change.path,
            message: `cannot change from ${show(change.before)} to ${show(change.after)} in place, and replacing the VM would destroy its disks; ${change.path[0] === "host" && movable ? "set `migrate: true` to move it with them, or " : ""}set \`allowDataLoss: true\` to allow it`,
          },
        ]
      : [];
  });
}

function diskComplaint({ path, before, after }: Change): Complaint {
  if (path.at(-1) === "size" && Number(after) < Number(before)) {
    return {
      path,
      message: `cannot shrink from ${formatBytes(Number(before))} to ${formatBytes(Number(after))}: that would destroy data; set \`allowDataLoss: true\` to make the VM anew`,
    };
  }
  if (path.at(-1) === "fingerprint") {
    const [was, is] = [before, after].map((sum) => String(sum ?? "another image").slice(0, 12));
    return {
      path: [...path.slice(0, -1), "image"],
      message: `is another image now (${was} before, ${is} now), and the disk would be made anew of it, which would destroy its data; set \`allowDataLoss: true\` to allow it`,
    };
  }
  return {
    path,
    message: `cannot change from ${show(before)} to ${show(after)} without making the disk anew, which would destroy its data; set \`allowDataLoss: true\` to allow it`,
  };
}

/** A disk whose volume was made for this VM; disks that existed before are never ours to destroy. */
function ownedDisk(disk: Plain): boolean {
  return (
    disk["volume"] === undefined &&
    disk["path"] === undefined &&
    disk["remote"] === undefined &&
    (disk["device"] === undefined || disk["device"] === "disk")
  );
}

function show(value: unknown): string {
  if (isPlain(value)) return typeof value["address"] === "string" ? value["address"] : "another value";
  return value === undefined ? "the default" : JSON.stringify(value);
}
