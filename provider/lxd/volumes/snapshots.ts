import type { ObservedVolumeSnapshot, VolumeSnapshotDriver, VolumeSnapshotSpec } from "../../driver/contract";
import { DriverError, hasCode, isDriverError } from "../../driver/errors";
import { UPLOAD_MS, type LxdClient } from "../api/client";
import { doing, given, missing, taken } from "../common";
import { OWN, type Config, type Volume } from "../objects";
import { expiryOf, markOf, NEVER, type Mark } from "../snapshots/observe";
import { volumeSnapshot } from "../snapshots/volumes";
import { workEnded } from "./workEnded";
import { runningUsers } from "./users";
import { placeOf, isHalf, volumePath, type VolumeText } from "./view";

interface Snapshot {
  readonly name: string;
  readonly description: string;
  readonly expires_at?: string;
  readonly config: Config;
}

/** The volume's part of a mark: when it was taken, which LXD 5.0 does not tell. */
interface VolumeMark extends Mark {
  readonly at: string;
}

/**
 * Snapshots of custom volumes. Whose one is stands in the copy of the volume's configuration that it carries; while the volume
 * itself says so, the snapshot is on its way, or was when somebody was cut off.
 */
export function createVolumeSnapshotDriver(client: LxdClient): VolumeSnapshotDriver {
  const volumeOf = async (volume: string): Promise<Volume | undefined> =>
    (await client.find<Volume>(pathOf(volume)))?.value;
  const snapshotOf = async (volume: string, name: string): Promise<Snapshot | undefined> =>
    (await client.find<Snapshot>(volumeSnapshot(pathOf(volume), name)))?.value;
  const seen = async (volume: string, name: string, operation: string): Promise<ObservedVolumeSnapshot> => {
    const found = await snapshotOf(volume, name);
    if (found === undefined) throw missing("snapshot", `${volume}/${name}`, operation);
    return observed(volume, name, found);
  };

  const mark = (volume: string, wanted: VolumeMark | undefined): Promise<void> =>
    client.edit<Volume, VolumeText>(
      pathOf(volume),
      ({ description, config: { [OWN.snapshot]: _before, ...config } }) => ({
        description,
        config: { ...config, ...given({ [OWN.snapshot]: wanted && JSON.stringify(wanted) }) } as Config,
      }),
      { what: doing("take a snapshot of", "volume", volume) },
    );

  const take = async ({ volume, name, expiresAt }: VolumeSnapshotSpec, owner: string): Promise<void> => {
    const what = doing("take", "snapshot", `${volume}/${name}`);
    const [pool, of] = placeOf(volume);
    const consistency = (await runningUsers(client, pool, of)).length > 0 ? "crash" : "stopped";
    await mark(volume, { name, owner, consistency, at: new Date().toISOString() });
    try {
      const body = { name, ...given({ expires_at: expiresAt }) };
      await client.change("POST", `${pathOf(volume)}/snapshots`, { body, what, deadlineMs: UPLOAD_MS });
    } catch (error) {
      // Nobody can tell what has become of it: the mark stays, and the next attempt begins anew.
      if (!hasCode(error, "connection-lost", "unreachable", "busy", "timeout"))
        await mark(volume, undefined).catch(() => undefined);
      throw error;
    }
    await mark(volume, undefined);
  };

  return {
    async find(volume, name) {
      const found = await snapshotOf(volume, name);
      return found && observed(volume, name, found);
    },
    async create(spec, { owner }) {
      const { volume, name, expiresAt } = spec;
      const what = doing("take a snapshot of", "volume", volume);
      const parent = await volumeOf(volume);
      if (parent === undefined) throw missing("volume", volume, "take a snapshot of");
      if (isHalf(parent)) throw new DriverError("it is not whole yet", { code: "invalid-state", ...what });
      let before = await snapshotOf(volume, name);
      const whose = before && markOf({ ...before, name })?.owner;
      if (before !== undefined && whose !== owner) throw taken("snapshot", `${volume}/${name}`, whose);
      if (before !== undefined && markOf({ name, config: parent.config }) !== undefined) {
        await workEnded(client, placeOf(volume)[1], what);
        await this.remove(volume, name);
        before = undefined;
      }
      if (before === undefined) {
        if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now())
          throw new DriverError(`\`expiresAt\` (${expiresAt}) has passed`, {
            code: "invalid-argument",
            ...what,
          });
        await take(spec, owner);
      }
      return this.change(spec);
    },
    async change({ volume, name, description = "", expiresAt }) {
      const what = doing("change", "snapshot", `${volume}/${name}`);
      try {
        await client.edit<Snapshot, object>(
          volumeSnapshot(pathOf(volume), name),
          (now) =>
            now.description === description && expiryOf(now) === expiresAt
              ? undefined
              : { description, expires_at: expiresAt ?? NEVER },
          { what },
        );
      } catch (error) {
        throw hasCode(error, "not-found") ? missing("snapshot", `${volume}/${name}`, "change") : error;
      }
      return seen(volume, name, "change");
    },
    async revert(volume, name) {
      await seen(volume, name, "return to");
      const what = doing("return to", "snapshot", `${volume}/${name}`);
      try {
        await client.edit<VolumeText, object>(
          pathOf(volume),
          ({ description, config }) => ({ description, config, restore: name }),
          { what, deadlineMs: UPLOAD_MS },
        );
      } catch (error) {
        const users = await runningUsers(client, ...placeOf(volume)).catch(() => []);
        if (!isDriverError(error) || users.length === 0) throw error;
        throw error.with({ remedy: `Stop ${users.join(", ")} first (\`running: false\`), and return then.` });
      }
    },
    async remove(volume, name) {
      const what = doing("remove", "snapshot", `${volume}/${name}`);
      await client.remove(volumeSnapshot(pathOf(volume), name), { what });
    },
  };
}

function pathOf(volume: string): string {
  return volumePath(...placeOf(volume));
}

/** LXD calls it `volume/name`. */
function observed(volume: string, name: string, snapshot: Snapshot): ObservedVolumeSnapshot {
  const mark = markOf({ name, config: snapshot.config }) as VolumeMark | undefined;
  return {
    id: `${volume}/${name}`,
    name,
    volume,
    consistency: mark?.consistency ?? "crash",
    ...given({ owner: mark?.owner, createdAt: mark?.at }),
    spec: {
      name,
      ...given({ description: snapshot.description || undefined, expiresAt: expiryOf(snapshot) }),
    },
  };
}
