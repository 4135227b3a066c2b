import { hostFields } from "./connection";
import type { Field, Fields, HostKind, Kind } from "./field";
import type { Complaint } from "./gate";
import { kindOf } from "./hostKind";
import { tables } from "./index";
import { LIBVIRT_POOL_TYPES, LXD_POOL_TYPES } from "./poolTypes";
import { isUnknown } from "./unknown";

/** What LXD can do of a field that libvirt knows: all of it, or certain values only. */
type Reach = true | { readonly only: readonly unknown[]; readonly why: string };

const RUNS_ITSELF = "LXD chooses firmware, machine and devices itself";

const LXD_KEYS = "LXD's own keys go into `config`";

/** Fields of the tables that mean something to LXD, too; all others are libvirt's. A list's elements go by `list.field`. */
const ON_LXD: Readonly<Partial<Record<Kind, Readonly<Record<string, Reach>>>>> = {
  Vm: {
    ...every(["title", "description", "cores", "memory", "autostart", "instanceType"]),
    ...every([
      "zone",
      "resourcePool",
      "tags",
      "shutdownTimeout",
      "forceDestroy",
      "cancelNoAcpi",
      "restart",
      "shutdownOnDestroy",
      "restartTrigger",
      "netboot",
    ]),
    ...every(["allowDataLoss", "waitFor", "waitFor.address", "waitFor.source", "waitFor.timeout"]),
    ...every(["cloudInit", "cloudInit.userData", "cloudInit.metaData", "cloudInit.networkConfig"]),
    ...every([
      "disks",
      "disks.name",
      "disks.pool",
      "disks.size",
      "disks.volume",
      "disks.path",
      "disks.readOnly",
    ]),
    ...every(["disks.bootOrder", "interfaces", "interfaces.name", "interfaces.network", "interfaces.bridge"]),
    ...every(["interfaces.macvlan", "interfaces.mac", "interfaces.bootOrder"]),
    ...every(["interfaces.sriov", "interfaces.vlan", "interfaces.vlan.tags"]),
    "interfaces.macvlanMode": { only: ["bridge"], why: "LXD's macvlan interfaces are always in bridge mode" },
    running: { only: [true, false, "paused"], why: "a guest's memory is not saved on LXD" },
    "disks.device": { only: ["disk"], why: "LXD has no CD or floppy drives for its instances" },
    guestAgent: { only: [true], why: RUNS_ITSELF },
    console: { only: [true], why: RUNS_ITSELF },
  },
  StoragePool: {
    ...every(["path", "source", "source.name", "source.devices", "allowDataLoss"]),
    type: { only: LXD_POOL_TYPES, why: `its pools are ${LXD_POOL_TYPES.join(", ")}` },
    autostart: { only: [true], why: "LXD's pools come with the host" },
    active: { only: [true], why: "LXD's pools are never off" },
    deleteContents: { only: [false], why: "LXD removes empty pools only, and their folder with them" },
  },
  StorageVolume: {
    ...every(["pool", "size", "allowDataLoss"]),
    format: { only: ["raw"], why: "volumes of LXD are blocks, not image files" },
  },
  Snapshot: {
    ...every(["vm", "description", "memory", "revert"]),
    quiesce: { only: [false, "ifPossible"], why: "LXD does not freeze a guest's file systems" },
  },
};

/** The other way round: values that only LXD knows, of fields that both kinds have. */
const ON_LIBVIRT: Readonly<Partial<Record<Kind, Readonly<Record<string, Reach>>>>> = {
  Vm: { instanceType: { only: ["virtual-machine"], why: "libvirt's QEMU runs virtual machines" } },
  StoragePool: {
    type: { only: LIBVIRT_POOL_TYPES, why: `its pools are ${LIBVIRT_POOL_TYPES.join(", ")}` },
  },
};

const REASONS: Readonly<Record<string, string>> = {
  emulator: RUNS_ITSELF,
  domainType: "LXD runs its VMs with KVM",
  cpu: RUNS_ITSELF,
  os: RUNS_ITSELF,
  raw: "it is domain XML; LXD's own keys go into `config`",
  maxCores: "LXD plugs cores without a maximum",
  maxMemory: "LXD's VMs grow up to what they were started with",
  "disks.backing": "LXD copies images; name one as `image`",
  "disks.bus": RUNS_ITSELF,
  "disks.target": RUNS_ITSELF,
  "interfaces.model": RUNS_ITSELF,
  "StoragePool.source": "LXD's `path` is its source",
  source: "LXD takes content as images and backups, not into a volume",
  backing: "LXD copies images; name one as the `image` of a VM's disk",
};

const LABELS: Readonly<Record<HostKind, string>> = { lxd: "an LXD host", libvirt: "a libvirt host" };

