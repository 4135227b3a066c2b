import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode, isDriverError } from "../driver/errors";

export { missing, refuseAnothers, taken } from "../driver/refusals";

/** The answer, or `undefined` when the host says that the object is not there; every other failure stays one. */
export async function orAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (hasCode(error, "not-found")) return undefined;
    throw error;
  }
}

/** Names what was being done, for the message that a person will read. */
export async function doing<T>(operation: string, target: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw isDriverError(error) ? error.with({ operation, target }) : error;
  }
}

const BUSY_TRIES = 12;

/**
 * Other programs and other resources of this one work on the same pool; libvirt refuses instead of queueing them
 * ("pool has asynchronous jobs running"). Such a refusal has changed nothing, so it is simply asked again.
 */
export async function untilFree<T>(
  action: () => Promise<T>,
  isBusy: (error: unknown) => boolean = (error) => hasCode(error, "busy"),
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (!isBusy(error) || attempt === BUSY_TRIES) throw error;
      await sleep(25 * 1.5 ** attempt * (0.5 + Math.random()));
    }
  }
}

/** The same owner always gets the same UUID, so what an interrupted run has left is recognised by it. */
export function uuidOfOwner(kind: string, owner: string): string {
  const hash = createHash("sha1").update(`pulumi-vmhost\n${kind}\n${owner}`).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}
