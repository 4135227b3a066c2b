import type { HostDriver } from "../../driver/contract";
import { hasCode, isDriverError, type DriverError, type ErrorCode } from "../../driver/errors";
import type { HostConnection } from "../../schema/address/connection";
import { explain, hostLabel } from "../engine/explain";
import { warn } from "../engine/warn";
import type { Context } from "../kind/handler";
import type { Ledger } from "./ledger";

/** Something that the host is asked for a preview; nothing from one that does not answer, of which a line tells once. */
export async function asked<T>(
  ledger: Ledger,
  host: HostConnection,
  context: Context,
  question: (driver: HostDriver) => Promise<T>,
): Promise<T | undefined> {
  if (ledger.silent !== undefined) return undefined;
  try {
    return await context.observe(host, question);
  } catch (error) {
    if (!isDriverError(error)) throw error;
    notSeen(ledger, host, error);
    return undefined;
  }
}

/** The host as a whole is not there for us; after any other failure it may well answer the next question. */
const OF_THE_HOST: readonly ErrorCode[] = [
  "unreachable",
  "connection-lost",
  "timeout",
  "authentication-failed",
  "permission-denied",
  "host-key-unknown",
  "host-key-mismatch",
  "certificate-rejected",
];

/** Says once, whatever was to be found out first, what a preview could not look at; a host that is not there is asked no more. */
export function notSeen(ledger: Ledger, host: HostConnection, error: DriverError): void {
  if (ledger.silent !== undefined) return;
  const why = explain(error, hostLabel(host));
  if (hasCode(error, ...OF_THE_HOST)) ledger.silent = why;
  warn(
    `could not check whether everything fits on ${hostLabel(host)}, it is checked before anything is made: ${why}`,
  );
}

/** A host that this version has no driver for is told of when the VM is made. */
export function ledgerAt(host: HostConnection, context: Context): Ledger | undefined {
  try {
    return context.ledger(host);
  } catch (error) {
    if (isDriverError(error)) return undefined;
    throw error;
  }
}
