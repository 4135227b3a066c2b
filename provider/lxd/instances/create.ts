import type { NamedVmSpec, VmCreation } from "../../driver/contract";
import { hasCode, isDriverError } from "../../driver/errors";
import { at, type LxdClient } from "../api/client";
import { doing, missing, taken } from "../common";
import { OWN, type Instance } from "../objects";
import { memberIn } from "../members";
import { configFor } from "./config";
import { missingRoot, placeDisks } from "./devices/placing";
import type { Finder } from "./find";
import { explainImage, sourceOf } from "./source";
import { remove, sparing } from "./remove";
import { keysOf } from "./config/serverKeys";
import { namedDevices, sync, volumeRecord } from "./sync";
import { ownedVolumes, recordedVolumes } from "./volumes";

/** An image may have to come from far away. */
const CREATE_MS = 1_800_000;

/** Makes the instance, stopped, or completes what an earlier run of the same owner has left of it; as it is then. */
export async function create(
  client: LxdClient,
  finder: Finder,
  spec: NamedVmSpec,
  owned: VmCreation,
): Promise<Instance> {
  const found = await finder.find(spec.name);
  if (found !== undefined) return complete(client, finder, found, spec, owned);
  const placed = await placeDisks(client, spec, { config: {}, devices: {} });
  const [alongside, later] = [
    placed.filter(({ role }) => role !== "made"),
    placed.filter(({ role }) => role === "made"),
  ];
  const type = spec.instanceType ?? "virtual-machine";
  const devices = namedDevices(spec, alongside, type);
  const root = await missingRoot(client, spec, devices);
  const volumes = volumeRecord(later, { config: {} });
  const config = configFor(spec, owned, {}, { volumes, devices, server: await keysOf(client, spec) });
  // What came from files of the program's machine is on the server by now, and is known there by its fingerprint.
  const disk = spec.disks?.find(({ image }) => image !== undefined);
  const body = {
    name: spec.name,
    type,
    source: sourceOf(disk?.fingerprint ?? disk?.image),
    config,
    devices: { ...root, ...devices },
    description: spec.description ?? "",
    ...(spec.profiles === undefined ? {} : { profiles: spec.profiles }),
  };
  const what = doing("create", "VM", spec.name);
  try {
    await client.change("POST", at("instances"), {
      body,
      query: { target: spec.target },
      deadlineMs: CREATE_MS,
      what,
      tell: owned.tell,
    });
  } catch (error) {
    throw isDriverError(error) ? explainImage(error, disk?.image) : error;
  }
  const made = await finder.find(spec.name);
  if (made === undefined) throw missing("VM", spec.name, "create");
  if (made.config[OWN.owner] !== owned.owner) throw taken("VM", spec.name, made.config[OWN.owner]);
  if (later.length === 0) return made;
  // Volumes that are there already, of an instance that somebody has deleted, hold what it has left.
  const before = await ownedVolumes(client, owned.owner, volumes, memberIn(made));
  owned.older?.(before);
  try {
    await sync(client, made, spec, owned);
  } catch (error) {
    // Nothing half-made stays, unless nobody can tell what has become of it.
    if (!hasCode(error, "connection-lost", "unreachable", "busy"))
      await remove(client, finder, sparing(made, before)).catch(() => undefined);
    throw error;
  }
  return finder.need(made.name, "create");
}

async function complete(
  client: LxdClient,
  finder: Finder,
  before: Instance,
  spec: NamedVmSpec,
  owned: VmCreation,
): Promise<Instance> {
  const owner = before.config[OWN.owner];
  if (owner !== owned.owner) throw taken("VM", spec.name, owner);
  if (isHalfMade(before)) {
    // Its volumes are made when it is there, so those that exist are older, or it is no half after all.
    const there = await ownedVolumes(client, owner, recordedVolumes(before), memberIn(before));
    await remove(client, finder, sparing(before, there));
    return create(client, finder, spec, owned);
  }
  owned.wasThere?.();
  await sync(client, before, spec, owned);
  return finder.need(spec.name, "create");
}

/**
 * A server that was killed while it unpacked an image leaves an instance that looks whole. The last thing that it does to a new one is to
 * note `volatile.apply_template`, which goes with the first start. An instance that has come from another project or member has neither
 * that note nor a time of its last use, but still says whether it was on.
 */
function isHalfMade({ config, last_used_at: used }: Instance): boolean {
  const wasOn = config["volatile.last_state.power"] !== undefined || Date.parse(used ?? "") > 0;
  return config["volatile.apply_template"] === undefined && !wasOn;
}
