import { parseSize } from "../schema/table/units";

/** The parts of LXD's objects that the driver reads; everything else in them is carried along untouched. */

export type Config = Readonly<Record<string, string>>;
export type Device = Readonly<Record<string, string>>;
export type Devices = Readonly<Record<string, Device>>;

export interface Server {
  readonly auth: "trusted" | "untrusted";
  readonly api_extensions: readonly string[];
  readonly environment: {
    readonly architectures: readonly string[];
    readonly certificate?: string;
    readonly certificate_fingerprint: string;
    readonly driver: string;
    readonly driver_version: string;
    readonly server_name: string;
    readonly server_version: string;
    readonly server_clustered?: boolean;
    /** What pools can be made of here. */
    readonly storage_supported_drivers?: readonly { readonly Name: string }[] | null;
  };
}

export interface Resources {
  readonly cpu: {
    readonly total: number;
    readonly sockets?: readonly CpuSocket[] | null;
  };
  /** Bytes, huge pages included. */
  readonly memory: {
    readonly total: number;
    readonly used: number;
    readonly hugepages_total?: number;
    readonly hugepages_size?: number;
    readonly nodes?:
      | readonly { readonly numa_node: number; readonly total: number; readonly hugepages_total?: number }[]
      | null;
  };
  readonly network?: { readonly cards?: readonly NetworkCard[] | null };
  readonly storage?: { readonly disks?: readonly Disk[] | null };
}

interface Disk {
  readonly id: string;
  readonly model?: string;
  readonly type?: string;
  /** Bytes. */
  readonly size: number;
  readonly numa_node?: number;
}

export interface CpuSocket {
  readonly name?: string;
  readonly frequency?: number;
  readonly cores?:
    | readonly {
        readonly threads?:
          readonly { readonly id: number; readonly numa_node?: number; readonly online?: boolean }[] | null;
      }[]
    | null;
}

export interface NetworkCard {
  readonly numa_node?: number;
  readonly ports?:
    readonly { readonly id: string; readonly address?: string; readonly link_detected?: boolean }[] | null;
  readonly sriov?: {
    readonly maximum_vfs?: number;
    readonly vfs?: readonly { readonly pci_address?: string }[] | null;
  } | null;
}

export interface Network {
  readonly name: string;
  readonly type: string;
  readonly managed: boolean;
  readonly description?: string;
  readonly config: Config | null;
  readonly status?: string;
  /** Paths of what uses it: instances, profiles, other networks. */
  readonly used_by?: readonly string[] | null;
}

export interface NetworkState {
  readonly hwaddr?: string;
  readonly state?: string;
  readonly bridge?: { readonly upper_devices?: readonly string[] | null } | null;
  readonly bond?: { readonly lower_devices?: readonly string[] | null } | null;
  readonly vlan?: { readonly lower_device?: string; readonly vid?: number } | null;
}

export interface Image {
  readonly fingerprint: string;
  /** Fetched for an instance, and kept to be at hand. */
  readonly cached?: boolean;
  readonly properties?: Readonly<Record<string, string>> | null;
}

export interface Pool {
  readonly used_by?: readonly string[] | null;
  readonly name: string;
  readonly driver: string;
  readonly description: string;
  readonly config: Config | null;
  readonly status: string;
}

export interface Volume {
  readonly used_by?: readonly string[] | null;
  readonly name: string;
  readonly type: string;
  readonly content_type: string;
  readonly description: string;
  readonly config: Config;
  /** The member of the cluster that has it; `none` on a host that stands alone. */
  readonly location?: string;
}

export interface Instance {
  readonly name: string;
  readonly type: "virtual-machine" | "container";
  readonly status: string;
  readonly architecture: string;
  readonly description: string;
  readonly ephemeral: boolean;
  readonly stateful: boolean;
  readonly last_used_at?: string;
  readonly profiles: readonly string[] | null;
  readonly config: Config;
  readonly devices: Devices;
  readonly expanded_config?: Config;
  readonly expanded_devices?: Devices;
  readonly project?: string;
  readonly location?: string;
}

/** As a list has it: of an instance into which the server cannot look (its member is away) there is the name alone. */
export interface Listed extends Omit<Instance, "config"> {
  readonly config: Config | null;
}

export function isSeen(listed: Listed): listed is Instance {
  return listed.config !== null;
}

export interface InstanceState {
  readonly status: string;
  /** Of a virtual machine without an agent that tells, -1. */
  readonly processes?: number;
  readonly network?: Readonly<
    Record<string, { readonly hwaddr: string; readonly addresses: readonly { readonly address: string }[] }>
  > | null;
}

/** Keys of our own, on whatever LXD lets carry `user.*` keys. */
export const OWN = {
  owner: "user.vmhost.owner",
  title: "user.vmhost.title",
  zone: "user.vmhost.zone",
  resourcePool: "user.vmhost.resource-pool",
  tags: "user.vmhost.tags",
  /** Volumes made for the instance, `pool/name` each: written before they are made. */
  volumes: "user.vmhost.volumes",
  /** Names that the instance has had: volumes that were made for it go on being named after them. */
  formerNames: "user.vmhost.former-names",
  /** The project out of which its volumes have yet to follow it. */
  cameFrom: "user.vmhost.came-from",
  /** Devices that the program has named. */
  devices: "user.vmhost.devices",
  /** Keys that the program has set: of an instance the raw ones, of other objects all of them. */
  keys: "user.vmhost.keys",
  /** Keys beside them that fields of the program have set, where others might have set them, too. */
  made: "user.vmhost.made",
  /** Keys that the program has set on its devices, by device. */
  deviceKeys: "user.vmhost.device-keys",
  /** Keys and values that wait for the next start. */
  pending: "user.vmhost.pending",
  /** That it was stopped for a change, and how it is to be started again. */
  restart: "user.vmhost.restart",
  /** On a volume that is on its way; taken away when all of it is there. */
  making: "user.vmhost.making",
  /** The snapshot that is being taken, and whose it is. */
  snapshot: "user.vmhost.snapshot",
} as const;

/** A size as LXD writes it: a number of bytes, or one with a unit. */
export function sizeIn(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  return /^\d+$/.test(text) ? Number(text) : parseSize(text);
}
