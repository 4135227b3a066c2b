import type { HostDriver } from "../../provider/driver/contract";

/** What a set-up of the suite brings: a driver, and other eyes than the driver's on the same host. */
export interface Setup {
  readonly driver: HostDriver;
  /** Another session with the same host. */
  session(): HostDriver;
  readonly witness: Witness;
  /** The host's address, as programs write it. */
  readonly address: string;
  /** A folder of the host that does not exist yet; undefined where the host chooses. */
  poolPath(name: string): string | undefined;
  /** Inputs that every VM needs on this host: a domain type, something that starts at once. */
  readonly vm?: Readonly<Record<string, unknown>>;
  /** What a VM's inputs become on this host beyond that. */
  shape?(input: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** Inputs of volumes that VMs of this host can have as disks. */
  readonly diskVolume?: Readonly<Record<string, unknown>>;
  /** Networks of the host for VMs, where the driver makes none. */
  readonly lans?: readonly string[];
  /** How many cores a VM of one core can be given while it runs. Default 3. */
  readonly hotCores?: number;
  /** A change that a running VM cannot take. Default: more cores than it has been promised. */
  readonly restart?: {
    readonly before: Readonly<Record<string, unknown>>;
    readonly after: Readonly<Record<string, unknown>>;
    readonly field: string;
  };
  /** What a VM needs so that its memory can be kept in a snapshot. */
  readonly stateful?: Readonly<Record<string, unknown>>;
  teardown(): Promise<void>;
}

/** The host as its own tools show it. */
export interface Witness {
  vm(name: string): Promise<SeenVm | undefined>;
  network(name: string): Promise<SeenNetwork | undefined>;
  pool(name: string): Promise<SeenPool | undefined>;
  volume(pool: string, name: string): Promise<SeenVolume | undefined>;
  /** Names of the files in a folder, ours and others'. */
  files(path: string): Promise<readonly string[]>;
  /** The bytes of a raw volume. */
  content(pool: string, name: string): Promise<Buffer>;
  /** Names of a VM's snapshots. */
  snapshots(vm: string): Promise<readonly string[]>;
  /** What is at the beginning of a disk (by target, or by name where there are none) of a stopped VM, as the guest would see it. */
  read(vm: string, disk: string): Promise<string>;
  write(vm: string, disk: string, text: string): Promise<void>;
  /** Objects made by somebody else. */
  makeVm(name: string): Promise<void>;
  makeNetwork(name: string): Promise<void>;
  makeVolume(pool: string, name: string): Promise<void>;
  /** Takes a hand-made object away again. */
  dropVm(name: string): Promise<void>;
  dropNetwork(name: string): Promise<void>;
  dropVolume(pool: string, name: string): Promise<void>;
  stopPool(name: string): Promise<void>;
  startPool(name: string): Promise<void>;
}

export interface SeenVm {
  readonly id: string;
  readonly state: "running" | "paused" | "stopped";
  readonly autostart: boolean;
  /** Of the persistent definition. */
  readonly cores: number;
  readonly memoryMiB: number;
  /** Cores and memory of the running guest. */
  readonly liveCores?: number;
  readonly liveMemoryMiB?: number;
  readonly description?: string;
  /** Target and path of every disk of the persistent definition. */
  readonly disks: Readonly<Record<string, string>>;
  /** Targets of the running guest's disks. */
  readonly liveDisks?: readonly string[];
  /** Of the persistent definition, in order. */
  readonly macs: readonly string[];
}

export interface SeenNetwork {
  readonly id: string;
  readonly active: boolean;
  readonly autostart: boolean;
  /** First and last address of the first DHCP range. */
  readonly range?: readonly [string, string];
}

export interface SeenPool {
  readonly id: string;
  readonly active: boolean;
  readonly autostart: boolean;
  readonly path: string;
}

export interface SeenVolume {
  readonly path: string;
  readonly capacityBytes: number;
  readonly format: string;
  /** Path of the backing file. */
  readonly backing?: string;
}

/** What not every set-up can show; each one left out says why. */
export type Ability =
  /** Content streamed into a volume. */
  | "upload"
  /** A run that is cut off leaves half a volume of its own. */
  | "halfVolumes"
  /** Overlays over other volumes. */
  | "overlay"
  /** What a VM's disks hold can be seen and written by hand. */
  | "diskBytes"
  /** The guest's file systems can be frozen for a snapshot. */
  | "quiesce"
  /** Volumes of VMs and pools are real files. */
  | "files"
  /** A volume grows in place. */
  | "growth"
  /** A running guest gets cores and disks. */
  | "hotplug"
  /** An active network takes over another definition. */
  | "networkChange"
  /** A guest whose network is missing does not start. */
  | "startCheck"
  /** The memory of the host's NUMA nodes is the host's. */
  | "nodeMemory"
  /** A guest begins paused. */
  | "startPaused"
  /** The memory of a running guest can be kept. */
  | "guestMemory"
  /** Networks are libvirt's. */
  | "libvirtNetworks"
  /** Snapshots are kept by this driver. */
  | "snapshots"
  /** Names may hold anything but a slash. */
  | "oddNames"
  /** A pool is switched off and on, and starts with the host or not. */
  | "poolPower"
  /** A pool goes and its volumes stay. */
  | "poolAlone"
  /** Volumes and disks have formats. */
  | "formats"
  /** The program chooses buses, models, serial numbers of devices. */
  | "deviceModels"
  /** A VM is promised more cores and memory than it has. */
  | "headroom"
  /** Something that a running guest cannot take. */
  | "restart";

export type Missing = Partial<Record<Ability, string>>;
