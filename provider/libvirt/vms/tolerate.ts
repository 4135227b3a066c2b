import { hasCode, isDriverError, type DriverError } from "../../driver/errors";
import type { XmlElement } from "../xml/tree";
import { explainStart } from "./define";

/** What the running guest does not take now it gets at its next start. True when it did take it. */
export async function tolerate(definition: XmlElement, call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (!isDriverError(error)) throw error;
    if (isMistake(error)) throw explainStart(error, definition);
    return false;
  }
}

/** The next start would fail for the same reason, so waiting for it helps nobody. */
function isMistake(error: DriverError): boolean {
  return (
    hasCode(
      error,
      "connection-lost",
      "unreachable",
      "timeout",
      "permission-denied",
      "not-found",
      "no-space",
      "no-capacity",
    ) || /No such (device|file)|is not active|Could not open|does not exist/.test(error.message)
  );
}
