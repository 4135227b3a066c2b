import { DriverError } from "../../driver/errors";
import { hostFields, type HostConnection } from "../../schema/address/connection";
import { kindOf } from "../../schema/address/hostKind";
import { host as hostField } from "../../schema/table/common";
import type { HostKind } from "../../schema/table/field";
import { isUnknown } from "../../schema/table/unknown";
import type { Change } from "../engine/diff";
import { hostDefaults } from "../engine/leanHost";
import { inputsOf, isPlain, type Plain } from "../engine/state";

/** The name that an object goes by now; a `get` has none yet. */
export function nameIn({ name }: Plain): string | undefined {
  return typeof name === "string" && !isUnknown(name) ? name : undefined;
}

/** Whether changes are in one of these inputs. */
export function touches(changes: readonly Change[], ...names: readonly string[]): boolean {
  return changes.some(({ path: [first] }) => names.includes(String(first)));
}

/** Which kind of host the inputs name; a host that is not known yet counts as libvirt's. */
export function hostKindIn({ host }: Plain): HostKind {
  const address = typeof host === "string" ? host : isPlain(host) ? host["address"] : undefined;
  return typeof address === "string" && !isUnknown(address) ? kindOf(address) : "libvirt";
}

/**
 * The host of an object in state: what the gate has let pass once, with the defaults of fields that are newer than the state. A
 * `get` carries it as its only input, as the program wrote it: no check has run.
 */
export function hostIn(outs: Plain): HostConnection {
  const { host, stateVersion } = outs;
  if (stateVersion !== undefined && isPlain(host))
    return { ...hostDefaults(), ...inputsOf(hostFields, host) } as HostConnection;
  const result = hostField.type.safeParse(outs["host"]);
  if (result.success) return result.data as HostConnection;
  const complaints = result.error.issues.map(
    ({ path, message }) => `${["host", ...path].join(".")} ${message}`,
  );
  throw new DriverError(complaints.join("; "), { code: "invalid-argument", operation: "find the host" });
}

/** `Vm.get(name, "kvm1/uuid-or-name")`: the part in front of the slash is for people. */
export function lookupId(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}
