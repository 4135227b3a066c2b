/** Kinds of storage pool (`<pool type>`) that a libvirt host may know; which of them it does, its daemon tells. */
export const LIBVIRT_POOL_TYPES = [
  "dir",
  "fs",
  "netfs",
  "logical",
  "zfs",
  "disk",
  "iscsi",
  "iscsi-direct",
  "scsi",
  "mpath",
  "rbd",
  "gluster",
  "vstorage",
] as const;

/** LXD's storage drivers; which of them a server can use, it tells (`environment.storage_supported_drivers`). */
export const LXD_POOL_TYPES = ["dir", "btrfs", "zfs", "lvm", "ceph"] as const;

export type LibvirtPoolType = (typeof LIBVIRT_POOL_TYPES)[number];
export type LxdPoolType = (typeof LXD_POOL_TYPES)[number];
export type PoolType = LibvirtPoolType | LxdPoolType;

/** All of them, each once. */
export const POOL_TYPES = [
  ...new Set<PoolType>([...LIBVIRT_POOL_TYPES, ...LXD_POOL_TYPES]),
] as readonly PoolType[];

/** Pools of libvirt whose volumes are files in a folder; qcow2 is at home there. */
export const FOLDER_POOLS: readonly string[] = ["dir", "fs", "netfs", "vstorage"];
/** Pools of libvirt in which a volume of any name can be made, as a block device. */
const BLOCK_POOLS: readonly string[] = ["logical", "zfs"];
/** Pools of libvirt whose volumes are on servers that QEMU itself speaks to. */
export const NETWORK_POOLS: readonly string[] = ["rbd", "gluster", "iscsi-direct"];
/** Pools of libvirt in which a disk's volume can be made under a name of ours. */
export const DISK_POOLS: readonly string[] = [...FOLDER_POOLS, ...BLOCK_POOLS, "rbd"];
/** Pools of libvirt whose making writes onto devices. */
export const DEVICE_POOLS: readonly string[] = ["fs", "logical", "zfs", "disk"];
