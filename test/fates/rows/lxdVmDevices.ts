import { merge, row, type Args, type Row, type RowOptions } from "../row";
import { container, key, machine } from "./lxdVm";

interface DeviceOptions extends RowOptions {
  readonly base?: Args;
  readonly with?: Args;
  /** The name of the device that is looked at. */
  readonly shown?: string;
}

/** A field of one of the VM's disks or interfaces, on a device that no other row uses. */
function device(
  list: "disks" | "interfaces",
  field: string,
  a: unknown,
  b: unknown,
  shows: RegExp,
  { base = container, with: has = {}, shown, ...options }: DeviceOptions,
): Row {
  const name = `${list === "disks" ? "d" : "n"}-${field.replace(/\W/g, "-")}`;
  const inner = row("Vm", field, a, b, shows);
  // Its own device stands first.
  const standing = (device: Args): Args => merge(merge({ [list]: [device] }, options.needs ?? {}), base);
  const at = (args: Args): Args => standing(merge({ name, ...has }, args));
  const named = field === "name";
  return {
    ...inner,
    field: `${list}[].${field}`,
    a: named ? standing({ ...has, name: a }) : at(inner.a),
    b: named ? standing({ ...has, name: b }) : at(inner.b),
    where: options.where ?? "xml",
    on: options.on,
    lacks: options.lacks,
    ...(options.fate === undefined ? {} : { fate: options.fate }),
    part: (text) => {
      const { expanded_devices: devices } = JSON.parse(text) as {
        expanded_devices?: Record<string, unknown>;
      };
      return JSON.stringify(devices?.[shown ?? name] ?? {}, undefined, 1);
    },
  };
}

const disk = (field: string, a: unknown, b: unknown, shows: RegExp, options: DeviceOptions = {}): Row =>
  device("disks", field, a, b, shows, { with: { pool: "$pool", size: "1MiB" }, ...options });

/** Each on a bridge of its own: a network has one place for each name. */
const nic = (field: string, a: unknown, b: unknown, shows: RegExp, options: DeviceOptions = {}): Row =>
  device("interfaces", field, a, b, shows, {
    with: { bridge: "br-a" },
    base: machine,
    on: "cards",
    ...options,
  });

/** What replaces a disk replaces the VM, and has to be said to be wanted. */
const needs = { allowDataLoss: true };
const iotune = (field: string, a: unknown, b: unknown, name: string, value: string): Row =>
  disk(`iotune.${field}`, a, b, key(name, value), { base: machine, on: "limits", fate: "restart" });

export const rows: readonly Row[] = [
  disk("name", "name-a", "name-b", /"source": ".*-name-b"/, { shown: "name-b", on: "named" }),
  disk("pool", "$pool", "fates2", key("pool", "fates2"), { needs, with: { size: "1MiB" } }),
  {
    ...disk("pools", ["$pool"], ["$pool", "fates2"], /"pools":\["[^"]+","fates2"\]/, {
      with: { size: "1MiB" },
      where: "state",
    }),
    part: (text) => text,
  },
  disk("size", "1MiB", "2MiB", /size: "2097152"/, {
    with: { pool: "$pool" },
    where: ({ name, virsh }) => virsh(["storage", "volume", "show", "base", `${name}-d-size`]),
  }),
  disk("image", "tiny", "tiny2", /"image":"tiny2"/, {
    base: { ...container, disks: [], running: false, allowDataLoss: true },
    with: { pool: "$pool", size: "64MiB" },
    where: "state",
  }),
  disk("rootfs", "root.tar.gz", "bare.tar.gz", /"rootfs":"bare.tar.gz"/, {
    base: { ...container, disks: [], running: false, allowDataLoss: true },
    with: { pool: "$pool", size: "64MiB", image: "./meta.tar.gz" },
    on: "parts",
    where: "state",
  }),
  disk("mount", "/mnt/a", "/mnt/b", key("path", "/mnt/b"), { fate: "live" }),
  disk("volume", "$pool/one", "$pool/two", key("source", "two"), { fate: "live", with: {} }),
  disk("path", "/run/one", "/run/two", key("source", "/run/two"), { needs, with: {} }),
  disk("device", "disk", "disk", /./),
  disk("readOnly", undefined, true, key("readonly", "true"), { fate: "live" }),
  disk("bootOrder", 2, 1, key("boot.priority", "99"), { base: machine, on: "machine" }),
  disk("config", { required: false }, { required: true }, key("required", "true"), {
    with: { path: "/run/one" },
    on: "required",
  }),
  iotune("readBytesSec", "1MiB", "2MiB", "limits.read", "2097152"),
  iotune("writeBytesSec", "1MiB", "2MiB", "limits.write", "2097152"),
  iotune("totalBytesSec", "1MiB", "2MiB", "limits.max", "2097152"),
  iotune("readIopsSec", 100, 200, "limits.read", "200iops"),
  iotune("writeIopsSec", 100, 200, "limits.write", "200iops"),
  iotune("totalIopsSec", 100, 200, "limits.max", "200iops"),
  nic("name", "card-a", "card-b", key("parent", "br-a"), { shown: "card-b" }),
  nic("network", "$network", "fates2", key("network", "fates2"), { with: {} }),
  nic("bridge", "br-a", "br-b", key("parent", "br-b"), { with: {} }),
  nic("macvlan", "dev-a", "dev-b", key("parent", "dev-b"), { with: {} }),
  nic("sriov", "dev-a", "dev-b", key("parent", "dev-b"), { with: {}, lacks: "SR-IOV" }),
  nic("constraints", "name=br-a", "name=br-b", key("parent", "br-b"), { with: {} }),
  // The only mode that LXD has.
  nic("macvlanMode", "bridge", "bridge", /./, { with: { macvlan: "dev-c" }, on: "mode" }),
  nic("mac", "00:16:3e:fa:7e:01", "00:16:3e:fa:7e:02", key("hwaddr", "00:16:3e:fa:7e:02")),
  nic("targetDev", "tap-a", "tap-b", key("host_name", "tap-b")),
  nic("bootOrder", 4, 3, key("boot.priority", "97")),
  nic("mtu", 1400, 1300, key("mtu", "1300")),
  nic("isolated", undefined, true, key("security.port_isolation", "true")),
  nic("bandwidth.inbound.average", 1024, 2048, key("limits.ingress", "16384Kibit")),
  nic("bandwidth.outbound.average", 1024, 2048, key("limits.egress", "16384Kibit")),
  nic("ipv4Address", "10.214.0.61", "10.214.0.62", key("ipv4.address", "10.214.0.62"), {
    with: { network: "$network" },
    on: "addressed",
  }),
  nic("ipv6Address", undefined, "fd42:61::62", key("ipv6.address", "fd42:61::62"), {
    with: { network: "six" },
    on: "addressed",
  }),
  nic("macFiltering", undefined, true, key("security.mac_filtering", "true")),
  nic("ipv4Filtering", undefined, true, key("security.ipv4_filtering", "true"), {
    with: { network: "fates2" },
    on: "filtered",
  }),
  nic("ipv6Filtering", undefined, true, key("security.ipv6_filtering", "true"), {
    with: { network: "six" },
    on: "filtered",
  }),
  nic("vlan.tags", [10], [20], key("vlan", "20"), { with: { network: "$network" } }),
  nic("config", { "vlan.tagged": "30" }, { "vlan.tagged": "40" }, key("vlan.tagged", "40")),
];