/** Kinds that one kind of host has, and what stands for them on the other. */
const ONLY_ON: Readonly<Partial<Record<Kind, { readonly host: HostKind; readonly instead?: Kind }>>> = {
  LibvirtNetwork: { host: "libvirt", instead: "LxdNetwork" },
  LxdNetwork: { host: "lxd", instead: "LibvirtNetwork" },
  LxdProject: { host: "lxd" },
};

/** Which hosts know a field, for the reference. */
export function hostsOf(kind: Kind, path: string, field: Field): readonly HostKind[] {
  if (field.hosts !== undefined) return field.hosts;
  if (ONLY_ON[kind]?.host === "lxd") return ["lxd"];
  const reach = ON_LXD[kind];
  if (kind === "VmHost" || COMMON.has(path)) return ["libvirt", "lxd"];
  return reach?.[path] === undefined ? ["libvirt"] : ["libvirt", "lxd"];
}

/** Given by every table, or by us. */
const COMMON = new Set(["host", "owner", "name", "adopt"]);

/** What the host's kind cannot do, at its place in the program, with the reason (R95): refused in preview, never ignored. */
export function reachComplaints(
  fields: Fields,
  given: Readonly<Record<string, unknown>>,
): readonly Complaint[] {
  const kind = (Object.keys(tables) as Kind[]).find((each) => tables[each].fields === fields);
  const address = addressIn(kind, given);
  if (kind === undefined || address === undefined) return [];
  const host = kindOf(address);
  const only = ONLY_ON[kind];
  const elsewhere =
    only === undefined
      ? host === "lxd" && kind !== "VmHost" && ON_LXD[kind] === undefined
      : only.host !== host;
  if (elsewhere) {
    const hint = only?.instead === undefined ? "" : `; use ${only.instead}`;
    return [{ path: ["host"], message: `is ${LABELS[host]}, which has no ${kind}${hint}` }];
  }
  return [
    ...(host === "lxd" && kind === "Vm" ? nameComplaints(given["name"]) : []),
    ...walk({ kind, host }, fields, given, [], ""),
  ];
}

/** An instance's name is a host name to LXD. */
function nameComplaints(name: unknown): readonly Complaint[] {
  if (typeof name !== "string" || isUnknown(name) || /^[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(name))
    return [];
  return [
    {
      path: ["name"],
      message:
        "must be 1 to 63 letters, digits or dashes on an LXD host, begin with a letter and not end with a dash",
    },
  ];
}

interface Where {
  readonly kind: Kind;
  readonly host: HostKind;
}

function walk(
  where: Where,
  fields: Fields,
  given: Readonly<Record<string, unknown>>,
  path: readonly (string | number)[],
  prefix: string,
): readonly Complaint[] {
  return Object.entries(fields).flatMap(([name, field]): readonly Complaint[] => {
    const value = given[name];
    if (value === undefined || value === null || isUnknown(value) || field.internal) return [];
    const [at, key] = [[...path, name], `${prefix}${name}`];
    const complaint = complain(where, key, field, value, at);
    if (complaint !== undefined) return [complaint];
    if (name === "host" && prefix === "") return walk(where, hostFields, asObject(value), at, "host.");
    if (field.fields !== undefined) return walk(where, field.fields, asObject(value), at, `${key}.`);
    if (field.each === undefined || !Array.isArray(value)) return [];
    const { fields: inner } = field.each;
    return value.flatMap((item, index) => walk(where, inner, asObject(item), [...at, index], `${key}.`));
  });
}

function complain(
  { kind, host }: Where,
  key: string,
  field: Field,
  value: unknown,
  path: readonly (string | number)[],
): Complaint | undefined {
  const label = LABELS[host];
  if (!hostsOf(kind, key.startsWith("host.") ? "host" : key, field).includes(host)) {
    const why =
      host === "lxd"
        ? (REASONS[`${kind}.${key}`] ?? REASONS[key] ?? (kind === "Vm" ? LXD_KEYS : undefined))
        : undefined;
    return { path, message: `is not possible on ${label}${why === undefined ? "" : `: ${why}`}` };
  }
  const reach = (host === "lxd" ? ON_LXD : ON_LIBVIRT)[kind]?.[key];
  if (reach === undefined || reach === true || reach.only.includes(value)) return undefined;
  return { path, message: `cannot be ${JSON.stringify(value)} on ${label}: ${reach.why}` };
}

function addressIn(kind: Kind | undefined, given: Readonly<Record<string, unknown>>): string | undefined {
  const host = kind === "VmHost" ? given : given["host"];
  const address = typeof host === "string" ? host : asObject(host)["address"];
  return typeof address === "string" && !isUnknown(address) ? address : undefined;
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function every(names: readonly string[]): Readonly<Record<string, Reach>> {
  return Object.fromEntries(names.map((name) => [name, true]));
}
