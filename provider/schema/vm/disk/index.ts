import { z } from "../../table/zod";
import { field, type FateRule, type Fields, type Spec } from "../../table/field";
import type { Complaint, Rule } from "../../table/gate";
import { deviceName, hostPath, listOf, objectName, oneOf, text } from "../../table/types";
import { diskSize, GiB } from "../../table/units";
import { isUnknown } from "../../table/unknown";
import { diskSourceFields, diskSourceRules } from "./remote";
import { part } from "../../table/part";
import { configKeys } from "../../lxdConfig";
import { KEYS_TS } from "../lxd";
import { diskBusRules } from "./bus";
import { diskTuningFields, diskTuningRules } from "./tuning";

/** What else the disk is decides, too (`lifecycle/vm/drives.ts`). */
const another: FateRule = (before, after) =>
  before !== undefined && after !== undefined ? "restart" : "replace";

export const diskFields = {
  name: field(deviceName(), {
    fate: "replace",
    shaped: true,
    doc: "The name by which this program knows the disk. Default `root` for the first, `disk1`, `disk2`, … for the others. Order means nothing to named disks.",
  }),
  pool: field(objectName().optional(), {
    fate: "replace",
    keep: true,
    refs: ["StoragePool"],
    doc: "The pool of a volume made for this disk. Default: the host's `defaultStoragePool`, else the first active pool with room.",
    source: "R102–R104",
  }),
  pools: field(listOf(objectName()).optional(), {
    fate: "record",
    ts: "pulumi.Input<string>[]",
    doc: "Pools in order of preference, where `pool` names none: the first of those that the host has, with room. The choice is the output `chosen`, and stays.",
    source: "R104",
  }),
  chosen: field(z.string().optional(), {
    fate: () => undefined,
    internal: true,
    keep: true,
    doc: "Which pool was chosen, and why.",
  }),
  size: field(diskSize().optional(), {
    fate: (before, after) => (Number(after) >= Number(before) ? "live" : "replace"),
    keep: true,
    ts: "string | number",
    doc: "Virtual size; a bare number is GiB. Default 8 GiB, or that of `backing`. Grows in place, also while the VM runs.",
    source: "<capacity>, virDomainBlockResize; R59",
  }),
  backing: field(z.string().min(1).optional(), {
    fate: "replace",
    refs: ["StorageVolume"],
    doc: "Image below a qcow2 overlay made for this disk: a StorageVolume, `pool/name`, or a path on the host.",
    source: "<backingStore>",
  }),
  image: field(z.string().min(1).optional(), {
    fate: "replace",
    hosts: ["lxd"],
    doc: "The image that an LXD instance's root is made of: an alias or fingerprint of the server's images, `ubuntu:24.04`, `images:alpine/3.20`, or `https://server:alias`; or an image file of the machine that runs Pulumi, a path that begins with `/`, `./` or `../`, which is sent to the server once. Without one a VM starts empty.",
    source: "instance source",
  }),
  rootfs: field(z.string().min(1).optional(), {
    fate: "replace",
    hosts: ["lxd"],
    doc: "The second file of an image that comes in two: `image` is then its metadata alone, and this its root file system (squashfs or a tarball), or a virtual machine's disk (qcow2).",
    source: "instance source; image import",
  }),
  fingerprint: field(z.string().optional(), {
    fate: "replace",
    internal: true,
    keep: true,
    doc: "SHA-256 of the image's files.",
  }),
  mount: field(hostPath().optional(), {
    fate: "restart",
    hosts: ["lxd"],
    doc: "Where a container sees the disk. Default `/mnt/<name>`.",
    source: "disk path",
  }),
  volume: field(z.string().min(1).optional(), {
    fate: another,
    refs: ["StorageVolume"],
    doc: "An existing volume: a StorageVolume or `pool/name`. It stays when the VM goes. A cdrom or floppy is given another one, or none, at once; a disk another one at the VM's next start.",
  }),
  path: field(hostPath().optional(), {
    fate: another,
    doc: "An existing image file or block device of the host. It stays when the VM goes, and changes as `volume` does.",
    source: "<source file|dev>",
  }),
  ...diskSourceFields,
  format: field(oneOf("raw", "qcow2").optional(), {
    fate: "replace",
    keep: true,
    doc: "Image format. Default qcow2 for a volume made for this disk.",
    source: "<driver type>; R131",
  }),
  device: field(oneOf("disk", "cdrom", "floppy").default("disk"), {
    fate: "replace",
    doc: "What the guest sees. Default `disk`.",
    source: "<disk device>; R130",
  }),
  bus: field(oneOf("virtio", "scsi", "sata", "ide", "usb", "fdc").optional(), {
    fate: "replace",
    keep: true,
    doc: "Default virtio; sata for a cdrom, fdc for a floppy.",
    source: "<target bus>; R140",
  }),
  target: field(
    z
      .string()
      .regex(/^(vd|sd|hd|fd)[a-z]{1,2}$/, "must be a target such as vda, sdb, hdc")
      .optional(),
    {
      fate: "replace",
      keep: true,
      doc: "Device name at the host's side. Default: the first that is free for the bus; it never changes afterwards.",
      source: "<target dev>",
    },
  ),
  cache: field(oneOf("none", "writethrough", "writeback", "directsync", "unsafe").optional(), {
    fate: "restart",
    doc: "Host page cache. Default: the hypervisor's.",
    source: "<driver cache>; R132",
  }),
  io: field(oneOf("threads", "native", "io_uring").optional(), {
    fate: "restart",
    doc: "Asynchronous I/O method; `native` needs cache none or directsync.",
    source: "<driver io>; R133",
  }),
  discard: field(oneOf("ignore", "unmap").optional(), {
    fate: "restart",
    doc: "What TRIM does.",
    source: "<driver discard>; R134",
  }),
  serial: field(
    text()
      .regex(/^[A-Za-z0-9_.+-]{1,36}$/, "must be 1 to 36 letters, digits or _ . + -")
      .optional(),
    { fate: "restart", doc: "Serial number the guest sees.", source: "<serial>" },
  ),
  readOnly: field(z.boolean().optional(), {
    fate: "restart",
    doc: "Default false; a cdrom is always read-only.",
    source: "<readonly>",
  }),
  bootOrder: field(z.int().min(1).max(64).optional(), {
    fate: "restart",
    doc: "Place in the boot order, from 1.",
    source: "<boot order>",
  }),
  config: part(
    configKeys({
      type: "device",
      path: "mount",
      pool: "pool",
      source: "volume",
      size: "size",
      readonly: "readOnly",
      "boot.priority": "bootOrder",
      "limits.read": "iotune",
      "limits.write": "iotune",
      "limits.max": "iotune",
    }).optional(),
    {
      fate: "live",
      hosts: ["lxd"],
      ts: KEYS_TS,
      doc: "LXD device keys for what has no field, such as `io.cache` or `size.state`.",
      source: "disk device",
    },
  ),
  ...diskTuningFields,
} satisfies Fields;

