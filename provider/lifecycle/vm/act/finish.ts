import type { ObservedVm } from "../../../driver/contract";
import type { VmSpec } from "../../../schema/vm";
import { explain, HalfDone, hostLabel } from "../../engine/explain";
import type { Plain } from "../../engine/state";
import type { Context, Made } from "../../kind/handler";
import { waitingFor } from "../../status/sharedLine";
import { GuestWork } from "../guest";
import { waitForAddress, waitOf } from "../guest/address";
import { outsOf, previousAddresses } from "../outputs";

/** Waits for what the program wants to wait for, and brings the inside of it up to date; the VM stays in state whatever comes of it. */
export async function finish(
  spec: VmSpec,
  observed: ObservedVm,
  context: Context,
  olds: Plain = {},
): Promise<Made> {
  const work = new GuestWork(spec, olds);
  const asked = waitOf(spec);
  let addresses = asked === undefined ? [] : previousAddresses(olds);
  const outs = (): Plain => ({ ...outsOf(spec, observed, addresses), ...work.outs });
  const wait = spec.running === undefined || spec.running === true ? asked : undefined;
  const updating = olds["uuid"] !== undefined && olds["unfinished"] !== true;
  const { id, name } = observed;
  try {
    if (wait !== undefined)
      addresses = await context.observe(spec.host, async (driver) => {
        // A VM whose power is not ours may well be off when something else of it changes.
        if (updating && (await driver.vms.state(id)) !== "running") return [];
        return waitingFor(`the address of ${name}`, wait.timeoutSeconds, () =>
          waitForAddress(driver, id, macsOf(spec), wait),
        );
      });
    if (work.wanted) await context.observe(spec.host, (driver) => work.bring(driver, id, name, updating));
    return { id, outs: outs() };
  } catch (error) {
    throw new HalfDone(id, { ...outs(), unfinished: true }, [explain(error, hostLabel(spec.host))]);
  }
}

function macsOf(spec: VmSpec): string[] {
  return (spec.interfaces ?? []).flatMap(({ mac }) => mac ?? []);
}
