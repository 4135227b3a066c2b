import { isDeepStrictEqual } from "node:util";
import { isDriverError, type DriverErrorDetails } from "../../driver/errors";
import { at, type LxdClient } from "../api/client";
import type { Instance } from "../objects";
import { isRoot } from "./devices/disk";
import { stateOf } from "./observe";

/** What of an instance can be written. */
export type Editable = Pick<Instance, "config" | "devices" | "description" | "profiles">;

/** Writes an instance as `edit` wants it, over what is there at that moment; nothing where nothing differs. */
export async function editInstance(
  client: LxdClient,
  name: string,
  what: Partial<DriverErrorDetails>,
  edit: (now: Instance) => Editable,
): Promise<void> {
  let off = false;
  const write = (wanted: (now: Instance) => Editable): Promise<void> =>
    client.edit<Instance, object>(
      at("instances", name),
      (now) => {
        off = stateOf(now) === "stopped";
        return bodyOf(now, wanted(now));
      },
      { what },
    );
  try {
    await write(edit);
  } catch (error) {
    if (off && isOnlyNew(error)) await write((now) => withoutChangedDisks(now, edit(now)));
    else if (!isUnannounced(error)) throw error;
    await write(edit);
  }
}

/** LXD 5.0 gives limits to a VM's further disks when it attaches them, and cannot change them. */
function isOnlyNew(error: unknown): boolean {
  return isDriverError(error) && /non-root disks not supported/i.test(error.message);
}

function withoutChangedDisks(now: Instance, wanted: Editable): Editable {
  const same = Object.entries(wanted.devices).filter(
    ([name, device]) =>
      device["type"] !== "disk" ||
      isRoot(device) ||
      isDeepStrictEqual(plain(device), plain(now.devices[name])),
  );
  return { ...wanted, devices: Object.fromEntries(same) };
}

/**
 * LXD 5.0 does what it is asked to and then fails to tell the guest, which has no agent. Asking again is in vain where
 * that was all that went wrong, and tells what else did.
 */
function isUnannounced(error: unknown): boolean {
  return isDriverError(error) && /agent isn't currently running/i.test(error.message);
}

/** The writable part of an instance, where it differs from what is there. */
function bodyOf(now: Instance, wanted: Editable): object | undefined {
  const { architecture, ephemeral, stateful } = now;
  const { config, devices, description } = wanted;
  const profiles = wanted.profiles ?? [];
  const before = {
    config: now.config,
    devices: now.devices,
    description: now.description,
    profiles: now.profiles ?? [],
  };
  if (isDeepStrictEqual(plain(before), plain({ config, devices, description, profiles }))) return undefined;
  return { architecture, ephemeral, stateful, config, devices, description, profiles };
}

/** Objects of another realm (a test's) are equal to ours in content only. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
