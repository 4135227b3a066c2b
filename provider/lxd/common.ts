import type { DriverErrorDetails } from "../driver/errors";
import { DriverError } from "../driver/errors";

export function taken(kind: string, name: string, owner: string | undefined): DriverError {
  const whose = owner === undefined ? "it was not made by this program" : `it belongs to ${owner}`;
  return new DriverError(`a ${kind} of this name exists already, and ${whose}`, {
    code: "already-exists",
    operation: "create",
    target: `${kind} "${name}"`,
  });
}

export function missing(kind: string, name: string, operation: string): DriverError {
  return new DriverError("it does not exist on the host any more", {
    code: "not-found",
    operation,
    target: `${kind} "${name}"`,
    remedy: "Run `pulumi refresh`; the next `pulumi up` makes it again.",
  });
}

/** What is being done to what, for the message that a person will read. */
export function doing(operation: string, kind: string, name: string): Partial<DriverErrorDetails> {
  return { operation, target: `${kind} "${name}"` };
}

/** The object without the keys whose value is undefined. */
export function given<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
