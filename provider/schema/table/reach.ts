import { isDeepStrictEqual } from "node:util";
import { hostFields } from "../address/connection";
import type { Field, Fields, HostKind, Kind } from "./field";
import type { Complaint } from "./gate";
import { kindOf } from "../address/hostKind";
import { LIBVIRT_POOL_TYPES, LXD_POOL_TYPES } from "../storage/poolTypes";
import {
  ALWAYS_BRIDGE,
  every,
  LXD_KEYS,
  VM_NOT_ON_LIBVIRT,
  VM_ON_LXD,
  vmNotOnLxd,
  vmOnLxdComplaints,
  type Reach,
} from "./reachVm";
import { isUnknown } from "./unknown";

/** Fields of the tables that mean something to LXD, too; all others are libvirt's. A list's elements go by `list.field`. */
const ON_LXD: Readonly<Partial<Record<Kind, Readonly<Record<string, Reach>>>>> = {
  Vm: VM_ON_LXD,
  StoragePool: {
    ...every(["path", "source", "source.name", "source.devices", "allowDataLoss"]),
    type: { only: LXD_POOL_TYPES, why: `its pools are ${LXD_POOL_TYPES.join(", ")}` },
    autostart: { only: [true], why: "LXD's pools come with the host" },
    active: { only: [true], why: "LXD's pools are never off" },
    deleteContents: { only: [false], why: "LXD removes empty pools only, and their folder with them" },
  },
  StorageVolume: {
    ...every(["pool", "size", "source", "checksum", "copyOf", "allowDataLoss"]),
    format: { only: ["raw"], why: "volumes of LXD are blocks, not image files" },
  },
  VmHost: { defaultMacvlanMode: ALWAYS_BRIDGE },
  Snapshot: {
    ...every(["vm", "description", "memory", "revert"]),
    quiesce: { only: [false, "ifPossible"], why: "LXD does not freeze a guest's file systems" },
  },
};

/** The other way round: values that only LXD knows, of fields that both kinds have. */
const ON_LIBVIRT: Readonly<Partial<Record<Kind, Readonly<Record<string, Reach>>>>> = {
  Vm: {
    instanceType: { only: ["virtual-machine"], why: "libvirt's QEMU runs virtual machines" },
  },
  StoragePool: {
    type: { only: LIBVIRT_POOL_TYPES, why: `its pools are ${LIBVIRT_POOL_TYPES.join(", ")}` },
  },
};

const REASONS: Readonly<Record<string, string>> = {
  "StoragePool.source": "LXD's `path` is its source",
  backing: "LXD copies images; name one as the `image` of a VM's disk",
};

/** What stands on libvirt for what LXD alone has. */
const INSTEAD_ON_LIBVIRT: Readonly<Record<string, string>> = {
  "disks.image": "make the image a StorageVolume, and name that as `backing`",
  profiles: "what VMs have in common is `vmDefaults` of the VmHost",
  config: "what has no field goes into `raw`",
  devices: "what has no field goes into `raw`",
  ...VM_NOT_ON_LIBVIRT,
  volume: "its snapshots are of a VM with all its disks; name that as `vm`",
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
  kind: Kind,
  fields: Fields,
  given: Readonly<Record<string, unknown>>,
): readonly Complaint[] {
  const address = addressIn(kind, given);
  if (address === undefined) return [];
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
    ...(host === "lxd" && kind === "Vm" ? vmOnLxdComplaints(given) : []),
    ...walk({ kind, host }, fields, given, [], ""),
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
    // What the gate has filled in is nobody's wish.
    if (complaint !== undefined) return isDeepStrictEqual(byDefault(field), value) ? [] : [complaint];
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
      host === "libvirt"
        ? INSTEAD_ON_LIBVIRT[key]
        : kind === "Vm"
          ? (vmNotOnLxd(key) ?? LXD_KEYS)
          : (REASONS[`${kind}.${key}`] ?? REASONS[key]);
    return { path, message: `is not possible on ${label}${why === undefined ? "" : `: ${why}`}` };
  }
  const reach = (host === "lxd" ? ON_LXD : ON_LIBVIRT)[kind]?.[key];
  if (reach === undefined || reach === true) return undefined;
  if (typeof reach === "function") {
    const message = reach(value);
    return message === undefined ? undefined : { path, message: `${message} on ${label}` };
  }
  if (reach.only.includes(value)) return undefined;
  return { path, message: `cannot be ${JSON.stringify(value)} on ${label}: ${reach.why}` };
}

function addressIn(kind: Kind, given: Readonly<Record<string, unknown>>): string | undefined {
  const host = kind === "VmHost" ? given : given["host"];
  const address = typeof host === "string" ? host : asObject(host)["address"];
  return typeof address === "string" && !isUnknown(address) ? address : undefined;
}

function byDefault({ type }: Field): unknown {
  const { success, data } = type.safeParse(undefined);
  return success ? data : undefined;
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
