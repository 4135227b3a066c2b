/**
 * The resources by kind. Each one adds itself where it is declared: arguments name resources and resources take arguments, and
 * this is where the two meet without importing each other.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled in by the resources
export interface Resources {}

/** Resources that may stand in for a name, an id or a connection. */
export type VmHostRef = Resources["VmHost"];
export type LibvirtNetworkRef = Resources["LibvirtNetwork"];
export type LxdNetworkRef = Resources["LxdNetwork"];
export type LibvirtSecretRef = Resources["LibvirtSecret"];
export type LxdProjectRef = Resources["LxdProject"];
export type NwFilterRef = Resources["NwFilter"];
export type StoragePoolRef = Resources["StoragePool"];
export type StorageVolumeRef = Resources["StorageVolume"];
export type VmRef = Resources["Vm"];

/**
 * How other resources reach a host: the `connection` output of a VmHost, also from another stack
 * (`stackReference.requireOutput("kvm1")` of a stack that exports it).
 */
export interface HostConnection {
  readonly address: string;
  readonly name?: string;
  readonly urn?: string;
}
