import type {
  HostDriver,
  NamedVmSpec,
  ObservedVm,
  Ownership,
  VmCreation,
  VmSummary,
} from "../../../driver/contract";
import { hasCode } from "../../../driver/errors";
import type { VmSpec } from "../../../schema/vm";
import type { Ledger } from "../../host/ledger";
import { autoName } from "../../kind/naming";
import { notThere } from "../../kind/simple";
import { sizesOf, withinLimits } from "../plan/admission";
import { makeVm } from "./making";
import { proveStart, setPower, shutdownRules } from "./power";

/** Counted against the limits of the host before it is started; where only running VMs count, when it runs. */
export async function createVm(driver: HostDriver, spec: VmSpec, ledger: Ledger): Promise<ObservedVm> {
  const { adopt, host } = spec;
  const named = adopt === true ? spec.name : adopt;
  const adopted = adopt !== undefined && adopt !== false;
  const late = host.overcommitScope === "running";
  // One that a run which was cut off has made may have run since: whatever fails now, it stays with all that it holds.
  let stays = adopted;
  // Nor does anything go that was there before the VM.
  let kept: readonly string[] = [];
  const takeAway = (id: string): Promise<void> => driver.vms.remove(id, { kept });
  const made = await withinLimits(spec, ledger, {
    ...(adopted ? {} : { called: spec.name ?? autoName(spec.owner) }),
    find: (vms) => (adopted ? vms.find(({ id, name }) => id === named || name === named) : undefined),
    async make(defined) {
      const wasThere = (): void => void (stays = true);
      const older = (volumes: readonly string[]): void => void (kept = volumes);
      const one = await ensureVm(driver, spec, { wasThere, older, ...(late ? {} : { defined }) });
      if (late) await firstStart(driver, spec, one, stays ? undefined : takeAway);
      return one;
    },
    undo: async ({ id, name }, before) =>
      stays ? shrinkBack(driver, id, { ...spec, name }, before) : takeAway(id),
  });
  try {
    if (!late) await firstStart(driver, spec, made, stays ? undefined : takeAway);
  } catch (error) {
    if (!stays) ledger.gone(made.id);
    throw error;
  }
  return made;
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

/** Observe, ensure, sync: one flow for making, adopting and completing. */
async function ensureVm(
  { vms }: HostDriver,
  spec: VmSpec,
  told: Omit<VmCreation, keyof Ownership>,
): Promise<ObservedVm> {
  const named: NamedVmSpec = { ...spec, name: spec.name ?? autoName(spec.owner) };
  if (spec.adopt === undefined || spec.adopt === false) return makeVm(vms, named, told);
  const wanted = spec.adopt === true ? named.name : spec.adopt;
  const found = await vms.find(wanted);
  if (found === undefined) throw notThere("VM", wanted);
  return vms.change(found.id, { ...named, name: found.name }, { owner: spec.owner });
}

/** A VM that does not start is taken away again: nothing half-made stays on the host. One that was there is left alone. */
async function firstStart(
  driver: HostDriver,
  spec: VmSpec,
  { id, state }: ObservedVm,
  takeAway: ((id: string) => Promise<void>) | undefined,
): Promise<void> {
  const stays = takeAway === undefined;
  const adopted = spec.adopt !== undefined && spec.adopt !== false;
  const wanted = spec.running ?? (adopted ? undefined : true);
  try {
    const off = !adopted && (wanted === false || wanted === "saved");
    // A guest that was there may have memory to lose, unless a proof that was cut off has left it paused.
    if (off && (!stays || (await driver.vms.state(id)) === "paused"))
      await proveStart(driver, id, !stays && (spec.validateStart ?? true));
    else await setPower(driver, id, wanted, shutdownRules(spec), state);
  } catch (error) {
    if (!stays && !hasCode(error, "connection-lost", "unreachable", "busy"))
      await takeAway(id).catch(() => undefined);
    throw error;
  }
}
