import { createHash } from "node:crypto";
import type { Consistency, NamedSnapshotSpec } from "../../driver/contract";
import { DriverError } from "../../driver/errors";
import { orAbsent } from "../common";
import type { LibvirtSession } from "../session";
import { diskName, diskPath, diskTarget, disksOf } from "../xml/domain/disks";
import { overlaysOf, type Overlay } from "../xml/snapshot";
import { attribute, childrenOf, find, type XmlElement } from "../xml/tree";
import type { DomainView } from "../vms/observe";

export interface SnapshotPlan {
  readonly kind: "internal" | "external";
  readonly consistency: Consistency;
  readonly overlays: readonly Overlay[];
  /** Every disk of the VM, by target. */
  readonly disks: readonly { readonly target: string; readonly overlay?: string; readonly kept: boolean }[];
}

interface KeptDisk {
  readonly name: string;
  readonly target: string;
  readonly path: string;
  readonly format: string;
  readonly block: boolean;
}

/**
 * Inside the images where hypervisor and images can, because such a snapshot costs nothing afterwards: of a guest that is
 * off, or together with the memory of one that runs. Else a new image goes on top of each disk.
 */
export async function planSnapshot(
  session: LibvirtSession,
  spec: NamedSnapshotSpec,
  view: DomainView,
): Promise<SnapshotPlan> {
  const domain = view.live ?? view.configured;
  const kept = disksOf(domain).flatMap(keptDisk);
  if (kept.length === 0) throw refusal("it has no writable disk", "invalid-state");
  const all = (overlays: readonly Overlay[]): SnapshotPlan["disks"] =>
    disksOf(domain).flatMap((disk) => {
      const target = diskTarget(disk);
      const mine = kept.find((each) => each.target === target);
      const overlay = overlays.find(({ disk: name }) => name === mine?.name)?.path;
      return target === undefined ? [] : [{ target, overlay, kept: mine !== undefined }];
    });
  const obstacle = noInternal(domain, kept, overlaysOf(view.configured));
  if (spec.memory && view.live === undefined)
    throw refusal(
      "it is off, so there is no memory to keep",
      "invalid-state",
      "Start it, or leave `memory` out.",
    );
  if (spec.memory && obstacle !== undefined)
    throw refusal(
      `its memory can only be kept inside the images of its disks (libvirt before 9.9 returns to none that is kept beside them), and ${obstacle}`,
      "unsupported",
      "Leave `memory` out: a snapshot of the disks alone is possible.",
    );
  if (spec.memory || (view.live === undefined && obstacle === undefined)) {
    const consistency = spec.memory ? "memory" : "stopped";
    return { kind: "internal", consistency, overlays: [], disks: all([]) };
  }
  const overlays = await Promise.all(kept.map((disk) => overlayFor(session, spec.name, disk)));
  const consistency = view.live === undefined ? "stopped" : freezes(spec, view) ? "quiesced" : "crash";
  return { kind: "external", consistency, overlays, disks: all(overlays) };
}

function keptDisk(disk: XmlElement): KeptDisk[] {
  const [path, target] = [diskPath(disk), diskTarget(disk)];
  const device = attribute(disk, "device") ?? "disk";
  const fixed = find(disk, "readonly") !== undefined || find(disk, "transient") !== undefined;
  if (device === "disk" && !fixed && attribute(disk, "type") === "network")
    throw refusal(
      `disk "${diskName(disk)}" is on a server, where this host cannot keep what it holds now`,
      "unsupported",
      "Take the snapshot on the server, or make the disk `readOnly`.",
    );
  if (device !== "disk" || fixed || path === undefined || target === undefined) return [];
  const format = attribute(find(disk, "driver"), "type") ?? "raw";
  return [{ name: diskName(disk), target, path, format, block: attribute(disk, "type") === "block" }];
}

/** Why the images cannot hold the snapshot themselves. */
function noInternal(
  domain: XmlElement,
  kept: readonly KeptDisk[],
  overlays: readonly Overlay[],
): string | undefined {
  const other = kept.find(({ format }) => format !== "qcow2");
  if (other !== undefined) return `disk "${other.name}" is ${other.format}`;
  // One inside such an image would be lost when the snapshot below is removed and the image merged.
  const layered = kept.find(({ path }) => overlays.some((overlay) => overlay.path === path));
  if (layered !== undefined) return `disk "${layered.name}" has an image on top since an earlier snapshot`;
  const os = find(domain, "os");
  const firmware = attribute(os, "firmware") === "efi" || attribute(find(os, "loader"), "type") === "pflash";
  return firmware ? "the variables of its UEFI firmware are kept in a file beside them" : undefined;
}

/** Whether the guest's agent freezes its file systems; only a guest that runs on can answer. */
function freezes({ quiesce }: NamedSnapshotSpec, { live, state }: DomainView): boolean {
  if (quiesce === false) return false;
  const connected = childrenOf(find(live, "devices"), "channel").some((channel) => {
    const target = find(channel, "target");
    return (
      attribute(target, "name") === "org.qemu.guest_agent.0" && attribute(target, "state") === "connected"
    );
  });
  if (connected && state === "running") return true;
  if (quiesce !== true) return false;
  throw refusal(
    state === "running"
      ? "its guest agent does not answer"
      : "it is paused, so its guest agent cannot answer",
    "guest-agent-unavailable",
    'Does qemu-guest-agent run in the guest? `quiesce: "ifPossible"` takes the snapshot without it.',
  );
}

/** The new image lies beside the one below, in the same pool, so that it can be removed again. */
async function overlayFor(session: LibvirtSession, snapshot: string, disk: KeptDisk): Promise<Overlay> {
  const { path, name, format, block } = disk;
  const place = block
    ? undefined
    : await orAbsent(session.call("storage_vol_lookup_by_path", { path })).then((found) => found?.vol.pool);
  if (place === undefined)
    throw refusal(
      block
        ? `disk "${name}" is a block device, which cannot take a new image on top beside it`
        : `the image of disk "${name}" (${path}) is in no storage pool`,
      block ? "unsupported" : "invalid-state",
      block
        ? "Take the snapshot in the storage itself."
        : "Declare a StoragePool for its folder: the images of the snapshot are kept beside it.",
    );
  const [folder, file] = [path.slice(0, path.lastIndexOf("/")), path.slice(path.lastIndexOf("/") + 1)];
  const overlay = overlayName(file, snapshot);
  return { key: `${place}/${overlay}`, path: `${folder}/${overlay}`, disk: name, base: path, format };
}

/** File names have 255 bytes at most. */
function overlayName(file: string, snapshot: string): string {
  const name = `${file}.${snapshot}`;
  if (Buffer.byteLength(name) <= 255) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 12);
  return `${file.slice(0, 60)}.${digest}`;
}

function refusal(message: string, code: DriverError["code"], remedy?: string): DriverError {
  return new DriverError(message, { code, remedy });
}
