import type { HostNode } from "../driver/summaries";
import { weightsOf, type TiedVm } from "./numa";

/** A network device of a host. */
export interface Device {
  readonly name: string;
  readonly type: string;
  /** Devices below a bridge or bond. */
  readonly ports: readonly string[];
  readonly numaNode?: number;
  /** SR-IOV functions that it can offer. */
  readonly virtualFunctions?: number;
  /** PCI addresses of those that are switched on. */
  readonly functions?: readonly string[];
}

export interface VirtualNetwork {
  readonly name: string;
  readonly bridge?: string;
  readonly parents?: readonly string[];
  readonly forwardMode: string;
}

export interface Attached {
  readonly attachments?: readonly Attachment[];
}

export interface Attachment {
  readonly name: string;
  readonly network?: string;
  readonly device?: string;
  readonly sriov?: true;
}

export interface FunctionShare {
  /** That the device can offer. */
  readonly total: number;
  /** Switched on; absent where the host does not tell. */
  readonly enabled?: number;
  /** Taken by VMs, running or not. */
  readonly allocated: number;
  readonly free: number;
}

/** SR-IOV functions of a device, and how many are left (R174); undefined for a device that has none. */
export function functionsOf(
  device: Device,
  vms: readonly Attached[],
  networks: readonly VirtualNetwork[],
): FunctionShare | undefined {
  const { virtualFunctions: total, functions } = device;
  if (total === undefined || total === 0) return undefined;
  const allocated = vms
    .flatMap(({ attachments = [] }) => attachments)
    .filter((attachment) => takesFunction(attachment, device, networks)).length;
  return {
    total,
    ...(functions === undefined ? {} : { enabled: functions.length }),
    allocated,
    free: Math.max(0, total - allocated),
  };
}

/** Networks whose interfaces get a function each: libvirt's `hostdev`, LXD's `sriov`. */
const OF_FUNCTIONS = ["hostdev", "sriov"];

function takesFunction(
  { network, device: at, sriov }: Attachment,
  { name, functions = [] }: Device,
  networks: readonly VirtualNetwork[],
): boolean {
  if (at !== undefined) return sriov === true && (at === name || functions.includes(at));
  const found = networks.find((each) => each.name === network);
  return (
    found !== undefined && OF_FUNCTIONS.includes(found.forwardMode) && (found.parents ?? []).includes(name)
  );
}

/** Sentences about interfaces that are on another NUMA node than the VM (R172). */
export function misaligned(
  vm: Pick<TiedVm, "name" | "cpus" | "memoryNodes"> & Attached,
  nodes: readonly HostNode[],
  devices: readonly Device[],
  networks: readonly VirtualNetwork[],
): string[] {
  const home = [...weightsOf(vm, nodes).keys()];
  if (home.length === 0) return [];
  return (vm.attachments ?? []).flatMap((attachment) => {
    const behind = cardsOf(attachment, devices, networks);
    const away = behind.filter(({ numaNode }) => numaNode !== undefined && !home.includes(numaNode));
    if (away.length === 0) return [];
    const where = away.map(({ name, numaNode }) => `${name} of node ${numaNode}`).join(", ");
    return [
      `VM "${vm.name}" is on NUMA node ${home.join(", ")}, and its interface ${attachment.name} is on ${where}`,
    ];
  });
}

/** The cards that an interface's traffic goes through: below its bridge, its bond, its network's parent. */
function cardsOf(
  { network, device }: Attachment,
  devices: readonly Device[],
  networks: readonly VirtualNetwork[],
): Device[] {
  const found = networks.find(({ name }) => name === network);
  const tops = device !== undefined ? [device] : [...(found?.parents ?? []), found?.bridge ?? ""];
  const seen = new Set<string>();
  const below = (name: string): Device[] => {
    if (seen.has(name)) return [];
    seen.add(name);
    const one = devices.find((each) => each.name === name || (each.functions ?? []).includes(name));
    if (one === undefined) return [];
    return one.ports.length === 0 ? [one] : one.ports.flatMap(below);
  };
  return tops.flatMap(below);
}
