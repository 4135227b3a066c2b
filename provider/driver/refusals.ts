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
