import type { Observed, Ownership } from "../../driver/contract";
import type { Plain } from "../engine/state";
import { warn } from "../engine/warn";

/**
 * Whether an object is somebody else's by now: another resource has adopted it, or it was made anew under its name. It is not this
 * one's to remove any more. Of what we always mark (`marked`), one without an owner is somebody's, too.
 */
export function isAnothers(
  found: Pick<Observed<unknown>, "name" | "owner"> | undefined,
  { owner }: Plain,
  kind: string,
  marks?: "marked",
): boolean {
  const theirs = found?.owner;
  if (found === undefined || owner === undefined || theirs === owner) return false;
  if (theirs === undefined && marks === undefined) return false;
  const whose = theirs === undefined ? "was not made by this program" : `belongs to ${theirs} by now`;
  warn(`${kind} "${found.name}" ${whose}, and is left as it is`);
  return true;
}

/**
 * For a change of what was this resource's: it may have become another's since, unless the program asks for it once more. A
 * resource that has another name by now, or whose stack has, has marked it with the one before.
 */
export function ownedSince(olds: Plain, news: Plain): Ownership {
  const owner = String(news["owner"]);
  const asked = news["adopt"] !== olds["adopt"] && (news["adopt"] ?? false) !== false;
  return asked ? { owner } : { owner, from: [String(olds["owner"])] };
}
