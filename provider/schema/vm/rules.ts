import type { Complaint } from "../table/gate";
import { kindOf } from "../address/hostKind";
import { placementRules } from "./placement";
import { isUnknown, knownList } from "../table/unknown";
import { cpuRules } from "./cpu";
import { exclusiveRules } from "./exclusive";
import { spiceRules } from "./devices/lines";
import { featureRules } from "./features";
import { filesystemRules } from "./devices/filesystem";
import { bootRules } from "./firmware/boot";
import { pictureRules } from "./devices/graphics";
import { machineRules } from "./machine";
import { guestRules } from "./guest";
import { hotplugRules, memoryRules } from "./memory";
import { netbootRules } from "./netboot";
import { vhostUserRules } from "./interface/vhostUser";
import { controllerRules } from "./devices/controllers";
import { smartcardRules } from "./devices/smartcard";

/** The parts of a VM that rules look at together. */
interface VmInput {
  readonly host?: { readonly address?: string; readonly defaultMacvlanMode?: string };
  readonly cores?: number;
  readonly maxCores?: number;
  readonly memory?: number;
  readonly maxMemory?: number;
  readonly os?: {
    readonly kernel?: string;
    readonly initrd?: string;
    readonly cmdline?: string;
    readonly root?: string;
    readonly machine?: string;
    readonly boot?: readonly string[];
  };
  readonly disks?: readonly {
    readonly name: string;
    readonly target?: string;
    readonly bus?: string;
    readonly bootOrder?: number;
  }[];
  readonly interfaces?: readonly {
    readonly name: string;
    readonly mac?: string;
    readonly targetDev?: string;
    readonly sriov?: string;
    readonly macvlan?: string;
    readonly macvlanMode?: string;
    readonly vlan?: unknown;
    readonly bootOrder?: number;
  }[];
}

export const vmRules = [
  limits,
  kernel,
  uniqueDevices,
  exclusiveRules,
  functions,
  vlans,
  bootOrders,
  netbootRules,
  machines,
  machineRules,
  pictureRules,
  cpuRules,
  memoryRules,
  hotplugRules,
  featureRules,
  placementRules,
  bootRules,
  spiceRules,
  filesystemRules,
  guestRules,
  smartcardRules,
  vhostUserRules,
  controllerRules,
] as const;

function* limits({ cores, maxCores, memory, maxMemory }: VmInput): Iterable<Complaint> {
  if (Number(cores) > Number(maxCores))
    yield { path: ["cores"], message: `${cores} is above maxCores (${maxCores})` };
  if (Number(memory) > Number(maxMemory))
    yield { path: ["memory"], message: `${memory} MiB is above maxMemory (${maxMemory} MiB)` };
}

function* kernel({ os }: VmInput): Iterable<Complaint> {
  if (os === undefined || os.kernel !== undefined) return;
  for (const key of ["initrd", "cmdline", "root"] as const) {
    if (os[key] !== undefined) yield { path: ["os", key], message: "needs `os.kernel`" };
  }
}

function* uniqueDevices({ disks, interfaces }: VmInput): Iterable<Complaint> {
  yield* unique(disks, "disks", "name");
  yield* unique(disks, "disks", "target");
  yield* unique(interfaces, "interfaces", "name");
  yield* unique(interfaces, "interfaces", "mac");
  yield* unique(interfaces, "interfaces", "targetDev");
}

function* unique<T extends object>(
  items: readonly T[] | undefined,
  list: string,
  key: keyof T & string,
): Iterable<Complaint> {
  const seen = new Map<unknown, number>();
  for (const [index, item] of knownList(items).entries()) {
    const value = item[key];
    if (value === undefined || isUnknown(value)) continue;
    const first = seen.get(value);
    if (first === undefined) seen.set(value, index);
    else yield { path: [list, index, key], message: `"${String(value)}" is taken by ${list}[${first}]` };
  }
}

/** LXD makes a VLAN device below a macvlan; libvirt wants the device for one guest alone. */
function* vlans({ host, interfaces }: VmInput): Iterable<Complaint> {
  if (host?.address === undefined || isUnknown(host.address) || kindOf(host.address) !== "libvirt") return;
  for (const [index, { macvlan, macvlanMode, vlan }] of knownList(interfaces).entries()) {
    const mode = macvlanMode ?? host.defaultMacvlanMode;
    if (vlan === undefined || macvlan === undefined || mode === "passthru" || isUnknown(mode)) continue;
    yield {
      path: ["interfaces", index, "vlan"],
      message: 'macvlan needs mode "passthru" for it; or put the macvlan on a VLAN device',
    };
  }
}

/** Each kind of host names a function of an SR-IOV card in its own way (R175). */
function* functions({ host, interfaces }: VmInput): Iterable<Complaint> {
  if (host?.address === undefined || isUnknown(host.address)) return;
  const kind = kindOf(host.address);
  for (const [index, { sriov }] of knownList(interfaces).entries()) {
    if (sriov === undefined || isUnknown(sriov) || sriov.includes(":") === (kind === "libvirt")) continue;
    yield {
      path: ["interfaces", index, "sriov"],
      message:
        kind === "lxd"
          ? "must be a device of the host, such as eno3; LXD takes a free function of it"
          : `must be the PCI address of a function, such as 0000:06:10.1; \`constraints: "name=${sriov}"\` takes a free one of ${sriov}`,
    };
  }
}

function* bootOrders({ os, disks, interfaces }: VmInput): Iterable<Complaint> {
  const devices = [
    ...knownList(disks).map(({ bootOrder }, index) => ({ bootOrder, path: ["disks", index, "bootOrder"] })),
    ...knownList(interfaces).map(({ bootOrder }, index) => ({
      bootOrder,
      path: ["interfaces", index, "bootOrder"],
    })),
  ].filter(({ bootOrder }) => bootOrder !== undefined && !isUnknown(bootOrder));
  const seen = new Set<number>();
  for (const { bootOrder, path } of devices) {
    if (os?.boot !== undefined) yield { path, message: "cannot stand beside `os.boot` (libvirt's rule)" };
    if (seen.has(Number(bootOrder))) yield { path, message: `${bootOrder} is given twice` };
    seen.add(Number(bootOrder));
  }
}

function* machines({ os, disks }: VmInput): Iterable<Complaint> {
  if (isUnknown(os)) return;
  const machine = os?.machine ?? "q35";
  for (const [index, { bus }] of knownList(disks).entries()) {
    if (bus === "ide" && /q35/.test(machine))
      yield {
        path: ["disks", index, "bus"],
        message: 'ide does not exist on a q35 machine; use sata, or `os.machine` "pc"',
      };
  }
}
