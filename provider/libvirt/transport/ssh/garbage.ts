import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const EVERY_BYTES = 2 * 1024 * 1024;
/** What may lie about among the objects that V8 takes for long-lived ones. */
const KEPT_BYTES = 16 * 1024 * 1024;

type Collect = (options: { readonly type: "minor" } | { readonly type: "major"; execution: "sync" }) => void;

let collect: Collect | undefined;
let sent = 0;

/**
 * ssh2 makes new buffers for each packet and for what it encrypts to. V8 does not count them among the young objects that it
 * clears away cheaply; it waits for 64 MiB of them and then goes through everything. Measured with 1 GiB sent: to clear the
 * young ones every few MiB takes 40 MiB less memory and a third less CPU. A few are taken for old ones by then, 30 KiB of each
 * MiB sent, so now and then everything is gone through all the same.
 */
export function clearAfter(bytes: number): void {
  sent += bytes;
  if (sent < EVERY_BYTES) return;
  sent = 0;
  collect ??= collector();
  collect({ type: "minor" });
  if (process.memoryUsage().arrayBuffers > KEPT_BYTES) collect({ type: "major", execution: "sync" });
}

/** V8 has it in contexts that are made while the flag is set. */
function collector(): Collect {
  setFlagsFromString("--expose-gc");
  const found = runInNewContext("typeof gc === 'function' ? gc : undefined") as Collect | undefined;
  setFlagsFromString("--no-expose-gc");
  return found ?? (() => undefined);
}
