import type { NamedVmSpec } from "../../../driver/contract";
import type { VmSpec } from "../../../schema/vm";
import { OWN, type Devices, type Instance } from "../../objects";
import { listIn } from "../config";

const TPM = "vmhost-tpm";

/** What is neither a disk nor an interface. */
export function otherDevices({ tpm, devices }: NamedVmSpec, type: Instance["type"]): Devices {
  return {
    ...(tpm === undefined
      ? {}
      : { [TPM]: { type: "tpm", ...(type === "container" ? { path: "/dev/tpm0" } : {}) } }),
    ...devices,
  };
}

/** The same of an instance, in the table's words. */
export function otherDevicesIn(devices: Devices, config: Instance["config"]): Partial<VmSpec> {
  const named = listIn(config[OWN.devices]).flatMap((name) => {
    const device = devices[name];
    const listed = device === undefined || ["disk", "nic"].includes(device["type"] ?? "") || name === TPM;
    return listed ? [] : [[name, device] as const];
  });
  return {
    tpm: Object.values(devices).some(({ type }) => type === "tpm")
      ? ({ type: "emulator" } as VmSpec["tpm"])
      : undefined,
    devices: named.length === 0 ? undefined : Object.fromEntries(named),
  } as Partial<VmSpec>;
}
