import type { HostDriver, NamedVmSpec, ObservedVm } from "../../../driver/contract";
import type { VmSpec } from "../../../schema/vm";
import { hasCode } from "../../../driver/errors";
import { explain, HalfDone, hostLabel } from "../../engine/explain";
import type { Plain } from "../../engine/state";
import { ownedSince } from "../../kind/anothers";
import type { Context, Made } from "../../kind/handler";
import { emptiedDrives } from "../drives";
import { refuseUnattached } from "../plan/networks";
import { refuseUntied } from "../plan/numa";
import { finish } from "./finish";
import { growsBy, shrinkBack, withinLimits } from "./limits";
import { movedVm, movesFrom } from "./move";
import { leftToDo } from "../interrupted";
import { setPower, shutdownRules } from "./power";
import { renaming } from "./rename";
import { mustRestart, restarted } from "./restart";
import { Pause } from "./whileOff";

/** A member of a cluster that the program has named before says nothing of where the VM is by now: it may have been evacuated. */
function whereItIs(spec: VmSpec, { target }: Plain): VmSpec {
  return spec.target === target ? { ...spec, target: undefined } : spec;
}

/** Brings the VM to the spec, on another host where that says so; within the limits of the host where it grows. */
export async function updateVm(id: string, spec: VmSpec, olds: Plain, context: Context): Promise<Made> {
  refuseUnattached(spec);
  refuseUntied(spec);
  const named: NamedVmSpec = { ...spec, name: String(spec.name) };
  const pause = new Pause(id, named);
  const change = async (driver: HostDriver): Promise<ObservedVm> => {
    const emptied = emptiedDrives(spec as unknown as Plain, olds);
    const changed = await renaming(driver, { id, spec: named, olds, pause }, (wanted) =>
      driver.vms.change(id, wanted, { ...ownedSince(olds, { ...spec }), emptied }),
    );
    // A creation that got no further than this object is completed first, and a restart that got no further than the stop.
    const left = leftToDo(changed) ?? (olds["unfinished"] === true ? true : undefined);
    await setPower(driver, id, spec.running ?? left, shutdownRules(spec), changed.state);
    if (changed.interrupted !== undefined) await driver.vms.noteStop(id, undefined);
    if (leftToDo(changed) !== undefined) return changed;
    return mustRestart(spec, olds, changed) ? restarted(driver, changed, named, olds, pause) : changed;
  };
  const here = (driver: HostDriver): Promise<ObservedVm> =>
    growsBy(spec, olds)
      ? withinLimits(whereItIs(spec, olds), context.ledger(spec.host), {
          find: (vms) => vms.find((vm) => vm.id === id),
          make: () => change(driver),
          undo: (_made, before) => shrinkBack(driver, id, named, before),
        })
      : change(driver);
  const from = movesFrom(spec, olds);
  try {
    const observed = await (from === undefined
      ? context.act(spec.host, here)
      : movedVm({ id, from, to: named, olds, pause }, context, change));
    return await finish(spec, observed, context, olds);
  } catch (error) {
    if (!pause.open || !hasCode(error, "connection-lost", "unreachable", "busy")) throw error;
    // Nobody has started it again: the next run does.
    throw new HalfDone(id, { ...olds, unfinished: true }, [explain(error, hostLabel(spec.host))]);
  }
}