/** The size of a disk for which neither the program nor an image says one (R59), by kind of host. */
export const DEFAULT_DISK_BYTES = { libvirt: 8 * GiB, lxd: 10 * GiB } as const;

export type DiskSpec = Spec<typeof diskFields>;

const PREFIXES: Readonly<Record<string, string>> = {
  virtio: "vd",
  scsi: "sd",
  sata: "sd",
  usb: "sd",
  ide: "hd",
  fdc: "fd",
};

/** The letters with which a bus's targets begin. */
export function targetPrefix(bus: string): string {
  return PREFIXES[bus] ?? "vd";
}

/** Whether an `image` is a file of this machine; aliases do not begin so. */
export function isImageFile(image: unknown): boolean {
  return typeof image === "string" && !isUnknown(image) && /^\.{0,2}\//.test(image);
}

/** What names a disk that exists. */
const EXISTING = ["volume", "path", "remote"] as const;

export const diskRules: readonly Rule<typeof diskFields>[] = [
  diskTuningRules,
  diskBusRules,
  diskSourceRules,
  function* (disk): Iterable<Complaint> {
    const { backing, copyOf, size, pool, format, device } = disk;
    const [existing, ...others] = EXISTING.filter((key) => disk[key] !== undefined);
    for (const key of others) yield { path: [key], message: `cannot stand beside \`${existing}\`` };
    if (existing !== undefined) {
      for (const [key, value] of Object.entries({ backing, copyOf, size, pool, pools: disk.pools })) {
        if (value !== undefined)
          yield {
            path: [key],
            message: `cannot stand beside \`${existing}\`, which names a disk that exists`,
          };
      }
    }
    if (pool !== undefined && disk.pools !== undefined)
      yield { path: ["pools"], message: "cannot stand beside `pool`, which names the one" };
    if (backing !== undefined && format === "raw")
      yield { path: ["format"], message: "must be qcow2 for a disk with `backing`: raw has no overlays" };
    if (device === "floppy" && existing === undefined)
      yield { path: ["path"], message: "or `volume` is required for a floppy" };
  },
  function* ({ image, rootfs }): Iterable<Complaint> {
    if (rootfs !== undefined && !isUnknown(image) && !isImageFile(image))
      yield { path: ["rootfs"], message: "needs an `image` that is a file, with the image's metadata" };
  },
  function* ({ io, cache }): Iterable<Complaint> {
    if (io === "native" && cache !== "none" && cache !== "directsync" && !isUnknown(cache)) {
      yield { path: ["io"], message: '"native" needs `cache` "none" or "directsync" (libvirt\'s rule)' };
    }
  },
  function* ({ device, bus, target }): Iterable<Complaint> {
    if (isUnknown(bus)) return;
    if (device === "floppy" && bus !== undefined && bus !== "fdc")
      yield { path: ["bus"], message: "must be fdc for a floppy" };
    if (
      target !== undefined &&
      !isUnknown(target) &&
      bus !== undefined &&
      !target.startsWith(targetPrefix(bus))
    ) {
      yield { path: ["target"], message: `must begin with "${targetPrefix(bus)}" on bus ${bus}` };
    }
  },
];
