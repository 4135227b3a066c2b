/** The two kinds of hypervisor host (seed row R2). */
export type HostKind = "libvirt" | "lxd";

/** The resources of this package; the same names stand in resources/, schema/ and lifecycle/. */
export type Kind =
  | "VmHost"
  | "LibvirtNetwork"
  | "StoragePool"
  | "StorageVolume"
  | "Vm"
  | "Snapshot"
  | "NwFilter"
  | "LibvirtSecret"
  | "LxdNetwork"
  | "LxdProject";
