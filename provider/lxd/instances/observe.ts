import type { ObservedVm, PowerState, VmAttachment, VmSummary } from "../../driver/contract";
import { numbersIn } from "../../schema/vm/cpuset";
import type { VmSpec } from "../../schema/vm";
import { given } from "../common";
import { memberIn } from "../members";
import { OWN, type Config, type Devices, type Instance, type Volume } from "../objects";
import { coresOf, listIn, memoryOf, pinnedTo, specOfConfig } from "./config";
import { deviceKeysIn } from "./devices/keys";
import { disksIn, isRoot } from "./devices/disk";
import { idOf } from "./find";
import { interruptedIn } from "./interrupted";
import { interfacesIn } from "./devices/nic";
import { firmwareIn } from "./config/serverKeys";
import { otherDevicesIn } from "./devices/others";
import { afterStart, pendingFields } from "./config/pending";

const STATES: Readonly<Record<string, PowerState>> = {
  Running: "running",
  Ready: "running",
  Starting: "running",
  Stopping: "running",
  Thawed: "running",
  Freezing: "paused",
  Frozen: "paused",
  Error: "crashed",
  Aborting: "crashed",
};

export function stateOf({ status }: Pick<Instance, "status">): PowerState {
  return STATES[status] ?? "stopped";
}

export function summaryOf(instance: Instance, hostMiB?: number): VmSummary {
  const config = instance.expanded_config ?? instance.config;
  return {
    id: idOf(instance),
    name: instance.name,
    state: stateOf(instance),
    cores: coresOf(config),
    memoryMiB: memoryOf(config, hostMiB),
    ...placeOf(config),
    attachments: attachmentsIn(instance.expanded_devices ?? instance.devices),
    ...given({
      owner: instance.config[OWN.owner],
      tags: config[OWN.tags] === undefined ? undefined : listIn(config[OWN.tags]),
      project: instance.project,
      member: memberIn(instance),
    }),
  };
}

/** Which of the host's CPUs, nodes and pages it has. */
function placeOf(config: Config): Partial<VmSummary> {
  const cpus = pinnedTo(config);
  return given({
    pinnedCores: cpus,
    cpus,
    memoryNodes: numbersIn(config["limits.cpu.nodes"] ?? ""),
    hugepages: config["limits.memory.hugepages"] === "true" ? true : undefined,
  });
}

function attachmentsIn(devices: Devices): readonly VmAttachment[] {
  return Object.entries(devices).flatMap(([name, device]): VmAttachment[] => {
    if (device["type"] !== "nic") return [];
    const { network, parent, nictype } = device;
    return [
      {
        name,
        ...given({ network, device: network === undefined ? parent : undefined }),
        ...(nictype === "sriov" ? { sriov: true } : {}),
        ...(nictype === "macvlan" ? { macvlanMode: "bridge" } : {}),
      },
    ];
  });
}

/** The instance in the table's words: with what its profiles add, and with what waits for its next start. */
export async function observe(instance: Instance, volumeOf: VolumeOf): Promise<ObservedVm> {
  const next = afterStart(instance);
  const config = { ...instance.expanded_config, ...next.config };
  const devices = { ...profileDevices(instance), ...next.devices };
  const { disks, behind } = disksIn(devices, instance, await volumesBehind(devices, volumeOf));
  const state = stateOf(instance);
  return {
    id: idOf(instance),
    name: instance.name,
    ...given({
      owner: instance.config[OWN.owner],
      member: memberIn(instance),
      interrupted: interruptedIn(instance, state !== "stopped"),
    }),
    state,
    persistent: !instance.ephemeral,
    restartRequired: state === "stopped" ? [] : pendingFields(instance),
    volumes: behind,
    spec: {
      ...specOfConfig(config),
      ...(instance.type === "container" ? {} : { firmware: firmwareIn(config) }),
      description: instance.description === "" ? undefined : instance.description,
      instanceType: instance.type,
      profiles: [...(instance.profiles ?? [])],
      disks,
      interfaces: interfacesIn(devices, instance.config, deviceKeysIn(next.config)),
      ...otherDevicesIn(devices, next.config),
    } as Partial<VmSpec>,
  };
}

/** Devices that come from profiles and are not overridden. */
function profileDevices({ devices, expanded_devices: expanded = {} }: Instance): Devices {
  return Object.fromEntries(Object.entries(expanded).filter(([name]) => devices[name] === undefined));
}

/** A custom volume as the host has it. */
export type VolumeOf = (pool: string, name: string) => Promise<Volume | undefined>;

async function volumesBehind(devices: Devices, volumeOf: VolumeOf): Promise<ReadonlyMap<string, Volume>> {
  const places = Object.values(devices).flatMap((device) =>
    device["type"] === "disk" &&
    !isRoot(device) &&
    device["pool"] !== undefined &&
    device["source"] !== undefined
      ? [[device["pool"], device["source"]] as const]
      : [],
  );
  const found = await Promise.all(
    places.map(async ([pool, name]) => {
      const volume = await volumeOf(pool, name);
      return volume && ([`${pool}/${name}`, volume] as const);
    }),
  );
  return new Map(found.filter((entry) => entry !== undefined));
}
