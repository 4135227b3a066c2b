import { createHash } from "node:crypto";
import type { NamedVmSpec } from "../../../driver/contract";
import { DriverError } from "../../../driver/errors";
import { DEFAULT_DISK_BYTES, type DiskSpec } from "../../../schema/vm/disk";
import { formatBytes } from "../../../schema/table/units";
import { resolveImage } from "../../volumes/lookup";
import { placeOf } from "../../pools/sources";
import type {
  RemoteNonnullStoragePool as Pool,
  RemoteNonnullStorageVol as Vol,
} from "../../rpc/procedures.gen";
import type { LibvirtSession } from "../../session";
import type { Seed } from "../seed";
import { diskNamed, diskPath, type Medium } from "../../xml/domain/disks";
import { isElsewhere, readMark, type OwnedVolume } from "../../xml/metadata";
import { imageBelow } from "../../xml/snapshot";
import type { XmlElement } from "../../xml/tree";
import type { VolumeShape } from "../../xml/volume";
import { DISK_POOLS, FOLDER_POOLS, NETWORK_POOLS } from "../../../schema/storage/poolTypes";
import { wholeVolume } from "../../volumes/own";
import { originOf } from "../../volumes";
import { choosePool, takesNone } from "./pool";
import { existing, onServer, ownSource } from "./source";

const DEFAULT_BYTES = DEFAULT_DISK_BYTES.libvirt;

/** One disk with its image: where it is, and the volume to make for it if it is the VM's own. */
export interface PlannedDisk {
  readonly spec: DiskSpec;
  /** Absent for a new drive without a medium, and for what keeps the one it has. */
  readonly source?: Medium;
  /** An image that stays: of a hand-made VM's disk for which the program names none, or on top of one after a snapshot. */
  readonly keptPath?: string;
  readonly own?: OwnVolume;
}

export interface OwnVolume {
  readonly pool: Pool;
  readonly shape: VolumeShape;
  /** `pool/name`. */
  readonly key: string;
  /** What it holds from the start; without it the volume is empty, or shows its backing image. */
  readonly content?: Buffer;
  /** Whether it is a copy, or began as one, and of which volume. */
  readonly copied: boolean;
  readonly origin?: Vol;
  /** It was there, and whole, when this was planned. */
  readonly there?: Vol;
}

/** Looks up what the disks of a VM stand on. Nothing is made here, so a mistake costs nothing. */
export async function planDisks(
  session: LibvirtSession,
  vm: NamedVmSpec,
  owner: string,
  current?: XmlElement,
  emptied: readonly string[] = [],
): Promise<readonly PlannedDisk[]> {
  const volumes = volumesByDisk(current);
  return Promise.all(
    (vm.disks ?? []).map(async (disk): Promise<PlannedDisk> => {
      if (emptied.includes(disk.name)) return { spec: disk, source: "none" };
      const kept = volumes.get(disk.name);
      const named = (disk.path ?? disk.volume ?? disk.remote) !== undefined;
      const there = current && diskNamed(current, disk);
      // The image that the program knows is below those of snapshots, and must stay as it is.
      const path = there && diskPath(there);
      const below = current && imageBelow(current, path);
      if (below !== undefined) await refuseAnother(session, vm, disk, below.base);
      if (below !== undefined || (!named && isElsewhere(kept?.key, path)))
        return { spec: disk, keptPath: path };
      const existing = !named && kept === undefined ? there : undefined;
      if (existing !== undefined) return { spec: disk, keptPath: diskPath(existing) };
      return planDisk(session, vm, owner, disk, kept);
    }),
  );
}

/** What snapshots stand on cannot be taken from below them. */
async function refuseAnother(
  session: LibvirtSession,
  vm: NamedVmSpec,
  { name, volume, path }: DiskSpec,
  base: string,
): Promise<void> {
  const reference = volume ?? path;
  const use = `disk "${name}" of VM "${vm.name}"`;
  if (reference === undefined || (await resolveImage(session, reference, use)).path === base) return;
  throw new DriverError(`snapshots of the VM stand on its image ${base}`, {
    code: "invalid-state",
    operation: "change the image of",
    target: use,
    remedy: "Remove the snapshots first, or keep the image.",
  });
}

