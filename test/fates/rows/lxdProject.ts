import { lxdKey as key, projectOf } from "../lxdLook";
import { row, type Row, type RowOptions } from "../row";

const project = (field: string, a: unknown, b: unknown, shows: RegExp, options: RowOptions = {}): Row =>
  row("LxdProject", field, a, b, shows, options);

const features = { on: "features" };
const tight = { on: "tight", needs: { restricted: true } };

/** A restriction whose words are given. */
const restriction = (field: string, name: string, a: unknown, b: unknown): Row =>
  project(
    `restrictions.${field}`,
    a,
    b,
    key(`restricted.${name}`, Array.isArray(b) ? b.join(",") : String(b)),
    tight,
  );

export const rows: readonly Row[] = [
  project("host", undefined, "$other", /"other"/, { where: projectOf }),
  project("name", "fates-a", "fates-b", /"name": "fates-b"/, { on: "named" }),
  project("adopt", undefined, true, /./, { on: "adopt" }),
  project("description", "first", "second <&>", /"description": "second <&>"/),
  project("features.images", true, false, key("features.images", "false"), features),
  project("features.profiles", true, false, key("features.profiles", "false"), features),
  project("features.storageVolumes", true, false, key("features.storage.volumes", "false"), features),
  project("features.storageBuckets", undefined, true, /./, { on: "buckets", lacks: "buckets (LXD 5.5)" }),
  project("features.networks", false, true, key("features.networks", "true"), features),
  project("features.networkZones", undefined, true, /./, {
    on: "zones",
    lacks: "network zones for projects (LXD 5.0)",
  }),
  project("limits.instances", 5, 6, key("limits.instances", "6")),
  project("limits.containers", 3, 4, key("limits.containers", "4")),
  project("limits.virtualMachines", 2, 3, key("limits.virtual-machines", "3")),
  project("limits.cores", 4, 8, key("limits.cpu", "8")),
  project("limits.memory", "1GiB", "2GiB", key("limits.memory", "2048MiB")),
  project("limits.disk", 10, 20, key("limits.disk", String(20 * 2 ** 30))),
  project("limits.networks", 1, 2, key("limits.networks", "2")),
  project("limits.processes", 100, 200, key("limits.processes", "200")),
  project("restricted", false, true, key("restricted", "true"), { on: "restricted" }),
  restriction("backups", "backups", "block", "allow"),
  restriction("snapshots", "snapshots", "block", "allow"),
  restriction("target", "cluster.target", "block", "allow"),
  restriction("clusterGroups", "cluster.groups", ["a"], ["a", "b"]),
  restriction("interception", "containers.interception", "block", "full"),
  restriction("containerLowLevel", "containers.lowlevel", "block", "allow"),
  restriction("nesting", "containers.nesting", "block", "allow"),
  restriction("privilege", "containers.privilege", "unprivileged", "isolated"),
  restriction("vmLowLevel", "virtual-machines.lowlevel", "block", "allow"),
  restriction("disks", "devices.disk", "managed", "allow"),
  restriction("diskPaths", "devices.disk.paths", ["/srv"], ["/srv", "/var"]),
  restriction("gpus", "devices.gpu", "block", "allow"),
  restriction("infiniband", "devices.infiniband", "block", "allow"),
  restriction("interfaces", "devices.nic", "managed", "allow"),
  restriction("pci", "devices.pci", "block", "allow"),
  restriction("proxies", "devices.proxy", "block", "allow"),
  restriction("unixBlock", "devices.unix-block", "block", "allow"),
  restriction("unixChar", "devices.unix-char", "block", "allow"),
  restriction("unixHotplug", "devices.unix-hotplug", "block", "allow"),
  restriction("usb", "devices.usb", "block", "allow"),
  restriction("networks", "networks.access", ["lxdbr0"], ["lxdbr0", "fates"]),
  restriction("networkSubnets", "networks.subnets", ["lxdbr0:10.215.0.0/25"], ["lxdbr0:10.215.0.128/25"]),
  restriction("networkUplinks", "networks.uplinks", ["lxdbr0"], ["lxdbr0", "fates"]),
  restriction("networkZones", "networks.zones", ["a.test"], ["b.test"]),
  project("config", { "user.a": "1", "user.gone": "x" }, { "user.a": 2 }, /"user.a": "2"(?![^}]*user\.gone)/),
];
