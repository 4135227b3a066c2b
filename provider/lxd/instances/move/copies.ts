import type { DriverErrorDetails } from "../../../driver/errors";
import { at, type LxdClient } from "../../api/client";
import { doing } from "../../common";
import { memberIn } from "../../members";
import { OWN, type Instance, type Volume } from "../../objects";
import { copyBetween } from "../../volumes/between";
import { workEnded } from "../../volumes/workEnded";
import { placeOf, volumePath } from "../../volumes/view";
import { recordedVolumes } from "../volumes";

interface Placed {
  readonly pool: string;
  readonly member: string;
  readonly volume: Volume;
}

/** Gives another member a copy of each volume that was made for the instance, before it goes there itself. */
export async function copiesFor(
  client: LxdClient,
  instance: Instance,
  from: string,
  to: string,
  what: Partial<DriverErrorDetails>,
): Promise<void> {
  for (const { pool, member, volume } of await volumesEverywhere(client, instance))
    if (member === from) await copyBetween(client, { pool, name: volume.name, from, to }, volume, what);
}

/** Takes away what members that the instance is not on have of its volumes: left by a move, or by one that was cut off. */
export async function dropCopies(client: LxdClient, instance: Instance, home: string): Promise<void> {
  const all = await volumesEverywhere(client, instance);
  const here = new Set(
    all.filter(({ member }) => member === home).map(({ pool, volume }) => `${pool}/${volume.name}`),
  );
  for (const { pool, member, volume } of all) {
    // The only one there is holds the data, wherever it is.
    if (member === home || !here.has(`${pool}/${volume.name}`)) continue;
    const what = doing("remove", "volume", `${pool}/${volume.name} on ${member}`);
    await workEnded(client, volume.name, what);
    await client.remove(volumePath(pool, volume.name), { query: { target: member }, what });
  }
}

/** The volumes that were made for the instance, on whatever members they are. */
async function volumesEverywhere(client: LxdClient, instance: Instance): Promise<readonly Placed[]> {
  const owner = instance.config[OWN.owner];
  const places = recordedVolumes(instance).map(placeOf);
  const pools = [...new Set(places.map(([pool]) => pool))];
  const found = await Promise.all(
    pools.map(async (pool) => {
      const all = await client.get<readonly Volume[]>(at("storage-pools", pool, "volumes", "custom"), {
        recursion: "1",
      });
      const names = places.flatMap(([where, name]) => (where === pool ? [name] : []));
      return all.flatMap((volume): Placed[] => {
        const member = memberIn(volume);
        const ours = volume.config[OWN.owner] === owner && names.includes(volume.name);
        return ours && member !== undefined ? [{ pool, member, volume }] : [];
      });
    }),
  );
  return found.flat();
}
