import { createHash } from "node:crypto";
import type { Named, ObservedVolume, Ownership, VolumeContent, VolumeDriver } from "../driver/contract";
import { DriverError, hasCode } from "../driver/errors";
import { lxdVolumeKeys } from "../schema/lxdVolume";
import type { StorageVolumeSpec } from "../schema/storageVolume";
import { formatBytes } from "../schema/units";
import { at, type LxdClient } from "./api/client";
import { doing, given, missing, taken } from "./common";
import { mergeKeys, readKeys, sameConfig, writeKeys } from "./keys";
import { OWN, sizeIn, type Config, type Volume } from "./objects";
import { usersIn } from "./usedBy";
import { importBlocks, importIso, uploadTo } from "./volumeContent";

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
      const kind = spec.contentType ?? "block";
      if (content === undefined) return ensureVolume(client, spec.pool, spec, owned, kind);
      await requireContent(client, spec, content);
      return withContent(client, spec, owned, content);
    },
    async change(pool, name, spec, { owner }) {
      const what = doing("change", "volume", `${pool}/${name}`);
      await client.edit<Volume, Pick<Volume, "description" | "config">>(
        volumePath(pool, name),
        ({ description, config }) => {
          const next = mergeKeys(config, writeKeys(lxdVolumeKeys, spec), owner);
          const text = spec.description ?? (isAdopted(spec) ? description : "");
          return sameConfig(config, next) && text === description
            ? undefined
            : { description: text, config: next };
        },
        { what },
      );
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
      try {
        await client.change("DELETE", path, { what: doing("remove", "volume", `${pool}/${name}`) });
      } catch (error) {
        if (hasCode(error, "not-found")) return;
        const users = usersIn((await client.find<Volume>(path))?.value.used_by);
        if (!(error instanceof DriverError) || !hasCode(error, "invalid-state") || users.length === 0)
          throw error;
        throw error.with({ remedy: `Take it from ${users.join(", ")} first.` });
      }
    },
  };
}

type Wanted = Pick<Named<StorageVolumeSpec>, "name" | "size"> & Partial<StorageVolumeSpec>;

/** Makes a custom volume, or finds that this owner has made it already. */
export async function ensureVolume(
  client: LxdClient,
  pool: string,
  spec: Wanted,
  { owner }: Ownership,
  contentType: string,
): Promise<ObservedVolume> {
  const what = doing("create", "volume", `${pool}/${spec.name}`);
  const body = {
    name: spec.name,
    description: spec.description ?? "",
    content_type: contentType,
    config: configOf(spec, owner),
    ...(spec.copyOf === undefined ? {} : { source: copyOf(pool, spec.copyOf) }),
  };
  return settle(client, pool, spec.name, owner, () =>
    client.change("POST", at("storage-pools", pool, "volumes", "custom"), { body, what }),
  );
}

function configOf(spec: Wanted, owner: string): Config {
  const size = spec.size === undefined ? undefined : String(spec.size);
  return given({ ...mergeKeys({}, writeKeys(lxdVolumeKeys, spec), owner), size }) as Config;
}

/** `pool/name`, or a name in the same pool. */
function copyOf(pool: string, from: string): Readonly<Record<string, unknown>> {
  const parts = from.split("/");
  return { type: "copy", pool: parts.at(-2) ?? pool, name: parts.at(-1), volume_only: true };
}

/** Looks, makes what is not there, and looks whose it is. */
async function settle(
  client: LxdClient,
  pool: string,
  name: string,
  owner: string,
  make: () => Promise<void>,
): Promise<ObservedVolume> {
  const look = async (): Promise<ObservedVolume | undefined> => {
    const found = await client.find<Volume>(volumePath(pool, name));
    return found && observedVolume(pool, found.value);
  };
  const before = await look();
  if (before === undefined) {
    try {
      await make();
    } catch (error) {
      if (!hasCode(error, "already-exists")) throw error;
    }
  }
  const made = before ?? (await look());
  if (made === undefined) throw missing("volume", `${pool}/${name}`, "create");
  if (made.owner !== owner) throw taken("volume", `${pool}/${name}`, made.owner);
  return made;
}

/** A volume with content: blocks go with their configuration; an ISO image gets it, and its name, when all of it is there. */
function withContent(
  client: LxdClient,
  spec: Named<StorageVolumeSpec>,
  { owner }: Ownership,
  content: VolumeContent,
): Promise<ObservedVolume> {
  const { pool, name, description = "" } = spec;
  const what = doing("create", "volume", `${pool}/${name}`);
  const size = Math.max(spec.size ?? 0, content.virtualBytes);
  const config = configOf({ ...spec, size }, owner);
  return settle(client, pool, name, owner, async () => {
    if (spec.contentType !== "iso")
      return uploadTo(client, pool, { ...importBlocks(pool, { name, description, config }, content), what });
    const draft = volumePath(pool, draftName(owner));
    await client.change("DELETE", draft, { what }).catch((error: unknown) => {
      if (!hasCode(error, "not-found")) throw error;
    });
    await uploadTo(client, pool, { ...importIso(draftName(owner), content), what });
    await client.edit<Volume, Pick<Volume, "description" | "config">>(
      draft,
      (now) => ({ description, config: { ...now.config, ...configOf({ ...spec, size: undefined }, owner) } }),
      { what },
    );
    await client.change("POST", draft, { body: { name }, what });
  });
}

/** Under this name an image is on its way: what a run that was cut off has left is found by it, and is nobody else's. */
function draftName(owner: string): string {
  return `vmhost-draft-${createHash("sha256").update(owner).digest("hex").slice(0, 16)}`;
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

export function observedVolume(
  pool: string,
  { name, type, content_type: content, description, config }: Volume,
): ObservedVolume {
  const owner = config[OWN.owner];
  const size = sizeOf(config);
  return {
    id: `${pool}/${name}`,
    name,
    ...(owner === undefined ? {} : { owner }),
    spec: {
      ...(readKeys(lxdVolumeKeys, withoutSize(config)) as Partial<StorageVolumeSpec>),
      description: description === "" ? undefined : description,
      pool,
      ...(content === "block" ? { format: "raw" as const } : {}),
      ...(isContentType(content) ? { contentType: content } : {}),
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

function isAdopted({ adopt }: Named<StorageVolumeSpec>): boolean {
  return adopt !== undefined && adopt !== false;
}

function withoutSize({ size: _size, ...rest }: Config): Config {
  return rest;
}

function isContentType(text: string): text is "block" | "filesystem" | "iso" {
  return ["block", "filesystem", "iso"].includes(text);
}
