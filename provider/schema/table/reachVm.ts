import { ascendingPins, cpusets } from "../vm/cpuset";
import type { Complaint } from "./gate";
import { isUnknown } from "./unknown";

/** What LXD can do of a field that libvirt knows: all of it, certain values only, or what has nothing to complain about. */
export type Reach =
  | true
  | { readonly only: readonly unknown[]; readonly why: string }
  | ((value: unknown) => string | undefined);

const RUNS_ITSELF = "LXD chooses firmware, machine and devices itself";

export const LXD_KEYS = "LXD's own keys go into `config`, its other devices into `devices`";

export const ALWAYS_BRIDGE: Reach = {
  only: ["bridge"],
  why: "LXD's macvlan interfaces are always in bridge mode",
};

/** Fields of a Vm that mean something to LXD, too; a list's elements go by `list.field`. */
export const VM_ON_LXD: Readonly<Record<string, Reach>> = {
  ...every(["title", "description", "cores", "memory", "autostart", "instanceType"]),
  ...every(["zone", "resourcePool", "tags", "spread", "pack"]),
  ...every(["shutdownTimeout", "forceDestroy", "cancelNoAcpi", "restart", "shutdownOnDestroy"]),
  ...every(["restartTrigger", "allowDataLoss", "hosts", "netboot", "numaPolicy"]),
  ...every(["migrate", "numa", "numa.nodes"]),
  ...every(["waitFor", "waitFor.address", "waitFor.source", "waitFor.agent", "waitFor.timeout"]),
  ...every(["cloudInit", "cloudInit.userData", "cloudInit.metaData", "cloudInit.networkConfig"]),
  ...every(["disks", "disks.name", "disks.pool", "disks.pools", "disks.size", "disks.volume", "disks.path"]),
  ...every(["disks.readOnly", "disks.bootOrder", "disks.iotune"]),
  ...every(["readBytesSec", "writeBytesSec", "totalBytesSec"].map((name) => `disks.iotune.${name}`)),
  ...every(["readIopsSec", "writeIopsSec", "totalIopsSec"].map((name) => `disks.iotune.${name}`)),
  ...every(["interfaces", "interfaces.name", "interfaces.network", "interfaces.bridge"]),
  ...every(["interfaces.macvlan", "interfaces.mac", "interfaces.bootOrder", "interfaces.constraints"]),
  ...every(["interfaces.targetDev", "interfaces.mtu", "interfaces.isolated", "interfaces.bandwidth"]),
  ...every(["interfaces.bandwidth.inbound", "interfaces.bandwidth.inbound.average", "interfaces.sriov"]),
  ...every(["interfaces.bandwidth.outbound", "interfaces.bandwidth.outbound.average"]),
  ...every(["interfaces.vlan", "interfaces.vlan.tags"]),
  ...every(["firmware", "firmware.type", "firmware.secureBoot", "tpm"]),
  "interfaces.macvlanMode": ALWAYS_BRIDGE,
  "host.defaultMacvlanMode": ALWAYS_BRIDGE,
  cpu: (value) =>
    typeof value === "object"
      ? undefined
      : "cannot be a share; see `config` for LXD's `limits.cpu.allowance`",
  "cpu.pin": pinComplaint,
  hugepages: { only: [true, false], why: "LXD takes the host's default size" },
  running: { only: [true, false, "paused"], why: "a guest's memory is not saved on LXD" },
  "tpm.type": { only: ["emulator"], why: "LXD emulates it" },
  "tpm.version": { only: ["2.0"], why: "LXD emulates a TPM 2.0" },
  "disks.device": { only: ["disk"], why: "LXD has no CD or floppy drives; an ISO volume is a disk" },
  guestAgent: { only: [true], why: RUNS_ITSELF },
  console: { only: [true], why: RUNS_ITSELF },
};