function volumesByDisk(current: XmlElement | undefined): ReadonlyMap<string, OwnedVolume> {
  const mark = current && readMark(current);
  return new Map((mark?.volumes ?? []).map((volume) => [volume.disk, volume]));
}

/** The volume of cloud-init's seed: beside the VM's first own disk, in the same pool. */
export async function planSeed(
  session: LibvirtSession,
  vm: NamedVmSpec,
  owner: string,
  spec: DiskSpec,
  seed: Seed,
  disks: readonly PlannedDisk[],
  current?: XmlElement,
): Promise<PlannedDisk> {
  const kept = volumesByDisk(current).get(spec.name)?.key;
  const beside = disks.find(({ own }) => own !== undefined)?.own?.pool;
  const use = `cloud-init seed of VM "${vm.name}"`;
  const small = { ...spec, size: seed.image.length };
  const pool = beside ?? (await choosePool(session, small, vm.host, kept?.slice(0, kept.indexOf("/")), use));
  const name = volumeName(vm.name, `seed-${seed.suffix}`, "raw", owner).replace(/\.img$/, ".iso");
  const source = await ownSource(session, pool, name, "raw");
  const shape = { name, format: "raw", capacityBytes: seed.image.length };
  return {
    spec,
    source,
    own: { pool, shape, key: `${pool.name}/${name}`, content: seed.image, copied: false },
  };
}

async function planDisk(
  session: LibvirtSession,
  vm: NamedVmSpec,
  owner: string,
  spec: DiskSpec,
  before: OwnedVolume | undefined,
): Promise<PlannedDisk> {
  const kept = before?.key;
  const use = `disk "${spec.name}" of VM "${vm.name}"`;
  if (spec.remote !== undefined) return { spec, source: onServer(spec.remote, spec.format) };
  if (spec.path !== undefined || spec.volume !== undefined) {
    return { spec, source: await existing(session, spec.volume ?? spec.path ?? "", spec.format, use) };
  }
  if (spec.device !== "disk") return { spec };
  const pool = await choosePool(session, spec, vm.host, kept?.slice(0, kept.indexOf("/")), use);
  const { path: folder, type } = await placeOf(session, pool);
  const inFolder = FOLDER_POOLS.includes(type);
  if (!DISK_POOLS.includes(type) || (folder === undefined && !NETWORK_POOLS.includes(type)))
    throw takesNone(pool.name, type, use);
  const format = spec.format ?? (inFolder ? "qcow2" : "raw");
  const name = kept?.slice(kept.indexOf("/") + 1) ?? volumeName(vm.name, spec.name, format, owner);
  const copied = spec.copyOf !== undefined || before?.copied === true;
  // A volume that is there needs no image named for it: it may have come from another host, all in one piece.
  const there = kept === undefined ? undefined : await wholeVolume(session, pool, name, copied);
  const made = there !== undefined;
  const backing =
    spec.backing === undefined || made ? undefined : await resolveImage(session, spec.backing, use);
  const origin = spec.copyOf === undefined || made ? undefined : await originOf(session, spec.copyOf);
  const least = backing?.capacityBytes ?? origin?.content.virtualBytes ?? 0;
  const capacityBytes = spec.size ?? (least > 0 ? least : DEFAULT_BYTES);
  if (capacityBytes < least) {
    throw new DriverError(
      `its image has ${formatBytes(least)}, more than the size asked for (${formatBytes(capacityBytes)})`,
      {
        code: "invalid-argument",
        operation: "make",
        target: use,
        remedy: "Leave `size` out, or make it at least as large.",
      },
    );
  }
  const source = await ownSource(session, pool, name, format);
  const shape = { name, format, capacityBytes, backing, encryption: spec.encryption?.secret };
  return {
    spec,
    source,
    own: { pool, shape, key: `${pool.name}/${name}`, copied, origin: origin?.vol, there },
  };
}

/**
 * The name carries the owner: a volume of this name was made for this disk of this VM by nobody else, so one that is
 * there (left by a killed run, or by a VM that was undefined by hand) is used again with its data.
 */
function volumeName(vm: string, disk: string, format: string, owner: string): string {
  const mark = createHash("sha256").update(owner).digest("hex").slice(0, 7);
  return `${vm.endsWith(mark) ? vm : `${vm}-${mark}`}-${disk}.${format === "raw" ? "img" : format}`;
}
