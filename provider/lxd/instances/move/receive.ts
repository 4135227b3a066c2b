import type { HostDriver, Ownership } from "../../../driver/contract";
import { DriverError } from "../../../driver/errors";
import { at, type LxdClient } from "../../api/client";
import { doing, missing, taken } from "../../common";
import { OWN, type Config, type Instance, type Volume } from "../../objects";
import { placeOf, volumePath } from "../../volumes/view";
import { editInstance } from "../edit";
import { Finder } from "../find";
import { stateOf } from "../observe";
import { ownedVolumes, recordedVolumes, withoutVolumes } from "../volumes";

/** Disks may have to be copied. */
const MOVE_MS = 3_600_000;

const clients = new WeakMap<HostDriver, LxdClient>();

/** A driver made by this module can be the other end of another one's move. */
export function asEnd<D extends HostDriver>(driver: D, client: LxdClient): D {
  clients.set(driver, client);
  return driver;
}

/**
 * Takes an instance over from another project of the same server: with its identity, its snapshots and its root. Volumes of its own
 * are let go of first, for there they would not be found, and follow when it has arrived.
 */
export async function receive(
  to: LxdClient,
  source: HostDriver,
  id: string,
  { owner }: Ownership,
): Promise<void> {
  const from = clients.get(source);
  const refuse = (message: string): DriverError =>
    new DriverError(message, { code: "unsupported", ...doing("move", "VM", id) });
  if (from === undefined || (await from.serverFingerprint()) !== (await to.serverFingerprint()))
    throw refuse("LXD moves instances between projects of one server");
  const there = await new Finder(to).find(id);
  if (there !== undefined) {
    const theirs = there.config[OWN.owner];
    if (theirs !== owner) throw taken("VM", there.name, theirs);
    return;
  }
  const here = await new Finder(from).find(id);
  if (here === undefined) throw missing("VM", id, "move");
  if (!(await from.has("instance_project_move")))
    throw refuse("this LXD moves no instance to another project (it has no instance_project_move)");
  if (stateOf(here) !== "stopped")
    throw new DriverError(
      `it is ${stateOf(here)}, and LXD moves instances to another project while they are off`,
      {
        code: "invalid-state",
        ...doing("move", "VM", here.name),
        remedy: 'Stop it (`running: false`), or let it be restarted (`restart: "ifNeeded"`).',
      },
    );
  await move(from, to, here);
}

async function move(from: LxdClient, to: LxdClient, here: Instance): Promise<void> {
  const { name, config } = here;
  const what = doing("move", "VM", name);
  const volumes = await ownedVolumes(from, config[OWN.owner], recordedVolumes(here));
  const stay = (await volumeProject(from)) === (await volumeProject(to));
  if (!stay && volumes.length > 0)
    await editInstance(from, name, what, (now) => ({
      ...now,
      config: { ...now.config, [OWN.cameFrom]: from.project },
      devices: withoutVolumes(now.devices, volumes),
    }));
  try {
    await from.change("POST", at("instances", name), {
      body: { name, migration: true, project: to.project },
      deadlineMs: MOVE_MS,
      what,
    });
  } catch (error) {
    if ((await new Finder(from).find(name)) !== undefined)
      await editInstance(from, name, what, (now) => ({
        ...now,
        config: withoutOrigin(now.config),
        devices: here.devices,
      }));
    throw error;
  }
}

/** The project that has the custom volumes of a client's project. */
async function volumeProject(client: LxdClient): Promise<string> {
  const { config } = await client.get<{ readonly config: Config }>(at("projects", client.project));
  return config["features.storage.volumes"] === "true" ? client.project : "default";
}

/** Volumes that have yet to follow an instance from the project that it was in. */
export async function volumesFollow(client: LxdClient, instance: Instance): Promise<void> {
  const { name, config } = instance;
  const project = config[OWN.cameFrom];
  if (project === undefined) return;
  const owner = config[OWN.owner];
  const ownerIn = async (at: LxdClient, path: string): Promise<string | undefined> =>
    (await at.find<Volume>(path))?.value.config[OWN.owner];
  await client.inProject(project, (from) =>
    Promise.all(
      recordedVolumes(instance).map(async (place) => {
        const [pool, volume] = placeOf(place);
        const path = volumePath(pool, volume);
        if ((await ownerIn(client, path)) === owner || (await ownerIn(from, path)) !== owner) return;
        await from.change("POST", path, {
          body: { name: volume, pool, project: client.project },
          deadlineMs: MOVE_MS,
          what: doing("move", "volume", place),
        });
      }),
    ),
  );
  await editInstance(client, name, doing("move", "VM", name), (now) => ({
    ...now,
    config: withoutOrigin(now.config),
  }));
}

function withoutOrigin(config: Config): Config {
  return Object.fromEntries(Object.entries(config).filter(([key]) => key !== OWN.cameFrom));
}