/** Why not, by field or by the group that it stands in. */
const REASONS: Readonly<Record<string, string>> = {
  uuid: "LXD chooses it, and knows its instances by name",
  controllers: RUNS_ITSELF,
  emulator: RUNS_ITSELF,
  domainType: "LXD runs its VMs with KVM",
  cpu: RUNS_ITSELF,
  os: RUNS_ITSELF,
  firmware: RUNS_ITSELF,
  tpm: RUNS_ITSELF,
  graphics: "LXD shows every VM's screen itself (`lxc console --type=vga`)",
  video: RUNS_ITSELF,
  raw: "it is domain XML; LXD's own keys go into `config`",
  maxCores: "LXD plugs cores without a maximum",
  maxMemory: "LXD's VMs grow up to what they were started with",
  ignition: "LXD hands over cloud-init only",
  migrate: "LXD moves instances between the projects of a server, in one way",
  numa: "LXD's guests see no nodes",
  "disks.backing": "LXD copies images; name one as `image`",
  "disks.format": "LXD's volumes have one format",
  "disks.bus": RUNS_ITSELF,
  "disks.target": RUNS_ITSELF,
  "disks.iotune": "LXD knows no peaks",
  "interfaces.bandwidth": "LXD knows averages only",
  "interfaces.model": RUNS_ITSELF,
  "interfaces.filter": "LXD filters by `macFiltering`, `ipv4Filtering` and `ipv6Filtering`",
  "interfaces.ethernet": "LXD attaches interfaces to networks, bridges and cards",
  "interfaces.user": "LXD attaches interfaces to networks, bridges and cards",
  "interfaces.vhostUser": "LXD attaches interfaces to networks, bridges and cards",
  "interfaces.vlan": "LXD's `vlan.tagged` goes into the interface's `config`",
};

const NO_WAY_IN = "libvirt has no way into a guest";

/** Why libvirt does not know what LXD does. */
export const VM_NOT_ON_LIBVIRT: Readonly<Record<string, string>> = {
  files: `${NO_WAY_IN}; \`cloudInit\` can write files at its first boot`,
  exec: `${NO_WAY_IN}; \`cloudInit\` can run commands at its first boot`,
  "waitFor.cloudInit": `${NO_WAY_IN}, where cloud-init reports; \`waitFor.agent\` waits for qemu-guest-agent`,
};

/** The most particular reason there is. */
export function vmNotOnLxd(key: string): string | undefined {
  const parts = key.split(".");
  for (let length = parts.length; length > 0; length--) {
    const reason = REASONS[parts.slice(0, length).join(".")];
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** What several fields say together. */
export function* vmOnLxdComplaints(given: Readonly<Record<string, unknown>>): Iterable<Complaint> {
  const { name, disks } = given;
  if (
    typeof name === "string" &&
    !isUnknown(name) &&
    !/^[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(name)
  )
    yield {
      path: ["name"],
      message:
        "must be 1 to 63 letters, digits or dashes on an LXD host, begin with a letter and not end with a dash",
    };
  yield* pinsForAll(given);
  if (asObject(given["cpu"])["pin"] !== undefined && asObject(given["numa"])["nodes"] !== undefined)
    yield {
      path: ["numa", "nodes"],
      message:
        "cannot stand beside `cpu.pin` on an LXD host, where CPUs of a node are chosen for cores that are not pinned",
    };
  for (const key of ["firmware", "hugepages"]) {
    if (given["instanceType"] === "container" && given[key] !== undefined)
      yield { path: [key], message: "means nothing to a container" };
  }
  for (const [index, disk] of (Array.isArray(disks) ? (disks as unknown[]) : []).entries())
    yield* limitComplaints(asObject(asObject(disk)["iotune"]), ["disks", index, "iotune"]);
}

/** Cores and CPUs of the host are one and the same list on LXD. */
function* pinsForAll({ cores = 1, cpu }: Readonly<Record<string, unknown>>): Iterable<Complaint> {
  const pin = asObject(cpu)["pin"];
  if (typeof pin !== "object" || pin === null || isUnknown(cores) || pinComplaint(pin) !== undefined) return;
  const count = Object.keys(pin).length;
  if (count > 0 && count !== cores)
    yield {
      path: ["cpu", "pin"],
      message: `must name a CPU for each of the ${String(cores)} cores on an LXD host, and names ${count}`,
    };
}

function pinComplaint(value: unknown): string | undefined {
  const { success, data } = cpusets("core").safeParse(value);
  if (!success || data === undefined || Object.values(data).some(isUnknown)) return undefined;
  return ascendingPins(data) === undefined
    ? "must give each core one CPU of its own, in ascending order (`{ 0: 2, 1: 3 }`): LXD pins by a list"
    : undefined;
}

/** LXD has one number for each way, of bytes or of operations. */
function* limitComplaints(
  iotune: Readonly<Record<string, unknown>>,
  path: readonly (string | number)[],
): Iterable<Complaint> {
  for (const way of ["read", "write", "total"]) {
    if (iotune[`${way}BytesSec`] !== undefined && iotune[`${way}IopsSec`] !== undefined)
      yield {
        path: [...path, `${way}IopsSec`],
        message: `cannot stand beside \`${way}BytesSec\` on an LXD host: it limits either`,
      };
  }
}

export function every(names: readonly string[]): Readonly<Record<string, Reach>> {
  return Object.fromEntries(names.map((name) => [name, true]));
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
