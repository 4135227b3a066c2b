import { OWN, type Config, type Device, type Devices } from "../../objects";

/** Which keys of which devices the program has set, beside what makes the device what it is. */
export type DeviceKeys = Readonly<Record<string, readonly string[]>>;

/** What makes a device what it is; the rest of its keys may be somebody else's. */
const MAKES = new Set([
  ...["type", "path", "pool", "source", "size", "readonly", "boot.priority"],
  ...["network", "nictype", "parent", "hwaddr"],
]);

/** To be written down with the instance, so that a key that the program takes back goes, and others stay. */
export function keysSet(devices: Devices): string | undefined {
  const named = Object.entries(devices).map(
    ([name, device]) =>
      [
        name,
        Object.keys(device)
          .filter((key) => !MAKES.has(key))
          .sort(),
      ] as const,
  );
  const some = named.filter(([, keys]) => keys.length > 0);
  return some.length === 0 ? undefined : JSON.stringify(Object.fromEntries(some));
}

export function deviceKeysIn(config: Config): DeviceKeys {
  try {
    const value: unknown = JSON.parse(config[OWN.deviceKeys] ?? "{}");
    return typeof value === "object" && value !== null ? (value as DeviceKeys) : {};
  } catch {
    return {};
  }
}

/** What somebody else has set on a device stays. A size that the program does not name stays as well. */
export function withForeignKeys(
  device: Device,
  current: Device | undefined,
  ours: readonly string[] = [],
): Device {
  const foreign = Object.entries(current ?? {}).filter(
    ([key]) => key === "size" || (!MAKES.has(key) && !ours.includes(key)),
  );
  return { ...Object.fromEntries(foreign), ...device };
}

/** Of the keys that the program has set, those that no field has. */
export function rawKeysOf(
  device: Device,
  ours: readonly string[] = [],
  fields: ReadonlySet<string>,
): Record<string, string> | undefined {
  const raw = ours.flatMap((key) => {
    const value = device[key];
    return fields.has(key) || value === undefined ? [] : [[key, value] as const];
  });
  return raw.length === 0 ? undefined : Object.fromEntries(raw);
}

/** Boot priorities count downwards in LXD, boot orders upwards here. */
const HIGHEST_PRIORITY = 100;

export function priorityOf(order: number | undefined): string | undefined {
  return order === undefined ? undefined : String(HIGHEST_PRIORITY - order);
}

export function orderOf(device: Device): number | undefined {
  const priority = Number(device["boot.priority"] ?? Number.NaN);
  return Number.isInteger(priority) && priority < HIGHEST_PRIORITY ? HIGHEST_PRIORITY - priority : undefined;
}
