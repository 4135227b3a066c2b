import type { NamedSnapshotSpec } from "../../driver/contract";
import { DriverError, hasCode, type DriverErrorDetails } from "../../driver/errors";
import { at, type LxdClient } from "../api/client";
import { doing, given } from "../common";
import { editInstance } from "../instances/edit";
import { stateOf } from "../instances/observe";
import { setState } from "../instances/power";

import { OWN, type Config, type Instance } from "../objects";
import { snapshotPath, type Mark } from "./observe";
import { ownedBy, volumeSnapshot } from "./volumes";

/** A large guest's memory, or a pool that copies, takes its time. */
const TAKE_MS = 3_600_000;

/**
 * The instance's own snapshot comes first, and with it the mark of its owner: whatever else a killed run has made is found by it.
 * A guest with several volumes is held still meanwhile. Parts of that name that are there are of another moment, or somebody
 * else's: they would count as ours from then on.
 */
export async function take(
  client: LxdClient,
  instance: Instance,
  spec: NamedSnapshotSpec,
  owner: string,
): Promise<void> {
  const { name } = spec;
  const volumes = await ownedBy(client, instance);
  const what = doing("take", "snapshot", `${instance.name}/${name}`);
  for (const volume of volumes)
    if ((await client.find(volumeSnapshot(volume, name))) !== undefined)
      throw new DriverError("a volume that was made for the VM has a snapshot of this name already", {
        code: "already-exists",
        ...what,
        remedy: "Choose another `name`, or remove that one with `lxc storage volume delete`.",
      });
  const state = stateOf(instance);
  const still = !spec.memory && state === "running" && volumes.length > 0;
  await mark(client, instance, { name, owner, consistency: state === "stopped" ? "stopped" : "crash" });
  if (still) await setState(client, instance.name, { action: "freeze" });
  try {
    const part = { name, ...given({ expires_at: spec.expiresAt }) };
    await once(client, at("instances", instance.name, "snapshots"), what, { ...part, stateful: spec.memory });
    await Promise.all(volumes.map((volume) => once(client, `${volume}/snapshots`, what, part)));
  } catch (error) {
    // Nothing half-made stays, unless nobody can tell what has become of it.
    if (!hasCode(error, "connection-lost", "unreachable", "busy", "already-exists"))
      await undo(client, [
        ...volumes.map((volume) => volumeSnapshot(volume, name)),
        snapshotPath(instance.name, name),
      ]);
    throw error;
  } finally {
    if (still) await setState(client, instance.name, { action: "unfreeze" });
    await mark(client, instance, undefined).catch(() => undefined);
  }
}

async function once(
  client: LxdClient,
  path: string,
  what: Partial<DriverErrorDetails>,
  body: object,
): Promise<void> {
  await client.change("POST", path, { body, what, deadlineMs: TAKE_MS });
}

async function undo(client: LxdClient, paths: readonly string[]): Promise<void> {
  for (const path of paths) await client.change("DELETE", path).catch(() => undefined);
}

async function mark(client: LxdClient, { name }: Instance, mark: Mark | undefined): Promise<void> {
  const what = doing("take a snapshot of", "VM", name);
  await editInstance(client, name, what, (now) => {
    const { [OWN.snapshot]: _before, ...config } = now.config;
    return {
      ...now,
      config: { ...config, ...given({ [OWN.snapshot]: mark && JSON.stringify(mark) }) } as Config,
    };
  });
}
