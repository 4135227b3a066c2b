import type { Change } from "../engine/diff";
import { hostKindIn } from "../kind/inputs";
import { isPlain, type Plain } from "../engine/state";

/** What is in a drive, or is the image of a disk that is not the VM's own. */
const IMAGE = new Set<unknown>(["volume", "path", "remote"]);
/** Buses that guests are given nothing on while they run. */
const COLD = new Set<unknown>(["ide", "sata", "fdc"]);

/**
 * What one field of a disk cannot tell by itself: a drive is given another medium at once, a disk that is not the VM's own
 * another image at its next start, and nothing is plugged into a bus without hot-plug.
 */
export function withDrives(changes: readonly Change[], news: Plain, olds: Plain): readonly Change[] {
  const libvirt = hostKindIn(news) === "libvirt";
  const before = [...disksIn(olds), ...disksIn(olds["asFound"])];
  const after = Array.isArray(news["disks"]) ? (news["disks"] as unknown[]) : [];
  return changes.map((change) => {
    const [list, index, field] = change.path;
    if (list === "cloudInit") return libvirt && drivesOf(news) !== drivesOf(olds) ? waiting(change) : change;
    if (list !== "disks" || change.fate === "record") return change;
    const now = typeof index === "number" ? after[index] : undefined;
    if (field === undefined) return libvirt && isCold(now ?? change.before) ? waiting(change) : change;
    const old = isPlain(now) ? before.find(({ name }) => name === now["name"]) : undefined;
    if (old === undefined || !isPlain(now) || !(IMAGE.has(field) || field === "format")) return change;
    // Where a server is reached waits for the next start, whatever the drive.
    if (field === "remote" && change.fate !== "replace") return change;
    return { ...change, fate: libvirt ? fateOf(old, now, field) : "replace" };
  });
}

function fateOf(old: Plain, now: Plain, field: unknown): Change["fate"] {
  const another = [...IMAGE].some(
    (key) => JSON.stringify(old[String(key)]) !== JSON.stringify(now[String(key)]),
  );
  if (isDrive(old) && isDrive(now)) return field === "format" && !another ? "restart" : "live";
  return hasImage(old) && hasImage(now) ? "restart" : "replace";
}

/** Drives that had a medium and are to have none; without a word of the program what is in them is not its own. */
export function emptiedDrives(news: Plain, olds: Plain): readonly string[] {
  const before = disksIn(olds);
  return disksIn(news).flatMap((now) => {
    const old = before.find(({ name }) => name === now["name"]);
    return old !== undefined && isDrive(now) && hasImage(old) && !hasImage(now) ? [String(now["name"])] : [];
  });
}

/** The seed's drive is a SATA one, where the machine has SATA. */
function drivesOf({ cloudInit, os }: Plain): number {
  const arch = isPlain(os) ? os["arch"] : undefined;
  return cloudInit !== undefined && (arch === undefined || arch === "x86_64" || arch === "i686") ? 1 : 0;
}

const waiting = (change: Change): Change =>
  change.fate === "live" ? { ...change, fate: "restart" } : change;

const isCold = (disk: unknown): boolean => isPlain(disk) && COLD.has(disk["bus"]);

const isDrive = ({ device }: Plain): boolean => device === "cdrom" || device === "floppy";

const hasImage = (disk: Plain): boolean => [...IMAGE].some((key) => disk[String(key)] !== undefined);

function disksIn(vm: unknown): readonly Plain[] {
  return isPlain(vm) && Array.isArray(vm["disks"]) ? vm["disks"].filter(isPlain) : [];
}
