import type { Fields, Kind } from "./table/field";
import { libvirtNetworkFields } from "./libvirtNetwork";
import { libvirtSecretFields } from "./libvirtSecret";
import { lxdNetworkFields } from "./lxdNetwork";
import { lxdProjectFields } from "./lxdProject";
import { nwFilterFields } from "./nwFilter";
import { snapshotFields } from "./snapshot";
import { storagePoolFields } from "./storagePool";
import { storageVolumeFields } from "./storageVolume";
import { vmFields } from "./vm";
import { vmHostFields } from "./vmHost";

export interface Table {
  readonly fields: Fields;
  /** One paragraph for the head of the reference. */
  readonly doc: string;
}

/** Every resource's inputs; docs, typed arguments and the proofs of the fates are made from this. */
export const tables: Readonly<Record<Kind, Table>> = {
  VmHost: {
    fields: vmHostFields,
    doc: "A hypervisor host that already runs. It is verified and described, never changed; removing it from the program only forgets it.",
  },
  LibvirtNetwork: { fields: libvirtNetworkFields, doc: "A virtual network of a libvirt host." },
  LxdNetwork: {
    fields: lxdNetworkFields,
    doc: "A network that an LXD host manages: a bridge of its own, a preset for a device of the host, or an OVN network.",
  },
  LxdProject: {
    fields: lxdProjectFields,
    doc: "A project of an LXD server. Removing it takes cached copies of images along, and those that VMs of its stack have brought; while it holds anything else it stays, and the error names that.",
  },
  NwFilter: { fields: nwFilterFields, doc: "A filter of what goes over guests' interfaces." },
  LibvirtSecret: {
    fields: libvirtSecretFields,
    doc: "A secret that a libvirt host keeps for images, Ceph, iSCSI, TLS or TPMs. Its value is never read back.",
  },
  StoragePool: { fields: storagePoolFields, doc: "A place for volumes on a host." },
  StorageVolume: {
    fields: storageVolumeFields,
    doc: "A volume in a storage pool: empty, from a local image, or an overlay over another volume.",
  },
  Vm: { fields: vmFields, doc: "A virtual machine." },
  Snapshot: {
    fields: snapshotFields,
    doc: "A point of a VM's life to which it can be brought back. Removing it keeps what the disks hold now.",
  },
};
