import { at, type LxdClient } from "../api/client";
import { doing } from "../common";
import { OWN, type Instance } from "../objects";
import { memberIn } from "../members";
import type { Finder } from "./find";
import { setState } from "./power";
import { stateOf } from "./observe";
import { ownedVolumes, recordedVolumes, removeVolumes } from "./volumes";

/** Takes the instance away, with the volumes that were made for it. Its record goes last, so that a cut-off run is resumed. */
export async function remove(client: LxdClient, finder: Finder, instance: Instance): Promise<void> {
  const { name, config } = instance;
  if (stateOf(instance) !== "stopped") await setState(client, name, { action: "stop", force: true });
  const recorded = recordedVolumes(instance);
  const owned = await ownedVolumes(client, config[OWN.owner], recorded, memberIn(instance));
  await removeVolumes(client, instance, owned);
  try {
    await client.remove(at("instances", name), { what: doing("remove", "VM", name) });
  } catch (error) {
    if ((await finder.find(name)) !== undefined) throw error;
  }
}

/** The instance as one that never had these volumes of its own. */
export function sparing(instance: Instance, volumes: readonly string[] = []): Instance {
  const ours = recordedVolumes(instance).filter((place) => !volumes.includes(place));
  return { ...instance, config: { ...instance.config, [OWN.volumes]: JSON.stringify(ours) } };
}
