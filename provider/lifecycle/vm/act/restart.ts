import type { HostDriver, NamedVmSpec, ObservedVm } from "../../../driver/contract";
import { hasCode, isDriverError } from "../../../driver/errors";
import { vmFields, type VmSpec } from "../../../schema/vm";
import { notThere } from "../../kind/ensure";
import { inputsOf, type Plain } from "../../engine/state";
import { emptiedDrives } from "../drives";
import type { Pause } from "./whileOff";

/** The program may allow restarts that are needed, and ask for one. */
export function mustRestart(spec: VmSpec, olds: Plain, { restartRequired }: ObservedVm): boolean {
  if (spec.running === false || spec.running === "saved") return false;
  if (spec.restart === "ifNeeded" && restartRequired.length > 0) return true;
  return spec.restartTrigger !== undefined && spec.restartTrigger !== olds["restartTrigger"];
}

/** A guest that does not start with the change runs again without it, and the change is refused. */
export async function restarted(
  driver: HostDriver,
  { id }: ObservedVm,
  spec: NamedVmSpec,
  olds: Plain,
  pause: Pause,
): Promise<ObservedVm> {
  await pause.stop(driver, await driver.vms.state(id));
  try {
    await pause.end(driver);
  } catch (error) {
    throw await unstarted(error, driver, id, spec, olds);
  }
  const after = await driver.vms.find(id);
  if (after === undefined) throw notThere("VM", id);
  return after;
}

/** What is told of a start that has failed after a change: the VM has its old definition again, if it can be helped. */
export async function unstarted(
  error: unknown,
  driver: HostDriver,
  id: string,
  spec: NamedVmSpec,
  olds: Plain,
): Promise<unknown> {
  if (!isDriverError(error) || hasCode(error, "connection-lost", "unreachable", "timeout")) return error;
  return error.advising(await asItWas(driver, id, spec, olds));
}

/** What has become of the VM, in a sentence. */
async function asItWas({ vms }: HostDriver, id: string, spec: NamedVmSpec, olds: Plain): Promise<string> {
  const { host, name, owner, running } = spec;
  const before = { ...inputsOf(vmFields, olds), host, name, owner } as unknown as NamedVmSpec;
  const emptied = emptiedDrives(olds, spec as unknown as Plain);
  try {
    await vms.change(id, before, { owner, emptied });
    await vms.start(id, { paused: running === "paused" });
    await vms.noteStop(id, undefined).catch(() => undefined);
    return "The VM has its old definition again, and was started with it.";
  } catch (error) {
    if (!isDriverError(error)) throw error;
    return `The VM is off: its old definition could not be started again either (${error.message}).`;
  }
}
