import type { Named, ObservedVolume, Ownership, VolumeContent, VolumeDriver } from "../driver/contract";
import { DriverError, hasCode } from "../driver/errors";
import type { StorageVolumeSpec } from "../schema/storageVolume";
import { formatBytes } from "../schema/units";
import { at, type LxdClient } from "./api/client";
import { doing, given, missing, taken } from "./common";
import { OWN, sizeIn, type Volume } from "./objects";

/** What an empty volume gets when LXD is not told: its own default for blocks. */
const DEFAULT_BYTES = 10 * 2 ** 30;

export function volumePath(pool: string, name: string): string {
  return at("storage-pools", pool, "volumes", "custom", name);
}

/** Custom volumes: blocks for VMs, file systems for containers. Those of instances are listed, too. */
export function createVolumeDriver(client: LxdClient): VolumeDriver {
  const find = async (pool: string, name: string): Promise<ObservedVolume | undefined> => {
    const found = await client.find<Volume>(volumePath(pool, name));
    return found && observedVolume(pool, found.value);
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
      refuseContent(spec, content);
      return ensureVolume(client, spec.pool, spec, owned, spec.contentType ?? "block");
    },
    async resize(pool, name, bytes) {
      await resizeVolume(client, pool, name, bytes);
      const after = await find(pool, name);
      if (after === undefined) throw missing("volume", `${pool}/${name}`, "resize");
      return after;
    },
    async remove(pool, name) {
      try {
        await client.change("DELETE", volumePath(pool, name), {
          what: doing("remove", "volume", `${pool}/${name}`),
        });
      } catch (error) {
        if (!hasCode(error, "not-found")) throw error;
      }
    },
  };
}

/** Makes a custom volume, or finds that this owner has made it already. */
export async function ensureVolume(
  client: LxdClient,
  pool: string,
  spec: Pick<Named<StorageVolumeSpec>, "name" | "size">,
  { owner }: Ownership,
  contentType: "block" | "filesystem",
): Promise<ObservedVolume> {
  const what = doing("create", "volume", `${pool}/${spec.name}`);
  const body = {
    name: spec.name,
    content_type: contentType,
    config: given({ [OWN.owner]: owner, size: spec.size === undefined ? undefined : String(spec.size) }),
  };
  const look = async (): Promise<ObservedVolume | undefined> => {
    const found = await client.find<Volume>(volumePath(pool, spec.name));
    return found && observedVolume(pool, found.value);
  };
  const before = await look();
  if (before === undefined) {
    try {
      await client.change("POST", at("storage-pools", pool, "volumes", "custom"), { body, what });
    } catch (error) {
      if (!hasCode(error, "already-exists")) throw error;
    }
  }
  const made = before ?? (await look());
  if (made === undefined) throw missing("volume", `${pool}/${spec.name}`, "create");
  if (made.owner !== owner) throw taken("volume", `${pool}/${spec.name}`, made.owner);
  return made;
}

/** Grows a volume; one that is attached to a running VM may have to wait until that stops. */
export async function resizeVolume(
  client: LxdClient,
  pool: string,
  name: string,
  bytes: number,
): Promise<void> {
  const what = doing("resize", "volume", `${pool}/${name}`);
  await client.edit<Volume, Pick<Volume, "description" | "config">>(
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

/** LXD takes content as images and backups only, not into a volume. */
function refuseContent(spec: Named<StorageVolumeSpec>, content: VolumeContent | undefined): void {
  if (content === undefined && spec.backing === undefined) return;
  throw new DriverError(
    `a volume of LXD cannot be made from ${content === undefined ? "another one" : "a file"}`,
    {
      code: "unsupported",
      ...doing("create", "volume", `${spec.pool}/${spec.name}`),
      remedy: "Import it as an image (`lxc image import`) and name that as the `image` of a VM's disk.",
    },
  );
}

export function observedVolume(
  pool: string,
  { name, type, content_type: content, config }: Volume,
): ObservedVolume {
  const owner = config[OWN.owner];
  const size = sizeOf(config);
  return {
    id: `${pool}/${name}`,
    name,
    ...(owner === undefined ? {} : { owner }),
    spec: {
      pool,
      ...(content === "block" ? { format: "raw" as const } : {}),
      ...(content === "block" || content === "filesystem" ? { contentType: content } : {}),
      ...(config["size"] === undefined ? {} : { size }),
    },
    pool,
    path: type === "custom" ? `${pool}/custom/${name}` : `${pool}/${type}/${name}`,
    capacityBytes: size,
    allocationBytes: size,
    complete: true,
  };
}

function sizeOf(config: Volume["config"]): number {
  return sizeIn(config["size"]) ?? DEFAULT_BYTES;
}
