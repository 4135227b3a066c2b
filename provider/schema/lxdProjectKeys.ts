import type { LxdKey } from "./lxdConfig";

const flag = (path: string, key: string): LxdKey => ({ path, key, form: "flag" });
const text = (path: string, key: string): LxdKey => ({ path, key, form: "text" });
const list = (path: string, key: string): LxdKey => ({ path, key, form: "list" });
const count = (path: string, key: string): LxdKey => ({ path, key, form: "number" });

export const lxdFeatureKeys: readonly LxdKey[] = [
  flag("features.images", "features.images"),
  flag("features.profiles", "features.profiles"),
  flag("features.storageVolumes", "features.storage.volumes"),
  flag("features.storageBuckets", "features.storage.buckets"),
  flag("features.networks", "features.networks"),
  flag("features.networkZones", "features.networks.zones"),
];

/** Each field of a project that is a key of LXD's. */
export const lxdProjectKeys: readonly LxdKey[] = [
  ...lxdFeatureKeys,
  count("limits.instances", "limits.instances"),
  count("limits.containers", "limits.containers"),
  count("limits.virtualMachines", "limits.virtual-machines"),
  count("limits.cores", "limits.cpu"),
  { path: "limits.memory", key: "limits.memory", form: "mebibytes" },
  { path: "limits.disk", key: "limits.disk", form: "bytes" },
  count("limits.networks", "limits.networks"),
  count("limits.processes", "limits.processes"),
  flag("restricted", "restricted"),
  text("restrictions.backups", "restricted.backups"),
  text("restrictions.snapshots", "restricted.snapshots"),
  text("restrictions.target", "restricted.cluster.target"),
  list("restrictions.clusterGroups", "restricted.cluster.groups"),
  text("restrictions.interception", "restricted.containers.interception"),
  text("restrictions.containerLowLevel", "restricted.containers.lowlevel"),
  text("restrictions.nesting", "restricted.containers.nesting"),
  text("restrictions.privilege", "restricted.containers.privilege"),
  text("restrictions.vmLowLevel", "restricted.virtual-machines.lowlevel"),
  text("restrictions.disks", "restricted.devices.disk"),
  list("restrictions.diskPaths", "restricted.devices.disk.paths"),
  text("restrictions.gpus", "restricted.devices.gpu"),
  text("restrictions.infiniband", "restricted.devices.infiniband"),
  text("restrictions.interfaces", "restricted.devices.nic"),
  text("restrictions.pci", "restricted.devices.pci"),
  text("restrictions.proxies", "restricted.devices.proxy"),
  text("restrictions.unixBlock", "restricted.devices.unix-block"),
  text("restrictions.unixChar", "restricted.devices.unix-char"),
  text("restrictions.unixHotplug", "restricted.devices.unix-hotplug"),
  text("restrictions.usb", "restricted.devices.usb"),
  list("restrictions.networks", "restricted.networks.access"),
  list("restrictions.networkSubnets", "restricted.networks.subnets"),
  list("restrictions.networkUplinks", "restricted.networks.uplinks"),
  list("restrictions.networkZones", "restricted.networks.zones"),
];
