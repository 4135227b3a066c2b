import type { ObservedVolume } from "../../driver/contract";
import { lxdVolumeKeys } from "../../schema/storage/lxdVolume";
import type { StorageVolumeSpec } from "../../schema/storageVolume";
import { at } from "../api/client";
import { toldOf } from "../keyed";
import { readKeys } from "../keys";
import { OWN, sizeIn, type Config, type Volume } from "../objects";

/** What an empty volume gets when LXD is not told: its own default for blocks. */
const DEFAULT_BYTES = 10 * 2 ** 30;

/** The parts of `pool/name`. */
export function placeOf(volume: string): readonly [pool: string, name: string] {
  const [pool = "", name = ""] = volume.split("/");
  return [pool, name];
}

export function volumePath(pool: string, name: string): string {
  return at("storage-pools", pool, "volumes", "custom", name);
}

/** The part of a volume that a change writes. */
export type VolumeText = Pick<Volume, "description" | "config">;

/** Whether the volume is still on its way, or was when somebody was cut off. */
export function isHalf({ config }: Volume): boolean {
  return config[OWN.making] !== undefined;
}

export function observedVolume(pool: string, volume: Volume): ObservedVolume {
  const { name, type, content_type: content, config } = volume;
  const size = sizeOf(config);
  return {
    ...toldOf(volume, {
      ...(readKeys(lxdVolumeKeys, withoutSize(config)) as Partial<StorageVolumeSpec>),
      pool,
      ...(content === "block" ? { format: "raw" as const } : {}),
      ...(isContentType(content) ? { contentType: content } : {}),
      ...(config["size"] === undefined ? {} : { size }),
    }),
    id: `${pool}/${name}`,
    pool,
    path: type === "custom" ? `${pool}/custom/${name}` : `${pool}/${type}/${name}`,
    capacityBytes: size,
    allocationBytes: size,
    complete: !isHalf(volume),
  };
}

export function sizeOf(config: Config): number {
  return sizeIn(config["size"]) ?? DEFAULT_BYTES;
}

function withoutSize({ size: _size, ...rest }: Config): Config {
  return rest;
}

function isContentType(text: string): text is "block" | "filesystem" | "iso" {
  return ["block", "filesystem", "iso"].includes(text);
}
