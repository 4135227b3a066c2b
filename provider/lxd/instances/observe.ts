import type { ObservedVm, PowerState, VmSummary } from "../../driver/contract";
import type { VmSpec } from "../../schema/vm";
import { at, type LxdClient } from "../api/client";
import { given } from "../common";
import { OWN, type Devices, type Instance, type Volume } from "../objects";
import { coresOf, memoryOf, specOfConfig } from "./config";
import { disksIn, interfacesIn, isRoot } from "./devices";
import { idOf } from "./find";
import { afterStart, pendingFields } from "./pending";

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
    ...given({ owner: instance.config[OWN.owner] }),
  };
}

/** The instance in the table's words: with what its profiles add, and with what waits for its next start. */
export async function observe(client: LxdClient, instance: Instance): Promise<ObservedVm> {
  const next = afterStart(instance);
  const config = { ...instance.expanded_config, ...next.config };
  const devices = { ...profileDevices(instance), ...next.devices };
  const { disks, behind } = disksIn(devices, instance, await volumesBehind(client, devices));
  const state = stateOf(instance);
  return {
    id: idOf(instance),
    name: instance.name,
    ...given({ owner: instance.config[OWN.owner] }),
    state,
    persistent: !instance.ephemeral,
    restartRequired: state === "stopped" ? [] : pendingFields(instance),
    volumes: behind,
    spec: {
      ...specOfConfig(config),
      description: instance.description === "" ? undefined : instance.description,
      instanceType: instance.type,
      profiles: [...(instance.profiles ?? [])],
      disks,
      interfaces: interfacesIn(devices, instance.config),
    } as Partial<VmSpec>,
  };
}

/** Devices that come from profiles and are not overridden. */
function profileDevices({ devices, expanded_devices: expanded = {} }: Instance): Devices {
  return Object.fromEntries(Object.entries(expanded).filter(([name]) => devices[name] === undefined));
}

async function volumesBehind(client: LxdClient, devices: Devices): Promise<ReadonlyMap<string, Volume>> {
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
      const volume = await client.find<Volume>(at("storage-pools", pool, "volumes", "custom", name));
      return volume && ([`${pool}/${name}`, volume.value] as const);
    }),
  );
  return new Map(found.filter((entry) => entry !== undefined));
}
