export { VmHost, type Capacity } from "./resources/vmHost";
export { LibvirtNetwork } from "./resources/libvirtNetwork";
export { LibvirtSecret } from "./resources/libvirtSecret";
export { LxdNetwork } from "./resources/lxdNetwork";
export { LxdProject } from "./resources/lxdProject";
export { NwFilter } from "./resources/nwFilter";
export { StoragePool } from "./resources/storagePool";
export { StorageVolume } from "./resources/storageVolume";
export { Vm, type ExecResult, type VmDisk, type VmInterface } from "./resources/vm";
export { Snapshot } from "./resources/snapshot";
export type { HostConnection } from "./resources/refs";
export {
  getHostResources,
  getLxdProject,
  getNetworks,
  getNwFilters,
  getStoragePools,
  getStorageVolume,
  getVmHost,
  getVms,
  type FoundHostResources,
  type FoundVmHost,
  type FoundVolume,
  type HostQuestion,
  type ProjectQuestion,
  type ResourcesQuestion,
  type VolumeQuestion,
} from "./resources/functions";
export { parseInterfaceConstraints, parseStorageConstraints } from "./schema/network/constraints";
export type { HostInventory } from "./resources/inventory";
export type * from "./resources/args.gen";
