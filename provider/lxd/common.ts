import type { DriverErrorDetails } from "../driver/errors";

export { missing, refuseAnothers, taken } from "../driver/refusals";

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
