import type { HostDriver, NamedVmSpec, ObservedVm, Ownership, VmCreation } from "../../../driver/contract";
import { hasCode } from "../../../driver/errors";
import { adoptedAs, isAdopted } from "../../../schema/table/adopted";
import type { VmSpec } from "../../../schema/vm";
import type { Ledger } from "../../host/ledger";
import type { Context, Made } from "../../kind/handler";
import { autoName } from "../../kind/naming";
import { notThere } from "../../kind/ensure";
import { isAnother, otherUuid } from "../adoption";
import { sendImages } from "../plan/image";
import { refuseUnattached } from "../plan/networks";
import { refuseUntied } from "../plan/numa";
import { finish } from "./finish";
import { shrinkBack, withinLimits } from "./limits";
import { makeVm } from "./make";
import { proveStart, setPower, shutdownRules } from "./power";

export async function createVm(spec: VmSpec, context: Context): Promise<Made> {
  refuseUnattached(spec);
  refuseUntied(spec);
  await sendImages(spec, context);
  const observed = await context.act(spec.host, (driver) => create(driver, spec, context.ledger(spec.host)));
  return finish(spec, observed, context);
}

/** Counted against the limits of the host before it is started; where only running VMs count, when it runs. */
async function create(driver: HostDriver, spec: VmSpec, ledger: Ledger): Promise<ObservedVm> {
  const adopted = isAdopted(spec);
  const named = adoptedAs(spec, spec.name);
  const late = spec.host.overcommitScope === "running";
  // One that a run which was cut off has made may have run since: whatever fails now, it stays with all that it holds.
  let stays = adopted;
  // Nor does anything go that was there before the VM.
  let kept: readonly string[] = [];
  const takeAway = (id: string): Promise<void> => driver.vms.remove(id, { kept });
  const made = await withinLimits(spec, ledger, {
    ...(adopted ? {} : { called: spec.name ?? autoName(spec.owner) }),
    find: (vms) => (adopted ? vms.find(({ id, name }) => id === named || name === named) : undefined),
    async make(defined, member) {
      const wasThere = (): void => void (stays = true);
      const older = (volumes: readonly string[]): void => void (kept = volumes);
      const placed = member === undefined || adopted ? spec : { ...spec, target: member };
      const one = await ensure(driver, placed, { wasThere, older, ...(late ? {} : { defined }) });
      if (late) await firstStart(driver, spec, one, stays ? undefined : takeAway);
      return one;
    },
    undo: async ({ id, name }, before) =>
      stays ? shrinkBack(driver, id, { ...spec, name }, before) : takeAway(id),
  });
  try {
    if (!late) await firstStart(driver, spec, made, stays ? undefined : takeAway);
  } catch (error) {
    if (!stays) ledger.guests.gone(made.id);
    throw error;
  }
  return made;
}

/** Observe, ensure, sync: one flow for making, adopting and completing. */
async function ensure(
  { vms }: HostDriver,
  spec: VmSpec,
  told: Omit<VmCreation, keyof Ownership>,
): Promise<ObservedVm> {
  const named: NamedVmSpec = { ...spec, name: spec.name ?? autoName(spec.owner) };
  const wanted = adoptedAs(spec, named.name);
  if (wanted === undefined) return makeVm(vms, named, told);
  const found = await vms.find(wanted);
  if (found === undefined) throw notThere("VM", wanted);
  if (isAnother(found, spec.uuid)) throw otherUuid(found);
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
  const adopted = isAdopted(spec);
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
