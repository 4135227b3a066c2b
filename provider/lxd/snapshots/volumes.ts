import type { DriverErrorDetails } from "../../driver/errors";
import type { LxdClient } from "../api/client";
import { ownedVolumes, recordedVolumes } from "../instances/volumes";
import { OWN, type Instance } from "../objects";
import { placeOf, volumePath } from "../volumes/view";
import { expiryOf, NEVER } from "./observe";

/** Paths of the volumes that were made for the instance and are in it; LXD's own snapshots leave them out. */
export async function ownedBy(client: LxdClient, instance: Instance): Promise<readonly string[]> {
  const { config, devices } = instance;
  const all = await ownedVolumes(client, config[OWN.owner], recordedVolumes(instance));
  const inUse = new Set(Object.values(devices).map(({ pool, source }) => `${pool}/${source}`));
  return all.filter((place) => inUse.has(place)).map((place) => volumePath(...placeOf(place)));
}

export function volumeSnapshot(volume: string, name: string): string {
  return `${volume}/snapshots/${encodeURIComponent(name)}`;
}

/** Whether every volume of the instance's own has its part in the snapshot. */
export async function isWhole(client: LxdClient, instance: Instance, name: string): Promise<boolean> {
  const volumes = await ownedBy(client, instance);
  const parts = await Promise.all(volumes.map((volume) => client.find(volumeSnapshot(volume, name))));
  return !parts.includes(undefined);
}

interface Part {
  readonly description: string;
  readonly expires_at?: string;
}

/** Brings the moment at which LXD takes a volume's snapshot away to the one that is wanted. */
export async function expirePart(
  client: LxdClient,
  path: string,
  expiresAt: string | undefined,
  what: Partial<DriverErrorDetails>,
): Promise<void> {
  await client.edit<Part, object>(
    path,
    (now) =>
      expiryOf(now) === expiresAt
        ? undefined
        : { description: now.description, expires_at: expiresAt ?? NEVER },
    { what },
  );
}
