import type { Interruption } from "../../driver/contract";
import { DriverError, hasCode, type DriverErrorDetails } from "../../driver/errors";
import { at, type LxdClient } from "../api/client";
import { aboutWhat, endOf, underWay } from "../api/underWay";
import { doing } from "../common";
import { editInstance } from "./edit";
import { withStop } from "./interrupted";

export interface StateChange {
  readonly action: "start" | "stop" | "freeze" | "unfreeze";
  readonly force?: boolean;
}

const VERBS = { start: "start", stop: "stop", freeze: "pause", unfreeze: "resume" } as const;

/** How long LXD waits for a guest that was asked to shut down; the program's own patience ends sooner. */
const SHUTDOWN_SECONDS = 3600;

export async function setState(client: LxdClient, name: string, change: StateChange): Promise<void> {
  await client.change("PUT", `${at("instances", name)}/state`, {
    body: { timeout: 30, ...change },
    what: about(change, name),
  });
}

/** Asks the guest to shut down; does not wait. A guest that has been asked already is not asked in vain. */
export async function askToStop(client: LxdClient, name: string): Promise<void> {
  const change = { action: "stop" } as const;
  try {
    await client.begin("PUT", `${at("instances", name)}/state`, {
      body: { ...change, timeout: SHUTDOWN_SECONDS, force: false },
      what: about(change, name),
    });
  } catch (error) {
    if (!hasCode(error, "busy", "invalid-state")) throw error;
  }
}

/** Notes that it is stopped for a change, and how it is to be started again. */
export async function noteStop(
  client: LxdClient,
  name: string,
  stop: Interruption | undefined,
): Promise<void> {
  await editInstance(client, name, doing("write a note on", "VM", name), (now) => ({
    ...now,
    config: withStop(now, stop),
  }));
}

/** How long to wait for what is left to do when an instance has stopped. */
const REST_SECONDS = 30;

/**
 * Ends when the server is done with stopping the instance: it says Stopped a moment before, and until then refuses to start it,
 * and cannot move it without leaving half of it behind.
 */
export async function stopEnded(client: LxdClient, name: string): Promise<void> {
  const stopping = (await underWay(client)).filter(
    (operation) =>
      /stop/i.test(operation.description) && aboutWhat(operation).includes(at("instances", name)),
  );
  await Promise.all(stopping.map((operation) => endOf(client, operation, REST_SECONDS)));
}

function about({ action }: StateChange, name: string): Partial<DriverErrorDetails> {
  return doing(VERBS[action], "VM", name);
}

export function wrongState(action: StateChange["action"], name: string, state: string): DriverError {
  return new DriverError(`it is ${state}`, { code: "invalid-state", ...about({ action }, name) });
}
