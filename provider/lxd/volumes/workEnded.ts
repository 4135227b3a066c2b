import { DriverError, type DriverErrorDetails } from "../../driver/errors";
import { UPLOAD_MS, type LxdClient } from "../api/client";
import { aboutWhat, endOf, type Listed, underWay } from "../api/underWay";

/** One round of waiting. */
const ROUND_SECONDS = 20;

/**
 * Ends when the server makes no volume of this name any more: it goes on with what it was asked for when whoever asked is gone. Not
 * every operation says which volume it makes; one that does not is waited for, too.
 */
export async function workEnded(
  client: LxdClient,
  name: string,
  what: Partial<DriverErrorDetails>,
): Promise<void> {
  const deadline = Date.now() + UPLOAD_MS;
  for (;;) {
    const busy = (await underWay(client)).find((operation) => mayMake(operation, name));
    if (busy === undefined) return;
    if (Date.now() > deadline)
      throw new DriverError(`the server is still busy with it (${busy.description})`, {
        code: "timeout",
        ...what,
      });
    await endOf(client, busy, ROUND_SECONDS);
  }
}

function mayMake(operation: Listed, name: string): boolean {
  if (!/volume/i.test(operation.description)) return false;
  const named = aboutWhat(operation);
  return named.length === 0 || named.some((path) => path.split("/").at(-1) === encodeURIComponent(name));
}
