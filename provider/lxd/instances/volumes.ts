import type { LxdClient } from "../api/client";
import { doing } from "../common";
import { memberIn } from "../members";
import { OWN, type Devices, type Instance, type Volume } from "../objects";
import { placeOf, volumePath } from "../volumes/view";
import { listIn } from "./config";
import { editInstance } from "./edit";

/** The volumes that were made for an instance, by its own record: `pool/name` each, written before they are made. */
export function recordedVolumes({ config }: Pick<Instance, "config">): readonly string[] {
  return listIn(config[OWN.volumes]);
}

/** Those of the volumes that are there and still say themselves whose they are; on the instance's own member of a cluster. */
export async function ownedVolumes(
  client: LxdClient,
  owner: string | undefined,
  volumes: readonly string[],
  member?: string,
): Promise<readonly string[]> {
  if (owner === undefined) return [];
  const found = await Promise.all(
    volumes.map(async (volume) => {
      const there = await client.find<Volume>(volumePath(...placeOf(volume)), { target: member });
      return there?.value.config[OWN.owner] === owner ? [volume] : [];
    }),
  );
  return found.flat();
}

/** The devices without those that stand for one of the volumes. */
export function withoutVolumes(devices: Devices, volumes: readonly string[]): Devices {
  return Object.fromEntries(
    Object.entries(devices).filter(([, { pool, source }]) => !volumes.includes(`${pool}/${source}`)),
  );
}

/** Takes away volumes that were made for an instance. They are let go of first: LXD keeps what is in use. */
export async function removeVolumes(
  client: LxdClient,
  instance: Instance,
  volumes: readonly string[],
): Promise<void> {
  if (volumes.length === 0) return;
  await editInstance(client, instance.name, doing("remove", "VM", instance.name), (now) => ({
    ...now,
    devices: withoutVolumes(now.devices, volumes),
  }));
  await Promise.all(
    volumes.map((volume) =>
      client.remove(volumePath(...placeOf(volume)), {
        query: { target: memberIn(instance) },
        what: doing("remove", "volume", volume),
      }),
    ),
  );
}
