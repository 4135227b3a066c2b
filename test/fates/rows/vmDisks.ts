import { disk, elementOf, type Row } from "../row";

/** What replaces a disk replaces the VM, and has to be said to be wanted. */
const needs = { allowDataLoss: true };
const path = (name: string): string => `/var/lib/libvirt/images/fates/fates/${name}`;
/** Of a guest that runs. */
const drive = { on: "running-media", with: { device: "cdrom" } };
const existing = { path: path("one"), format: "qcow2" };

export const rows: readonly Row[] = [
  {
    ...disk("name", "name-a", "name-b", /ua-disk-name-b/, { on: "booted" }),
    part: (xml) => elementOf(xml, "ua-disk-name-b"),
  },
  disk("pool", "fates", "fates2", /fates\/fates2\//, { needs, with: { size: "1MiB" } }),
  disk("size", "1MiB", "2MiB", /Capacity: +2097152/, {
    on: "running",
    with: { pool: "fates", target: "vdx" },
    where: ({ name, virsh }) => virsh(["domblkinfo", name, "vdx"]),
  }),
  disk("size", "2MiB", "1MiB", /Capacity: +1048576/, {
    on: "shrunk",
    needs,
    with: { pool: "fates", target: "vdx" },
    where: ({ name, virsh }) => virsh(["domblkinfo", name, "vdx"]),
  }),
  disk("backing", "fates/one", "fates/two", /fates\/two/, {
    needs,
    with: { pool: "fates" },
    where: async ({ xml, virsh }) => virsh(["vol-dumpxml", /<source file='([^']*)'/.exec(xml)?.[1] ?? ""]),
  }),
  disk("volume", "fates/one", "fates/two", /fates\/two/, { on: "running-images", with: { readOnly: true } }),
  disk("path", path("one"), path("two"), /fates\/two/, {
    on: "running-images",
    with: { format: "qcow2", readOnly: true },
  }),
  disk("path", path("one"), path("two"), /fates\/two/, { ...drive, name: "medium" }),
  disk("path", path("one"), undefined, /^(?![\s\S]*<source file)/, { ...drive, name: "ejected" }),
  disk("volume", undefined, "fates/two", /fates\/two/, { ...drive, name: "inserted" }),
  disk("format", "qcow2", "raw", /type='raw'/, { needs }),
  disk("device", "disk", "cdrom", /device='cdrom'/, { needs, with: { ...existing, bus: "sata" } }),
  disk("bus", "virtio", "scsi", /bus='scsi'/, { needs }),
  disk("target", "vda", "vdk", /dev='vdk'/, { needs }),
  disk("cache", "none", "writeback", /cache='writeback'/),
  disk("io", "threads", "native", /io='native'/, { with: { pool: "fates", size: "1MiB", cache: "none" } }),
  disk("discard", "ignore", "unmap", /discard='unmap'/),
  disk("serial", "first", "second", /<serial>second</),
  disk("readOnly", undefined, true, /<readonly\/>/),
  disk("bootOrder", 2, 1, /<boot order='1'/),
];
