import { createHash } from "node:crypto";
import type { Named, ObservedVolume, Ownership, VolumeContent } from "../../driver/contract";
import { DriverError, hasCode, type DriverErrorDetails } from "../../driver/errors";
import { lxdVolumeKeys } from "../../schema/storage/lxdVolume";
import type { StorageVolumeSpec } from "../../schema/storageVolume";
import { at, UPLOAD_MS, type LxdClient } from "../api/client";
import { isGone } from "../api/errors";
import { doing, given, missing, taken } from "../common";
import { mergeKeys, writeKeys } from "../keys";
import { memberIn } from "../members";
import { OWN, type Config, type Volume } from "../objects";
import { importBlocks, importIso, uploadTo } from "./content";
import { workEnded } from "./workEnded";
import { isHalf, observedVolume, volumePath, type VolumeText } from "./view";

const TRIES = 3;

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
  const source = spec.copyOf === undefined ? undefined : copyOf(pool, spec.copyOf);
  const body = {
    name: spec.name,
    description: spec.description ?? "",
    content_type: contentType,
    config: configOf(spec, owner),
    ...given({ source }),
  };
  return settle(client, pool, spec.name, owner, async () => {
    const from = source && (await requireWhole(client, source, what));
    const target = spec.target ?? from;
    // A copy takes as long as its data.
    const deadline = source === undefined ? {} : { deadlineMs: UPLOAD_MS };
    const query = { target };
    await client.change("POST", at("storage-pools", pool, "volumes", "custom"), {
      body,
      query,
      what,
      ...deadline,
    });
  });
}

/** A volume with content: blocks go with their configuration; an ISO image gets it, and its name, when all of it is there. */
export function withContent(
  client: LxdClient,
  spec: Named<StorageVolumeSpec>,
  { owner }: Ownership,
  content: VolumeContent,
): Promise<ObservedVolume> {
  const { pool, name, description = "" } = spec;
  const what = doing("create", "volume", `${pool}/${name}`);
  const size = Math.max(spec.size ?? 0, content.virtualBytes);
  const config = configOf({ ...spec, size }, owner);
  const query = { target: spec.target };
  return settle(client, pool, name, owner, async () => {
    if (spec.contentType !== "iso")
      return uploadTo(client, pool, {
        ...importBlocks(pool, { name, description, config }, content),
        query,
        what,
      });
    const draft = volumePath(pool, draftName(owner));
    await client.remove(draft, { what });
    await uploadTo(client, pool, { ...importIso(draftName(owner), content), query, what });
    await client.edit<Volume, VolumeText>(
      draft,
      (now) => ({ description, config: { ...now.config, ...configOf({ ...spec, size: undefined }, owner) } }),
      { what },
    );
    await client.change("POST", draft, { body: { name }, what });
  });
}

/** A new volume says that it is on its way: LXD lists it from the first byte on, and after a restart says no more of it. */
function configOf(spec: Wanted, owner: string): Config {
  const size = spec.size === undefined ? undefined : String(spec.size);
  const config = mergeKeys({}, writeKeys(lxdVolumeKeys, spec), owner);
  return given({ ...config, size, [OWN.making]: "true" }) as Config;
}

interface Source {
  readonly type: "copy";
  readonly pool: string;
  readonly name: string;
  readonly volume_only: true;
}

/** `pool/name`, or a name in the same pool. */
function copyOf(pool: string, from: string): Source {
  const parts = from.split("/");
  return { type: "copy", pool: parts.at(-2) ?? pool, name: parts.at(-1) ?? "", volume_only: true };
}

/** The member of a cluster that has it. */
async function requireWhole(
  client: LxdClient,
  { pool, name }: Source,
  what: Partial<DriverErrorDetails>,
): Promise<string | undefined> {
  const source = await client.find<Volume>(volumePath(pool, name));
  if (source !== undefined && isHalf(source.value))
    throw new DriverError(`its source, the volume "${pool}/${name}", is not whole yet`, {
      code: "invalid-state",
      ...what,
      remedy: "Run `pulumi up` of the program that makes that volume to its end first.",
    });
  return source && memberIn(source.value);
}

/** Looks, makes what is not there or only half of it, and says in the end that it is whole: one write, which is there or is not. */
async function settle(
  client: LxdClient,
  pool: string,
  name: string,
  owner: string,
  make: () => Promise<void>,
): Promise<ObservedVolume> {
  const path = volumePath(pool, name);
  const what = doing("create", "volume", `${pool}/${name}`);
  for (let attempt = 1; ; attempt++) {
    const found = (await client.find<Volume>(path))?.value;
    if (found !== undefined) {
      const theirs = found.config[OWN.owner];
      if (theirs !== owner) throw taken("volume", `${pool}/${name}`, theirs);
      if (!isHalf(found)) return observedVolume(pool, found);
      // Whoever was cut off may have left a server that goes on.
      await workEnded(client, name, what);
      await client.remove(path, { what });
    }
    try {
      await make();
    } catch (error) {
      if (!hasCode(error, "already-exists") || attempt === TRIES) throw error;
      continue;
    }
    return observedVolume(pool, await declareWhole(client, pool, name, owner));
  }
}

async function declareWhole(client: LxdClient, pool: string, name: string, owner: string): Promise<Volume> {
  const what = doing("create", "volume", `${pool}/${name}`);
  let whole: Volume | undefined;
  try {
    await client.edit<Volume, VolumeText>(
      volumePath(pool, name),
      (now) => {
        const { [OWN.making]: _making, ...config } = now.config;
        if (config[OWN.owner] !== owner) throw taken("volume", `${pool}/${name}`, config[OWN.owner]);
        whole = { ...now, config };
        return isHalf(now) ? { description: now.description, config } : undefined;
      },
      { what },
    );
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  if (whole === undefined) throw missing("volume", `${pool}/${name}`, "create");
  return whole;
}

/** Under this name an image is on its way: what a run that was cut off has left is found by it, and is nobody else's. */
function draftName(owner: string): string {
  return `vmhost-draft-${createHash("sha256").update(owner).digest("hex").slice(0, 16)}`;
}
