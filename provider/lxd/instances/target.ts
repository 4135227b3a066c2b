import { DriverError, hasCode, isDriverError } from "../../driver/errors";
import { at, type LxdClient } from "../api/client";
import { doing } from "../common";
import type { Instance } from "../objects";

/** Its disks may have to go from one machine to another. */
const MOVE_MS = 3_600_000;

/** Brings an instance of a cluster to the member that the program names, or to one of the group. */
export async function moveToTarget(
  client: LxdClient,
  { name, location = "none" }: Pick<Instance, "name" | "location">,
  target: string | undefined,
): Promise<void> {
  if (target === undefined) return;
  const what = doing("move", "VM", name);
  if (location === "none")
    throw new DriverError(`the host is no cluster and has no member or group "${target}"`, {
      code: "invalid-argument",
      ...what,
      remedy: "Leave `target` out.",
    });
  if (await isAt(client, location, target)) return;
  try {
    const body = { name, migration: true };
    await client.change("POST", at("instances", name), {
      body,
      query: { target },
      deadlineMs: MOVE_MS,
      what,
    });
  } catch (error) {
    throw isDriverError(error) && hasCode(error, "invalid-state") ? error.with({ remedy: REMEDY }) : error;
  }
}

const REMEDY =
  "Stop it first (`running: false`), or let LXD prepare a VM for moves while it runs (`migration.stateful`).";

async function isAt(client: LxdClient, location: string, target: string): Promise<boolean> {
  if (!target.startsWith("@")) return location === target;
  const path = at("cluster", "groups", target.slice(1));
  const { members } = await client.get<{ readonly members?: readonly string[] | null }>(path);
  return members?.includes(location) === true;
}
