import type { HostDriver } from "../../driver/contract";
import { hasCode, isDriverError, type DriverError, type ErrorCode } from "../../driver/errors";
import type { HostConnection } from "../../schema/address/connection";
import { explain, hostLabel } from "../engine/explain";
import type { Plain } from "../engine/state";
import { warn } from "../../driver/warn";
import type { Context } from "../kind/handler";
import type { Ledger } from "./ledger";

/** What the host of these inputs has to say in a preview. One that does not answer has nothing, and refuses what it must when it is to act. */
export function answered<T>(
  { host }: Plain,
  context: Context,
  question: (driver: HostDriver) => Promise<T>,
): Promise<T | undefined> {
  const connection = host as HostConnection;
  return answerOf(connection, context, () => context.observe(connection, question));
}

/** The same of what VMs are admitted by: a line tells of a host that does not answer, which is then asked no more. */
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

/** Hosts that have not answered a question that a preview can do without. */
const unanswered = new WeakSet<Ledger>();

/** What a preview can do without, whoever asks: nothing, and not a word, from a host that does not answer; one that cannot be reached costs one wait. */
export async function answerOf<T>(
  host: HostConnection,
  context: Context,
  question: () => Promise<T>,
): Promise<T | undefined> {
  const ledger = ledgerAt(host, context);
  if (ledger === undefined || ledger.silent !== undefined || unanswered.has(ledger)) return undefined;
  try {
    return await question();
  } catch (error) {
    if (!isDriverError(error)) throw error;
    if (hasCode(error, ...OF_THE_HOST)) unanswered.add(ledger);
    return undefined;
  }
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
