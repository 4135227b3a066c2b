import type { DiskVolume } from "../../../provider/driver/contract";
import { DriverError } from "../../../provider/driver/errors";
import type { DiskSpec } from "../../../provider/schema/vm/disk";
import { GiB } from "../../../provider/schema/table/units";
import type { Faults } from "./faults";
import { activePool } from "./pools";
import type { MemoryFile, MemoryPool, MemoryVm, Witness } from "./state";
import { grow, resolveFile } from "./volumes";

const DEFAULT_SIZE = 8 * GiB;

/** What a disk will be made of, decided before anything is made. */
export interface PlannedDisk {
  readonly spec: DiskSpec;
  readonly path?: string;
  readonly owned: boolean;
  /** The volume to make. */
  readonly file?: MemoryFile;
}

/** Resolves every reference of the disks first, so that a missing pool or volume is found before anything is made. */
export function planDisks(
  witness: Witness,
  vm: MemoryVm,
  disks: readonly DiskSpec[],
  defaultPool: string | undefined,
): PlannedDisk[] {
  return disks.map((disk) => {
    if (disk.path !== undefined) return { spec: disk, path: disk.path, owned: false };
    if (disk.volume !== undefined)
      return { spec: disk, path: resolveFile(witness, disk.volume, "define the VM")[0], owned: false };
    if (disk.device === "cdrom" || disk.device === "floppy") return { spec: disk, owned: false };
    const pool = poolFor(witness, disk.pool ?? diskOf(vm, disk.name)?.pool ?? defaultPool);
    const [backing, below] =
      disk.backing === undefined ? [] : resolveFile(witness, disk.backing, "define the VM");
    const format = disk.format ?? "qcow2";
    const path = `${pool.spec.path}/${vm.madeAs ?? vm.name}-${disk.name}.${format}`;
    const capacityBytes = Math.max(
      disk.size ?? (below === undefined ? DEFAULT_SIZE : 0),
      below?.capacityBytes ?? 0,
    );
    const file: MemoryFile = {
      format,
      capacityBytes,
      bytes: Buffer.alloc(0),
      complete: true,
      ...(backing === undefined ? {} : { backing }),
    };
    return { spec: { ...disk, pool: pool.name, format, size: capacityBytes }, path, owned: true, file };
  });
}

/** Makes what is missing and grows what is too small. A file that the VM did not plan belongs to somebody else. */
export async function makeVolumes(
  { files }: Witness,
  vm: MemoryVm,
  disks: readonly PlannedDisk[],
  faults: Faults,
): Promise<void> {
  for (const { path, file } of disks) {
    if (path === undefined || file === undefined) continue;
    await faults.run("vms/volume", () => {
      const before = files.get(path);
      if (before === undefined) files.set(path, { ...file, owner: vm.owner });
      else grow(before, file.capacityBytes, path);
    });
  }
}

/** Refuses before anything is written down: a volume of that name which is not this VM's. */
export function refuseForeign({ files }: Witness, vm: MemoryVm, disks: readonly PlannedDisk[]): void {
  for (const { path, owned } of disks) {
    if (path !== undefined && owned && files.has(path) && !vm.planned.includes(path)) {
      throw new DriverError("a volume of that name exists already", {
        code: "already-exists",
        operation: "define the VM",
        target: `volume "${path}"`,
      });
    }
  }
}

export function volumesOf(
  { pools }: Witness,
  { spec, planned, name, madeAs = name }: MemoryVm,
): Record<string, DiskVolume> {
  const entries = (spec.disks ?? []).map((disk): [string, DiskVolume] => {
    const path =
      disk.path ??
      planned.find((each) => each.endsWith(`/${madeAs}-${disk.name}.${disk.format ?? "qcow2"}`)) ??
      pathOf(pools, disk.volume);
    const pool = [...pools.values()].find((each) => path?.startsWith(`${each.spec.path}/`));
    const inPool =
      pool === undefined || path === undefined
        ? {}
        : { pool: pool.name, volume: path.slice(pool.spec.path.length + 1) };
    return [
      disk.name,
      {
        ...inPool,
        ...(path === undefined ? {} : { path }),
        owned: path !== undefined && planned.includes(path),
      },
    ];
  });
  return Object.fromEntries(entries);
}

export function pathOf(pools: Witness["pools"], reference: string | undefined): string | undefined {
  if (reference === undefined || reference.startsWith("/")) return reference;
  const [pool, name] = reference.split("/");
  const found = [...pools.values()].find((each) => each.name === pool);
  return found && `${found.spec.path}/${name}`;
}

function diskOf({ spec }: MemoryVm, name: string): DiskSpec | undefined {
  return spec.disks?.find((disk) => disk.name === name);
}

function poolFor(witness: Witness, wanted: string | undefined): MemoryPool {
  const name = wanted ?? [...witness.pools.values()].find(({ spec }) => spec.active !== false)?.name;
  if (name === undefined) {
    throw new DriverError("the host has no active storage pool", {
      code: "not-found",
      operation: "choose a storage pool",
      remedy: "Make a StoragePool.",
    });
  }
  return activePool(witness, name, "make the volume");
}
