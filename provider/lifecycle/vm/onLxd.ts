import type { Change } from "../engine/diff";
import { hostKindIn } from "../kind/inputs";
import { isPlain, type Plain } from "../engine/state";

/** What a container does not take while it runs, either. */
const EVEN_CONTAINERS: ReadonlySet<unknown> = new Set(["config", "name"]);

/**
 * On LXD the same field may be another matter: a container takes nearly everything while it runs, and a virtual machine does not
 * take everything that libvirt's would.
 */
export function withLxdFates(changes: readonly Change[], news: Plain): readonly Change[] {
  if (hostKindIn(news) !== "lxd") return changes;
  const container = news["instanceType"] === "container";
  return changes.filter(isForPrograms).map((change) => {
    const { fate } = change;
    if (isSwap(change)) return { ...change, fate: "live" };
    if (container)
      return fate === "restart" && !EVEN_CONTAINERS.has(change.path[0])
        ? { ...change, fate: "live" }
        : change;
    return fate === "live" && waits(change, news) ? { ...change, fate: "restart" } : change;
  });
}

/** A disk's number is LXD's own, and only told. */
function isForPrograms({ path }: Change): boolean {
  return !(path[0] === "disks" && path[2] === "serial");
}

/** Another volume of the host in a disk's place, or the same one under another name: neither loses data. */
function isSwap({ path, before, after }: Change): boolean {
  return path[0] === "disks" && path[2] === "volume" && before !== undefined && after !== undefined;
}

/** What LXD gives a virtual machine at its next start only. */
function waits({ path, before, after }: Change, news: Plain): boolean {
  const [field, index, inner] = path;
  if (field === "memory") return Number(after) > Number(before);
  if (field === "cpu") return true;
  if (field !== "disks" || typeof index !== "number") return false;
  if (inner === "size") return isRoot(index, news);
  return (inner === "iotune" || inner === "config") && !isRoot(index, news);
}

function isRoot(index: number, { disks }: Plain): boolean {
  const made = (Array.isArray(disks) ? disks.filter(isPlain) : []).filter(
    ({ volume, path }) => volume === undefined && path === undefined,
  );
  const root = made.find(({ name }) => name === "root") ?? made[0];
  return root !== undefined && root === (disks as unknown[])[index];
}
