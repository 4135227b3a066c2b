import { hasCode, isDriverError, type DriverError } from "../../driver/errors";
import type { HostConnection } from "../../schema/address/connection";

/** `kvm1 (qemu:///system)`, or the address alone for a host without a name of its own. */
export function hostLabel({ name, address }: Pick<HostConnection, "name" | "address">): string {
  const shown = withoutPassword(address);
  return name === undefined ? shown : `${name} (${shown})`;
}

function withoutPassword(address: string): string {
  return address.replace(/(\/\/[^/@:]*):[^/@]*@/, "$1:[hidden]@");
}

/** The one sentence (and the advice) that a person sees for a failure. */
export function explain(error: unknown, host?: string): string {
  if (!isDriverError(error)) return `${internal(error)}`;
  const where = error.host ?? host;
  // One connects to a host; what of it was in the way (a socket, a program) is in the message.
  const connecting = error.operation === "connect";
  const place = where === undefined ? "" : ` ${connecting ? "to" : "on"} ${where}`;
  const target = connecting || error.target === undefined ? "" : ` ${error.target}`;
  const what =
    error.operation === undefined
      ? `the request${target}${place} failed`
      : `cannot ${error.operation}${target}${place}`;
  const head =
    hasCode(error, "no-capacity") && error.operation === undefined
      ? error.message
      : `${what}: ${error.message}`;
  const remedy = error.remedy ?? GENERAL_REMEDY[error.code];
  return remedy === undefined ? head : `${head}\n  ${remedy}`;
}

const GENERAL_REMEDY: Partial<Record<DriverError["code"], string>> = {
  "connection-lost": "Run `pulumi up` again: what is there is recognised and completed.",
  timeout:
    "Check that the host answers (`virsh -c <address> list` from this machine), then run `pulumi up` again.",
  busy: "Another program is at work on the same object; run `pulumi up` again when it is done.",
  "no-space": "Free space in the storage pool, or choose another pool.",
  "foreign-object": "Choose another `name`, or take it over with `adopt: true`.",
  "already-exists": "Choose another `name`, or take it over with `adopt: true`.",
};

function internal(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return `unexpected failure inside pulumi-vmhost: ${text}`;
}

/** What the engine understands as "made, but not finished": the object stays in state with its reasons. */
export class HalfDone extends Error {
  constructor(
    readonly id: string,
    readonly properties: Record<string, unknown>,
    readonly reasons: readonly string[],
  ) {
    super(reasons.join("; "));
  }
}
