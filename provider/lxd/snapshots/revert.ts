import { at, type LxdClient } from "../api/client";
import { DriverError } from "../../driver/errors";
import { doing } from "../common";
import { editInstance } from "../instances/edit";
import { stateOf } from "../instances/observe";
import { setState } from "../instances/power";
import { applyPending } from "../instances/sync";
import type { Config, Instance } from "../objects";
import type { Snapshot } from "./observe";
import { ownedBy, volumeSnapshot } from "./volumes";

const REVERT_MS = 3_600_000;

/**
 * Disks as they were. LXD would bring the configuration back too, and begin with a guest that has the old one, so the guest is off
 * meanwhile, what the instance is now is written over it, and only then it goes on.
 */
export async function revert(client: LxdClient, instance: Instance, snapshot: Snapshot): Promise<void> {
  const { name } = instance;
  const state = stateOf(instance);
  const what = doing("return to", "snapshot", `${name}/${snapshot.name}`);
  if (instance.ephemeral && state !== "stopped")
    throw new DriverError("it vanishes when it stops", { code: "invalid-state", ...what });
  const volumes = await ownedBy(client, instance);
  for (const volume of volumes) {
    if ((await client.find(volumeSnapshot(volume, snapshot.name))) === undefined)
      throw new DriverError("a volume that was made for the VM later is not in it", {
        code: "invalid-state",
        ...what,
        remedy: "Take the disk out of the program first, or leave the VM as it is.",
      });
  }
  if (state !== "stopped") await setState(client, name, { action: "stop", force: true });
  await Promise.all(
    volumes.map((volume) =>
      client.edit<object, object>(volume, (now) => ({ ...now, restore: snapshot.name }), {
        what,
        deadlineMs: REVERT_MS,
      }),
    ),
  );
  const { stateful } = snapshot;
  await client.change("PUT", at("instances", name), {
    body: { restore: snapshot.name, stateful },
    what,
    deadlineMs: REVERT_MS,
  });
  await editInstance(client, name, what, (now) => ({
    ...instance,
    config: configAfter(now.config, instance.config),
  }));
  if (!stateful && state !== "stopped") {
    await applyPending(client, instance);
    await setState(client, name, { action: "start" });
  }
  if (state === "paused") await setState(client, name, { action: "freeze" });
}

const OF_THE_SERVER = /^volatile\./;

/** The program's keys as they were before, the server's as they are now. */
function configAfter(now: Config, before: Config): Config {
  const pick = (config: Config, servers: boolean): [string, string][] =>
    Object.entries(config).filter(([key]) => OF_THE_SERVER.test(key) === servers);
  return Object.fromEntries([...pick(before, false), ...pick(now, true)]);
}
