import type { Ownership } from "./observed";
import { DriverError } from "./errors";

/** What every driver says of an object that somebody else has made. */
export function taken(kind: string, name: string, owner: string | undefined): DriverError {
  const whose = owner === undefined ? "it was not made by this program" : `it belongs to ${owner}`;
  return new DriverError(`a ${kind} of this name exists already, and ${whose}`, {
    code: "already-exists",
    operation: "create",
    target: `${kind} "${name}"`,
  });
}

/** What every driver says of an object that has gone while it was to be worked on. */
export function missing(kind: string, name: string, operation: string): DriverError {
  return new DriverError("it does not exist on the host any more", {
    code: "not-found",
    operation,
    target: `${kind} "${name}"`,
    remedy: "Run `pulumi refresh`; the next `pulumi up` makes it again.",
  });
}

/** What every driver says of an object that another resource has adopted since. */
export function refuseAnothers(
  kind: string,
  name: string,
  theirs: string | undefined,
  { owner, from }: Ownership,
): void {
  if (theirs === undefined || theirs === owner || from === undefined || from.includes(theirs)) return;
  throw new DriverError(`it belongs to ${theirs} by now`, {
    code: "invalid-state",
    operation: "change",
    target: `${kind} "${name}"`,
    remedy:
      "Take it out of this program, which leaves it as it is, or set `adopt: true` to take it over again.",
  });
}
