import type { Observed, Ownership } from "../../driver/contract";
import type { Plain } from "../engine/state";
import { warn } from "../../driver/warn";

/**
 * Whether an object is somebody else's by now, and so not this resource's to remove: another resource has adopted it, or it was made
 * anew under its name. A warning says so. Of kinds that we always mark (`marked`) an object without an owner is somebody else's, too.
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
 * The owner for a change of an object that was this resource's: as long as it bears the owner that is in state (another text, where the
 * resource or its stack has been renamed), or whoever has it where the program asks to adopt it once more.
 */
export function ownedSince(olds: Plain, news: Plain): Ownership {
  const owner = String(news["owner"]);
  const asked = news["adopt"] !== olds["adopt"] && (news["adopt"] ?? false) !== false;
  return asked ? { owner } : { owner, from: [String(olds["owner"])] };
}
