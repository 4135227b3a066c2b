import type { Observed } from "../driver/contract";
import type { Plain } from "./state";
import { warn } from "./warn";

/**
 * Whether an object is somebody else's by now: another resource has adopted it, or it was made anew under its name. It is not this
 * one's to remove any more.
 */
export function isAnothers(found: Observed<unknown> | undefined, { owner }: Plain, kind: string): boolean {
  const theirs = found?.owner;
  if (theirs === undefined || owner === undefined || theirs === owner) return false;
  warn(`${kind} "${found?.name ?? ""}" belongs to ${theirs} by now, and is left as it is`);
  return true;
}
