import { objectOf, type Rule } from "../../../provider/schema/table/gate";
import type { Fields } from "../../../provider/schema/table/field";
import { libvirtNetworkFields, libvirtNetworkRules } from "../../../provider/schema/libvirtNetwork";
import { lxdNetworkFields, lxdNetworkRules } from "../../../provider/schema/lxdNetwork";
import { lxdProjectFields, lxdProjectRules } from "../../../provider/schema/lxdProject";
import { storagePoolFields, storagePoolRules } from "../../../provider/schema/storagePool";
import { storageVolumeFields, storageVolumeRules } from "../../../provider/schema/storageVolume";
import { vmFields, vmRules } from "../../../provider/schema/vm";
import { vmHostFields, vmHostRules } from "../../../provider/schema/vmHost";

export type Plain = Record<string, unknown>;

const GATES = {
  VmHost: objectOf(vmHostFields, vmHostRules),
  LibvirtNetwork: objectOf(libvirtNetworkFields, libvirtNetworkRules),
  LxdNetwork: objectOf(lxdNetworkFields, lxdNetworkRules),
  LxdProject: objectOf(lxdProjectFields, lxdProjectRules),
  StoragePool: objectOf(storagePoolFields, storagePoolRules),
  StorageVolume: objectOf(storageVolumeFields, storageVolumeRules),
  Vm: objectOf(vmFields, vmRules),
};

/** What every object on a host has. */
const ON_HOST: Plain = { host: "qemu:///system", owner: "project/stack/Kind/name" };

/** Every complaint about the input as `path: message`, in the order in which they came; none means it passed. */
export function complaints(kind: keyof typeof GATES, input: Plain): string[] {
  const result = GATES[kind].safeParse(kind === "VmHost" ? input : { ...ON_HOST, ...input });
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

/** The normalised input; throws when it is refused. */
export function passed(kind: keyof typeof GATES, input: Plain): Plain {
  return GATES[kind].parse(kind === "VmHost" ? input : { ...ON_HOST, ...input }) as Plain;
}

/** The same for a table of the test's own. */
export function complaintsOf<F extends Fields>(
  fields: F,
  input: unknown,
  rules: readonly Rule<F>[] = [],
): string[] {
  const result = objectOf(fields, rules).safeParse(input);
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}
