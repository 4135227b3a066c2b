import { BESIDE_KEY, type Beside } from "../../schema/table/beside";
import type { Change, Path } from "./diff";
import { isPlain, type Plain } from "./state";

/** By the owner of each resource that this process has checked: changes of what make it anew. */
const replacing = new Map<string, readonly Path[]>();

/** Takes off what the constructor has told beside the inputs, and keeps what diff needs of it: the engine asks check first. */
export function takeBeside(news: Plain): { given: Plain; beside: Beside } {
  const { [BESIDE_KEY]: told, ...given } = news;
  const beside: Beside = isPlain(told) ? told : {};
  const owner = String(given["owner"]);
  if (beside.replaceOnChanges === undefined) replacing.delete(owner);
  else replacing.set(owner, beside.replaceOnChanges.map(parsePath));
  return { given, beside };
}

/** Changes of what `replaceOnChanges` names make the object anew. Whose it is, is not among what a program changes. */
export function withReplacements(changes: readonly Change[], { owner }: Plain): readonly Change[] {
  const paths = replacing.get(String(owner)) ?? [];
  if (paths.length === 0) return changes;
  return changes.map((change) =>
    change.path[0] !== "owner" && paths.some((path) => contains(path, change.path))
      ? { ...change, fate: "replace" }
      : change,
  );
}

/** What check makes of other values (the sum of a file, the fingerprint of an image) stays as it was, too, below what is ignored. */
export function ignoring({ ignoreChanges = [] }: Beside, inputs: Plain, before: Plain): Plain {
  return ignoreChanges.map(parsePath).reduce((news, path) => asBefore(path, news, before) as Plain, inputs);
}

function asBefore([part, ...rest]: Path, news: unknown, before: unknown): unknown {
  if (part === undefined) return before;
  if (Array.isArray(news) && Array.isArray(before))
    return news.map((item: unknown, index) =>
      (part === "*" || part === index) && index < before.length
        ? asBefore(rest, item, (before as unknown[])[index])
        : item,
    );
  if (!isPlain(news) || !isPlain(before)) return news;
  const entries = Object.entries(news).map(([key, value]) =>
    (part === "*" || part === key) && key in before
      ? [key, asBefore(rest, value, before[key])]
      : [key, value],
  );
  return Object.fromEntries(entries) as Plain;
}

/** As the engine has it: a path contains what is below it, and `*` stands for any part. */
function contains(path: Path, other: Path): boolean {
  return path.length <= other.length && path.every((part, index) => part === "*" || part === other[index]);
}

/** A path as Pulumi writes it: `disks[0].size`, `interfaces[*].mac`, `config["user.note"]`. */
export function parsePath(text: string): Path {
  return [...text.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|[^.[\]]+/g)].map(([part, quoted, index]) => {
    if (quoted !== undefined) return quoted.replaceAll('\\"', '"');
    if (index === undefined || index === "*") return index ?? part;
    return Number(index);
  });
}
