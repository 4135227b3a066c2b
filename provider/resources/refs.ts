import type { LibvirtNetwork } from "./libvirtNetwork";
import type { LxdNetwork } from "./lxdNetwork";
import type { LibvirtSecret } from "./libvirtSecret";
import type { LxdProject } from "./lxdProject";
import type { NwFilter } from "./nwFilter";
import type { StoragePool } from "./storagePool";
import type { StorageVolume } from "./storageVolume";
import type { Vm } from "./vm";
import type { VmHost } from "./vmHost";

/** Resources that may stand in for a name, an id or a connection. */
export type VmHostRef = VmHost;
export type LibvirtNetworkRef = LibvirtNetwork;
export type LxdNetworkRef = LxdNetwork;
export type LibvirtSecretRef = LibvirtSecret;
export type LxdProjectRef = LxdProject;
export type NwFilterRef = NwFilter;
export type StoragePoolRef = StoragePool;
export type StorageVolumeRef = StorageVolume;
export type VmRef = Vm;

/**
 * How other resources reach a host: the `connection` output of a VmHost, also from another stack
 * (`stackReference.requireOutput("kvm1")` of a stack that exports it).
 */
export interface HostConnection {
  readonly address: string;
  readonly name?: string;
  readonly urn?: string;
}
