import { isDeepStrictEqual } from "node:util";
import type { NamedVmSpec, Ownership } from "../../driver/contract";
import { DriverError } from "../../driver/errors";
import { formatBytes } from "../../schema/table/units";
import { isAdopted } from "../../schema/table/adopted";
import type { LxdClient } from "../api/client";
import { doing, given } from "../common";
import { memberIn } from "../members";
import { OWN, sizeIn, type Config, type Devices, type Instance } from "../objects";
import { resizeVolume } from "../volumes";
import { ensureVolume } from "../volumes/make";
import { configFor, listIn } from "./config";
import { deviceKeysIn, withForeignKeys } from "./devices/keys";
import { diskDevice, type PlacedDisk } from "./devices/disk";
import { placeDisks } from "./devices/placing";
import { editInstance } from "./edit";
import { interfaceDevice } from "./devices/nic";
import { stateOf } from "./observe";
import { otherDevices } from "./devices/others";
import { volumesFollow } from "./move/receive";
import { keysOf, type ServerKeys } from "./config/serverKeys";
import { afterStart, cannotNow, ways, type Wanted } from "./config/pending";
import { recordedVolumes } from "./volumes";

/** Brings an instance to the spec: intent first, then volumes, then all the rest in one write. */
export async function sync(
  client: LxdClient,
  instance: Instance,
  spec: NamedVmSpec,
  owned: Ownership,
): Promise<void> {
  await volumesFollow(client, instance);
  const { devices } = afterStart(instance);
  const placed = await placeDisks(client, spec, { config: instance.config, devices });
  refuseShrinking(placed, devices, spec.name);
  const record = volumeRecord(placed, instance);
  const made = placed.filter(({ role }) => role === "made");
  if (!isDeepStrictEqual(record, recordedVolumes(instance)))
    await write(client, instance, spec.name, (now) => ({
      ...now,
      profiles: now.profiles ?? [],
      config: { ...now.config, [OWN.volumes]: JSON.stringify(record), [OWN.owner]: owned.owner },
    }));
  await Promise.all(made.map((place) => ensureOwnVolume(client, instance, place, owned)));
  const server = await keysOf(client, spec);
  await write(client, instance, spec.name, (now) => wantedFor(now, spec, owned, placed, record, server));
}

/** The record that an instance is to have of its own volumes: those of before, and those that disks want made. */
export function volumeRecord(
  placed: readonly PlacedDisk[],
  instance: Pick<Instance, "config">,
): readonly string[] {
  const made = placed.flatMap(({ role, pool, volume }) => (role === "made" ? [`${pool}/${volume}`] : []));
  return [...new Set([...recordedVolumes(instance), ...made])];
}

function wantedFor(
  now: Instance,
  spec: NamedVmSpec,
  owned: Ownership,
  placed: readonly PlacedDisk[],
  volumes: readonly string[],
  server: ServerKeys,
): Wanted {
  const next = afterStart(now);
  const named = namedDevices(spec, placed, now.type);
  const gone = new Set(listIn(now.config[OWN.devices]));
  const keys = deviceKeysIn(now.config);
  const kept = Object.entries(next.devices).filter(([name]) => !gone.has(name) && named[name] === undefined);
  const adopted = isAdopted(spec);
  return {
    config: configFor(spec, owned, next.config, { volumes, devices: named, server }),
    devices: {
      ...Object.fromEntries(kept),
      ...Object.fromEntries(
        Object.entries(named).map(([name, device]) => [
          name,
          withForeignKeys(device, next.devices[name], keys[name]),
        ]),
      ),
    },
    description: spec.description ?? (adopted ? now.description : ""),
    profiles: spec.profiles ?? now.profiles ?? [],
  };
}

/** Devices of the spec by name; a root without a size keeps the one it has. */
export function namedDevices(
  spec: NamedVmSpec,
  placed: readonly PlacedDisk[],
  type: Instance["type"],
): Devices {
  return Object.fromEntries([
    ...placed.map((place) => [place.disk.name, diskDevice(place, type)] as const),
    ...(spec.interfaces ?? []).map((nic) => [nic.name, interfaceDevice(nic)] as const),
    ...Object.entries(otherDevices(spec, type)),
  ]);
}

function refuseShrinking(placed: readonly PlacedDisk[], devices: Devices, vm: string): void {
  for (const { disk, role } of placed) {
    const now = sizeIn(devices[disk.name]?.["size"]);
    if (role !== "root" || disk.size === undefined || now === undefined || disk.size >= now) continue;
    throw new DriverError(
      `the disk "${disk.name}" has ${formatBytes(now)} and cannot shrink to ${formatBytes(disk.size)}`,
      { code: "invalid-argument", ...doing("change", "VM", vm) },
    );
  }
}

async function ensureOwnVolume(
  client: LxdClient,
  instance: Instance,
  place: PlacedDisk,
  owned: Ownership,
): Promise<void> {
  const { disk, pool = "", volume = "" } = place;
  const contentType = instance.type === "container" ? "filesystem" : "block";
  const { capacityBytes } = await ensureVolume(
    client,
    pool,
    { name: volume, size: disk.size, target: memberIn(instance) },
    owned,
    contentType,
  );
  if (disk.size !== undefined && disk.size !== capacityBytes)
    await resizeVolume(client, pool, volume, disk.size);
}

/**
 * Writes what is wanted, and what a running VM cannot take now for its next start. Its devices are written last: LXD attaches
 * them before it finds that it cannot take the rest, and then does not let go of them again.
 */
async function write(
  client: LxdClient,
  instance: Pick<Instance, "name">,
  vm: string,
  wantedOf: (now: Instance) => Wanted,
): Promise<void> {
  let on = false;
  await writeWhatGoes(client, instance, vm, (now) => {
    const wanted = wantedOf(now);
    on = now.type === "virtual-machine" && stateOf(now) !== "stopped";
    if (!on) return [wanted];
    const config = { ...wanted.config, ...recordsIn(now.config) };
    return ways(now, { ...wanted, config, devices: now.devices });
  });
  if (!on) return;
  await writeWhatGoes(client, instance, vm, (now) => {
    const wanted = wantedOf(now);
    return ways(now, { ...wanted, config: { ...now.config, ...recordsIn(wanted.config) } });
  });
}

/** Which devices, and which of their keys, are the program's. */
function recordsIn(config: Config): Config {
  return given({ [OWN.devices]: config[OWN.devices], [OWN.deviceKeys]: config[OWN.deviceKeys] }) as Config;
}

/** The first of the ways that LXD takes. */
async function writeWhatGoes(
  client: LxdClient,
  { name }: Pick<Instance, "name">,
  vm: string,
  waysTo: (now: Instance) => readonly Wanted[],
): Promise<void> {
  for (let way = 0; ; way++) {
    let last = true;
    try {
      return await editInstance(client, name, doing("change", "VM", vm), (now) => {
        const open = waysTo(now);
        last = way >= open.length - 1;
        return open[Math.min(way, open.length - 1)] ?? now;
      });
    } catch (error) {
      if (last || !cannotNow(error)) throw error;
    }
  }
}

/** Before a start: what has waited for it. */
export async function applyPending(client: LxdClient, instance: Instance): Promise<void> {
  if (instance.config[OWN.pending] === undefined) return;
  await editInstance(client, instance.name, doing("change", "VM", instance.name), (now) => ({
    ...now,
    ...afterStart(now),
  }));
}
