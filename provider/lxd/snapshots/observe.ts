import type { ObservedSnapshot } from "../../driver/contract";
import type { DriverErrorDetails } from "../../driver/errors";
import { at, type LxdClient } from "../api/client";
import { given } from "../common";
import { isRoot } from "../instances/devices/disk";
import { idOf } from "../instances/find";
import { OWN, type Config, type Instance } from "../objects";

export interface Snapshot {
  readonly name: string;
  readonly created_at: string;
  readonly expires_at?: string;
  readonly stateful: boolean;
  readonly config: Config;
}

interface VolumeSnapshot {
  readonly description: string;
  readonly expires_at?: string;
}

/** What an instance is told before its snapshot is taken, so that the snapshot carries it along. */
export interface Mark {
  readonly name: string;
  readonly owner: string;
  readonly consistency: ObservedSnapshot["consistency"];
}

export function snapshotPath(instance: string, name: string): string {
  return at("instances", instance, "snapshots", name);
}

/** The instance's own volume; it may be a profile that names its pool. */
export function rootPath({
  name,
  type,
  devices,
  expanded_devices: expanded = devices,
}: Instance): string | undefined {
  const pool = Object.values(expanded).find(isRoot)?.["pool"];
  return pool && at("storage-pools", pool, "volumes", type, name);
}

/** Whose the snapshot is, if it is one of ours: an instance carries the mark of its latest snapshot into those of others. */
export function markOf({ name, config }: Pick<Snapshot, "name" | "config">): Mark | undefined {
  try {
    const mark = JSON.parse(config[OWN.snapshot] ?? "null") as Mark | null;
    return mark?.name === name ? mark : undefined;
  } catch {
    return undefined;
  }
}

/** LXD writes "never" as the year 1, and takes a missing moment of an instance's snapshot for "as it is". */
export const NEVER = "0001-01-01T00:00:00Z";

export function expiryOf({ expires_at: at }: Pick<Snapshot, "expires_at">): string | undefined {
  const moment = Date.parse(at ?? "");
  return Number.isNaN(moment) || moment <= 0 ? undefined : new Date(moment).toISOString();
}

export async function observe(
  client: LxdClient,
  instance: Instance,
  snapshot: Snapshot,
): Promise<ObservedSnapshot> {
  const { name, created_at: createdAt, stateful } = snapshot;
  const mark = markOf(snapshot);
  const path = volumePath(instance, name);
  const volume = path === undefined ? undefined : (await client.find<VolumeSnapshot>(path))?.value;
  const vm = idOf(instance);
  return {
    id: `${vm}/${name}`,
    vm,
    name,
    ...given({ owner: mark?.owner }),
    createdAt: new Date(createdAt).toISOString(),
    kind: "internal",
    consistency: stateful ? "memory" : (mark?.consistency ?? "crash"),
    spec: {
      name,
      memory: stateful,
      ...given({
        description: volume?.description || undefined,
        expiresAt: expiryOf(snapshot),
      }),
    },
  };
}

/** A snapshot has no text of its own; that of its root's volume has. */
export async function describe(
  client: LxdClient,
  instance: Instance,
  name: string,
  description: string,
  what: Partial<DriverErrorDetails>,
): Promise<void> {
  const path = volumePath(instance, name);
  if (path === undefined) return;
  await client.edit<VolumeSnapshot, object>(
    path,
    ({ description: before, expires_at }) =>
      before === description ? undefined : { description, ...given({ expires_at }) },
    { what },
  );
}

function volumePath(instance: Instance, name: string): string | undefined {
  const root = rootPath(instance);
  return root && `${root}/snapshots/${encodeURIComponent(name)}`;
}
