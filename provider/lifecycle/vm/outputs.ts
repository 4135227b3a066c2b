import type { DiskVolume, InterfaceAddresses, ObservedVm } from "../../driver/contract";
import { isAdopted } from "../../schema/table/adopted";
import { vmFields, type VmSpec } from "../../schema/vm";
import { inputsOf, isPlain, STATE_VERSION, type Plain } from "../engine/state";
import { foundIn } from "./adoption";
import { ofFamily, waitOf } from "./guest/address";

/** The inputs with what the host has told: where disks are, which addresses the guest has, what waits for a restart. */
export function outsOf(
  spec: VmSpec,
  observed: ObservedVm,
  addresses: readonly InterfaceAddresses[] = [],
): Plain {
  const byMac = new Map(addresses.map((found) => [found.mac, found.addresses]));
  const interfaces = (spec.interfaces ?? []).map((item) => ({
    ...item,
    addresses: byMac.get(item.mac ?? "") ?? [],
  }));
  const disks = (spec.disks ?? []).map((item) => ({ ...item, ...diskOuts(observed.volumes[item.name]) }));
  const all = interfaces.flatMap((item) => item.addresses);
  const family = waitOf(spec)?.family ?? "any";
  const best = all.find((address) => ofFamily(address, family === "any" ? "ipv4" : family)) ?? all[0];
  return {
    ...inputsOf(vmFields, spec as unknown as Plain),
    name: observed.name,
    uuid: observed.id,
    interfaces,
    disks,
    address: best,
    restartRequired: observed.restartRequired,
    ...(isAdopted(spec) ? { asFound: foundIn(observed, spec as unknown as Plain) } : {}),
    stateVersion: STATE_VERSION,
  };
}

/** Where the image of a disk is. */
export function diskOuts({ pool, volume, path, serial }: Partial<DiskVolume> = {}): Plain {
  return {
    location: path ?? (pool === undefined ? undefined : `${pool}/${volume}`),
    inPool: pool,
    ...(serial === undefined ? {} : { serial }),
  };
}

/** The addresses that stand in the outputs already. */
export function previousAddresses(outs: Plain): readonly InterfaceAddresses[] {
  const interfaces = Array.isArray(outs["interfaces"]) ? outs["interfaces"].filter(isPlain) : [];
  return interfaces.flatMap(({ mac, addresses }) =>
    typeof mac === "string" && Array.isArray(addresses) && addresses.length > 0
      ? [{ mac, addresses: addresses as string[] }]
      : [],
  );
}
