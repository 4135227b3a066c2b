import { grows } from "../../../capacity/books";
import type { HostDriver, NamedVmSpec, ObservedVm, VmSummary } from "../../../driver/contract";
import { DriverError } from "../../../driver/errors";
import { sameHost } from "../../../schema/table/common";
import type { VmSpec } from "../../../schema/vm";
import type { Plain } from "../../engine/state";
import type { Ledger } from "../../host/ledger";
import { Refused } from "../../host/reservations";
import { claimOf, words, type Sizes } from "../plan/admission";

/** How a VM comes to be what it is wanted to be. */
export interface Making {
  /** The name of one that is made anew. */
  readonly called?: string;
  /** The VM as it was, where it is there. */
  find?(vms: readonly VmSummary[]): VmSummary | undefined;
  /**
   * `defined` may be called when the host counts the VM already: then the second look need not wait for the rest of it. `member` is
   * the one of a cluster that has room for it, where not all have.
   */
  make(defined: () => void, member?: string): Promise<ObservedVm>;
  /** Makes it what it was before: gone, or as small. */
  undo(made: ObservedVm, before: VmSummary | undefined): Promise<void>;
}

/** Makes a VM within the limits of its host: the room is taken first, and looked at again when the VM is there. */
export async function withinLimits(spec: VmSpec, ledger: Ledger, making: Making): Promise<ObservedVm> {
  const { host } = spec;
  const claim = claimOf(spec);
  try {
    const room = await ledger.room.take(claim, host, (vms) => making.find?.(vms), making.called);
    try {
      const made = await making.make(() => room.look(), room.member);
      const asked = room.before === undefined || grows(claim, room.before, host.overcommitScope);
      if (asked) await room.confirm(made.id, () => making.undo(made, room.before));
      const { id, name, member: target } = made;
      ledger.guests.made(id, name, target === undefined ? claim : { ...claim, target }, room.before);
      return made;
    } finally {
      room.release();
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new DriverError(words(error.judgement, host), { code: "no-capacity" });
  }
}

/** Whether an update makes the VM larger or takes it elsewhere, by what the program says: only then is the host asked. */
export function growsBy(spec: VmSpec, olds: Plain): boolean {
  if (!sameHost(olds["host"], spec.host)) return true;
  if (spec.target !== undefined && spec.target !== olds["target"]) return true;
  const before = claimOf(olds as Sizes);
  const { cores = 0, memoryMiB = 0 } = before;
  const was = { ...before, cores, memoryMiB, id: "", state: before.stopped === true ? "stopped" : "running" };
  const hidden = spec.host.overcommitScope === "running" && before.stopped === undefined;
  return hidden || grows(claimOf(spec), was, spec.host.overcommitScope);
}

/** As large as it was; what else of it has changed is put right by the next run. */
export async function shrinkBack(
  { vms }: HostDriver,
  id: string,
  spec: NamedVmSpec,
  before?: VmSummary,
): Promise<void> {
  if (before === undefined) return;
  const { cores, memoryMiB: memory } = before;
  await vms.change(id, { ...spec, ...sizesOf(spec, cores, memory) }, { owner: spec.owner });
}

/** The sizes of a VM that may grow to this much and no more; within that it is what the program says. */
export function sizesOf(
  { cores, memory }: Pick<VmSpec, "cores" | "memory">,
  maxCores: number,
  maxMemory: number,
): Pick<VmSpec, "cores" | "maxCores" | "memory" | "maxMemory"> {
  return {
    cores: Math.min(cores ?? maxCores, maxCores),
    maxCores,
    memory: Math.min(memory ?? maxMemory, maxMemory),
    maxMemory,
  };
}
