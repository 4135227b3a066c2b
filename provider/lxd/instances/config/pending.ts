import { isDeepStrictEqual } from "node:util";
import { hasCode, isDriverError } from "../../../driver/errors";
import { OWN, type Config, type Device, type Devices, type Instance } from "../../objects";

type Keyed<T> = Readonly<Record<string, T>>;
type Configured = Pick<Instance, "config" | "devices">;

/** What waits for the next start: LXD has one configuration only, and refuses there what a running VM cannot take. */
export interface Pending {
  /** `null` takes the key away. */
  readonly config: Keyed<string | null>;
  readonly devices: Keyed<Device | null>;
}

export interface Wanted {
  readonly config: Config;
  readonly devices: Devices;
  readonly description: string;
  readonly profiles: readonly string[];
}

function pendingIn({ config }: Configured): Pending {
  const nothing: Pending = { config: {}, devices: {} };
  try {
    return { ...nothing, ...(JSON.parse(config[OWN.pending] ?? "{}") as Partial<Pending>) };
  } catch {
    return nothing;
  }
}

/** Configuration and devices as they will be after the next start. */
export function afterStart(instance: Configured): { config: Config; devices: Devices } {
  const pending = pendingIn(instance);
  const config = Object.fromEntries(Object.entries(instance.config).filter(([key]) => key !== OWN.pending));
  return { config: overlay(config, pending.config), devices: overlay(instance.devices, pending.devices) };
}

function overlay<T>(now: Keyed<T>, then: Keyed<T | null>): Record<string, T> {
  const entries = Object.entries({ ...now, ...then });
  return Object.fromEntries(entries.filter((entry): entry is [string, T] => entry[1] !== null));
}

/** A disk that LXD itself grows at the next start. */
const GROWS_LATER = /^volatile\.[^.]+\.apply_quota$/;

/** The table's fields that wait. */
export function pendingFields(instance: Configured): readonly string[] {
  const { config, devices } = pendingIn(instance);
  const grows = Object.entries(instance.config).some(
    ([key, value]) => GROWS_LATER.test(key) && value === "true",
  );
  const fields = [
    ...(grows ? ["disks"] : []),
    ...Object.keys(config).map((key) => fieldOf(key, instance)),
    ...Object.entries(devices).map(
      ([name, device]) => FIELDS_OF_TYPES[(device ?? instance.devices[name])?.["type"] ?? ""] ?? "devices",
    ),
  ];
  return [...new Set(fields)].sort();
}

const FIELDS_OF_TYPES: Readonly<Record<string, string>> = { nic: "interfaces", disk: "disks", tpm: "tpm" };
const FIELDS_OF_KEYS: Readonly<Record<string, string>> = {
  "limits.cpu": "cores",
  "limits.memory": "memory",
  "limits.memory.hugepages": "hugepages",
};
const FIRMWARE = ["boot.mode", "security.csm", "security.secureboot"];

/** A key of the firmware is the program's own where the program has set it as such. */
function fieldOf(key: string, { config }: Configured): string {
  const own = FIRMWARE.includes(key) && !(config[OWN.keys] ?? "").includes(key) ? "firmware" : "config";
  return FIELDS_OF_KEYS[key] ?? own;
}

/** Keys that never need a restart, whatever the server's age. */
const ALWAYS_LIVE = /^(user|boot|cloud-init|snapshots|environment|volatile|image)\./;
const SIZES = /^limits\.(cpu|memory)$/;

/**
 * Ways to write what is wanted, the best first: all of it; all but a size that running VMs commonly cannot take, or both; all but
 * the other keys; and, at last, only what never needs a restart. What is left out waits for the next start.
 */
export function ways(now: Instance, wanted: Wanted): readonly Wanted[] {
  const keys = changed(now.config, wanted.config).filter((key) => !ALWAYS_LIVE.test(key));
  const devices = changed(now.devices, wanted.devices);
  const steps = [
    { keys: [], devices: [] },
    { keys: keys.filter((key) => key === "limits.memory"), devices: [] },
    { keys: keys.filter((key) => key === "limits.cpu"), devices: [] },
    { keys: keys.filter((key) => SIZES.test(key)), devices: [] },
    { keys: keys.filter((key) => !SIZES.test(key)), devices: [] },
    { keys, devices: [] },
    { keys, devices },
  ];
  const distinct = steps.filter(
    (step, index) => steps.findIndex((other) => isDeepStrictEqual(other, step)) === index,
  );
  return distinct.map((step) => held(now, wanted, step.keys, step.devices));
}

function held(now: Instance, wanted: Wanted, keys: readonly string[], devices: readonly string[]): Wanted {
  if (keys.length === 0 && devices.length === 0) return wanted;
  const pick = <T>(from: Keyed<T>, names: readonly string[]): Record<string, T | null> =>
    Object.fromEntries(names.map((name) => [name, from[name] ?? null]));
  const before = pendingIn(wanted);
  const pending: Pending = {
    config: { ...before.config, ...pick(wanted.config, keys) },
    devices: { ...before.devices, ...pick(wanted.devices, devices) },
  };
  return {
    ...wanted,
    config: { ...overlay(wanted.config, pick(now.config, keys)), [OWN.pending]: JSON.stringify(pending) },
    devices: overlay(wanted.devices, pick(now.devices, devices)),
  };
}

export function changed<T>(a: Keyed<T>, b: Keyed<T>): string[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.filter((name) => !isDeepStrictEqual(a[name], b[name]));
}

/** LXD's words for "not while it runs"; anything else that it refuses is the program's mistake. */
const NOT_NOW =
  /(when|while) .*running|boot time size|taking too long|more CPUs than available|agent isn't currently running|(cannot|can't|not possible to) .*(live|hot-?(un)?plug|running)|non-root disks not supported|in use|requires? .*(restart|stopp)/i;

export function cannotNow(error: unknown): boolean {
  if (!isDriverError(error) || hasCode(error, "not-found", "already-exists", "permission-denied"))
    return false;
  return NOT_NOW.test(error.message);
}
