import type { DiskVolume, NamedVmSpec } from "../../../driver/contract";
import type { DiskSpec } from "../../../schema/vm/disk";
import { given } from "../../common";
import { deviceKeysIn, orderOf, priorityOf, rawKeysOf } from "./keys";
import { OWN, sizeIn, type Device, type Devices, type Instance, type Volume } from "../../objects";

/** What a disk stands for, once its pool is chosen. */
export interface PlacedDisk {
  readonly disk: DiskSpec;
  readonly role: "root" | "made" | "existing" | "host";
  readonly pool?: string;
  readonly volume?: string;
}

/** Which disk is the instance's root: the one that is it already, else `root`, else the first that is to be made. */
export function rootDisk({ disks = [] }: Pick<NamedVmSpec, "disks">, current: Devices): string | undefined {
  const now = Object.entries(current).find(([, device]) => isRoot(device))?.[0];
  const made = disks.filter(({ volume, path }) => volume === undefined && path === undefined);
  const named = (name: string | undefined): DiskSpec | undefined => made.find((disk) => disk.name === name);
  return (named(now) ?? named("root") ?? made[0])?.name;
}

export function isRoot(device: Device): boolean {
  return device["type"] === "disk" && device["path"] === "/";
}

export function diskDevice({ disk, role, pool, volume }: PlacedDisk, type: Instance["type"]): Device {
  const mount = type === "container" ? (disk.mount ?? defaultMount(disk.name)) : undefined;
  const common = {
    type: "disk",
    readonly: disk.readOnly === true ? "true" : undefined,
    "boot.priority": priorityOf(disk.bootOrder),
    ...limitsOf(disk),
    ...disk.config,
  };
  if (role === "root")
    return given({
      ...common,
      path: "/",
      pool,
      size: disk.size === undefined ? undefined : String(disk.size),
    });
  if (role === "host") return given({ ...common, source: disk.path, path: mount });
  return given({ ...common, pool, source: volume, path: mount });
}

/** Of bytes or of operations in a second. */
function limitsOf({ iotune }: DiskSpec): Record<string, string | undefined> {
  const limit = (bytes?: number, operations?: number): string | undefined =>
    bytes !== undefined ? String(bytes) : operations === undefined ? undefined : `${operations}iops`;
  return {
    "limits.read": limit(iotune?.readBytesSec, iotune?.readIopsSec),
    "limits.write": limit(iotune?.writeBytesSec, iotune?.writeIopsSec),
    "limits.max": limit(iotune?.totalBytesSec, iotune?.totalIopsSec),
  };
}

function limitsIn(device: Device): DiskSpec["iotune"] {
  const limits = (["read", "write", "total"] as const).map((way) => {
    const text = device[`limits.${way === "total" ? "max" : way}`];
    const operations = /^(\d+)iops$/.exec(text ?? "")?.[1];
    return operations === undefined
      ? [`${way}BytesSec`, sizeIn(text)]
      : [`${way}IopsSec`, Number(operations)];
  });
  return Object.fromEntries(limits) as DiskSpec["iotune"];
}

/** Keys that fields have. */
const DISK_KEYS: ReadonlySet<string> = new Set(["limits.read", "limits.write", "limits.max"]);

function defaultMount(name: string): string {
  return `/mnt/${name}`;
}

/** LXD gives a VM's disks numbers made of their names; no more of one reaches the guest than this. */
function serialOf(name: string): string {
  return `lxd_${name.replaceAll("-", "--").replaceAll("/", "-")}`.slice(0, 36);
}

export interface SeenDisks {
  readonly disks: Partial<DiskSpec>[];
  /** The volume behind each of them. */
  readonly behind: Readonly<Record<string, DiskVolume>>;
}

/** An instance's disks in the table's words; `volumes` by `pool/name`. */
export function disksIn(
  devices: Devices,
  { name: instance, type, config }: Pick<Instance, "name" | "type" | "config">,
  volumes: ReadonlyMap<string, Volume>,
): SeenDisks {
  const keys = deviceKeysIn(config);
  const behind: Record<string, DiskVolume> = {};
  const disks = Object.entries(devices).flatMap(([name, device]): Partial<DiskSpec>[] => {
    if (device["type"] !== "disk") return [];
    const { pool, source } = device;
    const common = {
      name,
      device: "disk" as const,
      ...given({
        readOnly: device["readonly"] === "true" ? true : undefined,
        bootOrder: orderOf(device),
        mount: device["path"] === "/" || device["path"] === defaultMount(name) ? undefined : device["path"],
      }),
      iotune: limitsIn(device),
      config: rawKeysOf(device, keys[name], DISK_KEYS),
    };
    if (isRoot(device)) {
      behind[name] = {
        ...given({ pool }),
        volume: instance,
        path: `${pool}/${type}/${instance}`,
        ...(type === "virtual-machine" ? { serial: serialOf(name) } : {}),
        owned: true,
      };
      return [{ ...common, ...given({ pool, size: sizeIn(device["size"]) }) }];
    }
    if (pool === undefined) {
      behind[name] = { ...given({ path: source }), owned: false };
      return [{ ...common, ...given({ path: source }) }];
    }
    const volume = volumes.get(`${pool}/${source}`);
    const owner = config[OWN.owner];
    const owned = owner !== undefined && volume?.config[OWN.owner] === owner;
    const serial =
      type === "virtual-machine" && volume?.content_type === "block" ? serialOf(name) : undefined;
    behind[name] = { pool, ...given({ volume: source, serial }), path: `${pool}/custom/${source}`, owned };
    return [
      {
        ...common,
        ...(owned ? given({ pool, size: sizeIn(volume?.config["size"]) }) : { volume: `${pool}/${source}` }),
      },
    ];
  });
  return { disks, behind };
}
