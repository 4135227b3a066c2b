import { z } from "./table/zod";
import { isAdopted } from "./table/adopted";
import { adopt, host, name, owner } from "./table/common";
import { field, type Fields, type Spec } from "./table/field";
import { group, type Complaint, type Rule } from "./table/gate";
import { kindOf } from "./address/hostKind";
import { lxdPoolFields, lxdPoolRule } from "./storage/lxdPool";
import { adapterComplaints, poolSourceFields, sourceComplaints } from "./storage/poolSource";
import {
  DEVICE_POOLS,
  FOLDER_POOLS,
  LIBVIRT_POOL_TYPES,
  LXD_POOL_TYPES,
  POOL_TYPES,
  type LibvirtPoolType,
} from "./storage/poolTypes";
import { hostPath, oneOf } from "./table/types";
import { isUnknown } from "./table/unknown";

const permissionsFields = {
  mode: field(
    z
      .string()
      .regex(/^0?[0-7]{3}$/, 'must be an octal mode, such as "0711"')
      .transform((mode) => mode.padStart(4, "0"))
      .optional(),
    { fate: "live", keep: true, doc: 'Access, as `"0711"`. Default `0711`.', source: "<permissions><mode>" },
  ),
  owner: field(z.int().min(0).optional(), {
    fate: "live",
    keep: true,
    doc: "Number of the user that owns it. Default: that of the daemon.",
    source: "<permissions><owner>",
  }),
  group: field(z.int().min(0).optional(), {
    fate: "live",
    keep: true,
    doc: "Number of the group that owns it. Default: that of the daemon.",
    source: "<permissions><group>",
  }),
} satisfies Fields;

export const storagePoolFields = {
  host,
  owner,
  name,
  adopt,
  type: field(oneOf(...POOL_TYPES).default("dir"), {
    fate: "replace",
    doc: `Kind of pool. Default \`dir\`, a folder of the host. On libvirt: ${LIBVIRT_POOL_TYPES.join(", ")}, as far as the host's daemon has them. On LXD: ${LXD_POOL_TYPES.join(", ")}.`,
    source: "<pool type>; LXD's driver",
  }),
  path: field(hostPath().optional(), {
    fate: "replace",
    keep: true,
    doc: "The folder on the host (dir), where a file system is mounted (fs, netfs, vstorage), or where the host shows the volumes. Default `/var/lib/libvirt/<name>` for folders, which are made when they are missing; else what is usual for the type.",
    source: "<target><path>; R105",
  }),
  source: group(poolSourceFields, {
    fate: "replace",
    doc: "What the pool stands on; which parts it has depends on the type.",
    source: "<source>",
  }),
  permissions: group(permissionsFields, {
    fate: "live",
    keep: true,
    doc: "Owner and access of the folder (dir, fs, netfs, vstorage).",
    source: "<target><permissions>",
  }),
  copyOnWrite: field(z.boolean().optional(), {
    fate: "live",
    doc: "Whether new files of a folder on btrfs are written to new places (dir). Default: as the file system does.",
    source: "<features><cow state>",
  }),
  ...lxdPoolFields,
  autostart: field(z.boolean().default(true), {
    fate: "live",
    doc: "Start the pool with the host. Default true.",
    source: "virStoragePoolSetAutostart",
  }),
  active: field(z.boolean().default(true), {
    fate: "live",
    doc: "Whether the pool runs. Default true.",
    source: "virStoragePoolCreate",
  }),
  build: field(z.boolean().default(false), {
    fate: "record",
    doc: "When the pool is made, make what it stands on as well: the file system (fs), the partition table (disk), the volume group (logical), the zpool (zfs). A device that holds anything is refused. Never looked at again. Folders are made without it. Default false.",
    source: "VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE",
  }),
  overwrite: field(z.boolean().default(false), {
    fate: "record",
    doc: "Let `build` destroy what is on the devices. Default false.",
    source: "VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE",
  }),
  deleteContents: field(z.boolean().default(false), {
    fate: "record",
    doc: "On destroy, delete the folder (or what else `build` has made) as well, if this resource made it and it is empty. Default false: volumes and folder stay.",
    source: "virStoragePoolDelete",
  }),
  allowDataLoss: field(z.boolean().default(false), {
    fate: "record",
    doc: "Allow changes that replace a pool with volumes in it: they stay where they are, and the new pool has them not. Default false: refused.",
  }),
} satisfies Fields;

export type StoragePoolSpec = Spec<typeof storagePoolFields>;

type Given = Partial<StoragePoolSpec>;

/** The type, where the host is known to be a libvirt host. */
function libvirtType({ host: at, type }: Given): LibvirtPoolType | undefined {
  const known = LIBVIRT_POOL_TYPES.find((each) => each === type);
  const address = isUnknown(at) ? undefined : at?.address;
  if (known === undefined || address === undefined || isUnknown(address)) return undefined;
  return kindOf(address) === "libvirt" ? known : undefined;
}

export const storagePoolRules: readonly Rule<typeof storagePoolFields>[] = [
  lxdPoolRule,
  function* (pool): Iterable<Complaint> {
    const type = libvirtType(pool);
    // Of a pool that is taken over, what the program leaves out is as it is.
    if (type === undefined || isAdopted(pool)) return;
    yield* sourceComplaints(type, pool.source);
  },
  function* (pool): Iterable<Complaint> {
    yield* adapterComplaints(pool.source);
  },
  function* (pool): Iterable<Complaint> {
    const type = libvirtType(pool);
    if (type === undefined) return;
    if (pool.path !== undefined && ["rbd", "gluster", "iscsi-direct"].includes(type))
      yield {
        path: ["path"],
        message: `means nothing to a pool of type ${type}: it has no place on the host`,
      };
    if (pool.permissions !== undefined && !FOLDER_POOLS.includes(type))
      yield { path: ["permissions"], message: `means nothing to a pool of type ${type}: it has no folder` };
    if (pool.copyOnWrite !== undefined && type !== "dir")
      yield { path: ["copyOnWrite"], message: `is for pools of type dir, not ${type}` };
  },
  function* (pool): Iterable<Complaint> {
    const { build, overwrite, source } = pool;
    const type = libvirtType(pool);
    if (overwrite === true && build === false)
      yield { path: ["overwrite"], message: "needs `build: true`: nothing else writes onto devices" };
    if (build !== true || type === undefined) return;
    if (!DEVICE_POOLS.includes(type))
      yield { path: ["build"], message: `means nothing to a pool of type ${type}: ${unbuilt(type)}` };
    else if (!isUnknown(source) && source?.devices === undefined)
      yield { path: ["source", "devices"], message: "is required with `build`: what the pool is made of" };
    if (type === "fs" && !isUnknown(source) && (source?.format ?? "auto") === "auto")
      yield { path: ["source", "format"], message: "is required with `build`: the file system to make" };
    if (overwrite === true && type === "zfs")
      yield { path: ["overwrite"], message: "is not possible for zfs: the host never builds over anything" };
  },
];

function unbuilt(type: string): string {
  return FOLDER_POOLS.includes(type) ? "its folder is made when it is missing" : "it is there or not";
}
