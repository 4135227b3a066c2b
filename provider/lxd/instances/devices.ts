import type { DiskVolume, NamedVmSpec } from "../../driver/contract";
import type { DiskSpec } from "../../schema/vmDisk";
import type { InterfaceSpec } from "../../schema/vmInterface";
import { given } from "../common";
import { OWN, sizeIn, type Device, type Devices, type Instance, type Volume } from "../objects";

/** What a disk stands for, once its pool is chosen. */
export interface PlacedDisk {
  readonly disk: DiskSpec;
  readonly role: "root" | "made" | "existing" | "host";
  readonly pool?: string;
  readonly volume?: string;
}

/** Boot priorities count downwards in LXD, boot orders upwards here. */
const HIGHEST_PRIORITY = 100;

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

function defaultMount(name: string): string {
  return `/mnt/${name}`;
}

export function interfaceDevice(nic: InterfaceSpec): Device {
  const { network, mac, vlan, bootOrder } = nic;
  return given({
    type: "nic",
    network,
    ...(network === undefined ? parentOf(nic) : {}),
    hwaddr: mac,
    vlan: vlan?.tags[0] === undefined ? undefined : String(vlan.tags[0]),
    "boot.priority": priorityOf(bootOrder),
  });
}

/** LXD takes a function of an SR-IOV card itself: it is told the card (R175). */
function parentOf({ bridge, macvlan, sriov }: InterfaceSpec): Device {
  if (bridge !== undefined) return { nictype: "bridged", parent: bridge };
  return sriov === undefined
    ? given({ nictype: "macvlan", parent: macvlan })
    : { nictype: "sriov", parent: sriov };
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
    };
    if (isRoot(device)) {
      behind[name] = {
        ...given({ pool }),
        volume: instance,
        path: `${pool}/${type}/${instance}`,
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
    behind[name] = { pool, ...given({ volume: source }), path: `${pool}/custom/${source}`, owned };
    return [
      {
        ...common,
        ...(owned ? given({ pool, size: sizeIn(volume?.config["size"]) }) : { volume: `${pool}/${source}` }),
      },
    ];
  });
  return { disks, behind };
}

export function interfacesIn(devices: Devices, config: Instance["config"]): Partial<InterfaceSpec>[] {
  return Object.entries(devices).flatMap(([name, device]): Partial<InterfaceSpec>[] => {
    if (device["type"] !== "nic") return [];
    const { network, parent, nictype, vlan } = device;
    const direct = network === undefined && nictype === "macvlan";
    return [
      given({
        name,
        network,
        bridge: network === undefined && nictype === "bridged" ? parent : undefined,
        macvlan: direct ? parent : undefined,
        // LXD knows no other mode (R95).
        macvlanMode: direct ? ("bridge" as const) : undefined,
        sriov: network === undefined && nictype === "sriov" ? parent : undefined,
        vlan: vlan === undefined ? undefined : { tags: [Number(vlan)], trunk: undefined },
        mac: (device["hwaddr"] ?? config[`volatile.${name}.hwaddr`])?.toLowerCase(),
        bootOrder: orderOf(device),
      }),
    ];
  });
}

function priorityOf(order: number | undefined): string | undefined {
  return order === undefined ? undefined : String(HIGHEST_PRIORITY - order);
}

function orderOf(device: Device): number | undefined {
  const priority = Number(device["boot.priority"] ?? Number.NaN);
  return Number.isInteger(priority) && priority < HIGHEST_PRIORITY ? HIGHEST_PRIORITY - priority : undefined;
}
