import { DriverError, type DriverErrorDetails } from "../../driver/errors";
import { at, UPLOAD_MS, type LxdClient } from "../api/client";
import { isFinished, type Operation } from "../api/answers";

interface Listed extends Operation {
  readonly description: string;
  readonly resources?: Readonly<Record<string, readonly string[] | null>> | null;
}

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
    const all = await client.get<Readonly<Record<string, readonly Listed[] | null>>>(at("operations"), {
      recursion: "1",
    });
    const busy = Object.values(all)
      .flatMap((some) => some ?? [])
      .find((operation) => !isFinished(operation) && mayMake(operation, name));
    if (busy === undefined) return;
    if (Date.now() > deadline)
      throw new DriverError(`the server is still busy with it (${busy.description})`, {
        code: "timeout",
        ...what,
      });
    await client.find(`${at("operations", busy.id)}/wait`, { timeout: String(ROUND_SECONDS) });
  }
}

function mayMake({ description, resources }: Listed, name: string): boolean {
  if (!/volume/i.test(description)) return false;
  const named = Object.values(resources ?? {}).flatMap((paths) => paths ?? []);
  return named.length === 0 || named.some((path) => path.split("/").at(-1) === encodeURIComponent(name));
}
