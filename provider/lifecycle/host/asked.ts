import type { HostDriver } from "../../driver/contract";
import { isDriverError } from "../../driver/errors";
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
    ledger.silent = explain(error, hostLabel(host));
    warn(
      `could not check whether VMs fit on ${hostLabel(host)}, they are checked when they are made: ${ledger.silent}`,
    );
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
