import { DriverError } from "../../driver/errors";
import { at, type LxdClient } from "../api/client";
import { doing } from "../common";
import { OWN, type Instance } from "../objects";
import { listIn } from "./config";
import { editInstance } from "./edit";
import type { Finder } from "./find";
import { stateOf } from "./observe";

/**
 * The instance under the name that it is to have. LXD takes its root, its snapshots and its logs along; volumes of its own keep
 * their names, which its snapshots know, and are found by those that the instance has had.
 */
export async function renamed(
  client: LxdClient,
  finder: Finder,
  instance: Instance,
  name: string,
): Promise<Instance> {
  const { name: before } = instance;
  if (before === name) return instance;
  const what = doing("rename", "VM", before);
  const state = stateOf(instance);
  if (state !== "stopped")
    throw new DriverError(`it is ${state}, and an instance gets another name while it is off`, {
      code: "invalid-state",
      ...what,
      remedy: 'Stop it (`running: false`), or let it be restarted (`restart: "ifNeeded"`).',
    });
  await editInstance(client, before, what, (now) => ({
    ...now,
    config: { ...now.config, [OWN.formerNames]: JSON.stringify(formerOf(now)) },
  }));
  await client.change("POST", at("instances", before), { body: { name }, what });
  return finder.need(name, "rename");
}

function formerOf({ config, name }: Instance): readonly string[] {
  return [...new Set([...listIn(config[OWN.formerNames]), name])];
}
