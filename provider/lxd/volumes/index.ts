import type { Named, ObservedVolume, VolumeContent, VolumeDriver } from "../../driver/contract";
import { DriverError, hasCode } from "../../driver/errors";
import { lxdVolumeKeys } from "../../schema/storage/lxdVolume";
import type { StorageVolumeSpec } from "../../schema/storageVolume";
import { formatBytes } from "../../schema/table/units";
import { at, type LxdClient } from "../api/client";
import { doing, missing, refuseAnothers } from "../common";
import { editKeys } from "../keyed";
import { writeKeys } from "../keys";
import type { Volume } from "../objects";
import { usersIn } from "../usedBy";
import { findWhole, isOnSeveral, takeTo, wholeAt } from "./between";
import { ensureVolume, withContent } from "./make";
import { createVolumeSnapshotDriver } from "./snapshots";
import { runningUsers } from "./users";
import { observedVolume, sizeOf, volumePath, type VolumeText } from "./view";

/** Custom volumes: blocks for VMs, file systems for containers. Those of instances are listed, too. */
export function createVolumeDriver(client: LxdClient): VolumeDriver {
  const find = async (pool: string, name: string): Promise<ObservedVolume | undefined> => {
    const found = await findWhole(client, pool, name);
    return found && observedVolume(pool, found);
  };

  return {
    async list(pool) {
      const all = await client.get<readonly Volume[]>(at("storage-pools", pool, "volumes"), {
        recursion: "1",
      });
      return all
        .filter(({ type, name }) => type !== "image" && !name.includes("/"))
        .map((volume) => observedVolume(pool, volume));
    },
    find,
    async create(spec, owned, content) {
      const kind = spec.contentType ?? "block";
      if (content === undefined) return ensureVolume(client, spec.pool, spec, owned, kind);
      await requireContent(client, spec, content);
      return withContent(client, spec, owned, content);
    },
    async change(pool, before, spec, owned) {
      const { name } = spec;
      const { owner, from } = owned;
      const now = from && (await find(pool, before));
      refuseAnothers("volume", `${pool}/${before}`, now?.owner, owned);
      const what = doing("change", "volume", `${pool}/${before}`);
      if (name !== before) await rename(client, pool, before, name);
      await takeTo(client, pool, name, spec.target);
      await editKeys<Volume>(client, volumePath(pool, name), spec, {
        keys: () => writeKeys(lxdVolumeKeys, spec),
        owner,
        what,
      });
      const after = await find(pool, name);
      if (after === undefined) throw missing("volume", `${pool}/${name}`, "change");
      return after;
    },
    async resize(pool, name, bytes) {
      await resizeVolume(client, pool, name, bytes);
      const after = await find(pool, name);
      if (after === undefined) throw missing("volume", `${pool}/${name}`, "resize");
      return after;
    },
    async remove(pool, name) {
      const path = volumePath(pool, name);
      const what = doing("remove", "volume", `${pool}/${name}`);
      try {
        await client.remove(path, { what });
      } catch (error) {
        if (isOnSeveral(error)) {
          await takeTo(client, pool, name, await wholeAt(client, pool, name));
          return client.remove(path, { what });
        }
        const users = usersIn((await client.find<Volume>(path))?.value.used_by);
        if (!(error instanceof DriverError) || !hasCode(error, "invalid-state") || users.length === 0)
          throw error;
        throw error.with({ remedy: `Take it from ${users.join(", ")} first.` });
      }
    },
    runningUsers: (pool, name) => runningUsers(client, pool, name),
    snapshots: createVolumeSnapshotDriver(client),
  };
}

/** LXD renames the devices of instances that are off along with it. */
async function rename(client: LxdClient, pool: string, before: string, name: string): Promise<void> {
  const what = doing("rename", "volume", `${pool}/${before}`);
  const users = await runningUsers(client, pool, before);
  if (users.length > 0)
    throw new DriverError(`it is in use by ${users.join(", ")}`, {
      code: "invalid-state",
      ...what,
      remedy: `Stop ${users.join(", ")} first (\`running: false\`), and rename it then.`,
    });
  await client.change("POST", volumePath(pool, before), { body: { name }, what });
}

const ISO = "custom_volume_iso";

async function requireContent(
  client: LxdClient,
  spec: Named<StorageVolumeSpec>,
  content: VolumeContent,
): Promise<void> {
  const what = { code: "unsupported", ...doing("create", "volume", `${spec.pool}/${spec.name}`) } as const;
  if (content.format !== "raw")
    throw new DriverError(`LXD takes raw content, and this is ${content.format}`, {
      ...what,
      remedy: "Convert it first (`qemu-img convert -O raw`), or import it as an image (`lxc image import`).",
    });
  if (spec.contentType === "iso" && !(await client.has(ISO)))
    throw new DriverError(`this server takes no ISO images as volumes: it lacks the API extension ${ISO}`, {
      ...what,
      remedy: "Upgrade LXD on the host, or send the image as blocks: leave `contentType` out.",
    });
}

/** Grows a volume; one that is attached to a running VM may have to wait until that stops. */
export async function resizeVolume(
  client: LxdClient,
  pool: string,
  name: string,
  bytes: number,
): Promise<void> {
  const what = doing("resize", "volume", `${pool}/${name}`);
  await client.edit<Volume, VolumeText>(
    volumePath(pool, name),
    ({ description, config }) => {
      const now = sizeOf(config);
      if (bytes < now)
        throw new DriverError(`it has ${formatBytes(now)} and cannot shrink to ${formatBytes(bytes)}`, {
          code: "invalid-argument",
          ...what,
        });
      return bytes === now ? undefined : { description, config: { ...config, size: String(bytes) } };
    },
    { what },
  );
}
