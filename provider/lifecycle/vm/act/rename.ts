import type { HostDriver, NamedVmSpec, ObservedVm } from "../../../driver/contract";
import { isDriverError } from "../../../driver/errors";
import { sameHost } from "../../../schema/table/common";
import type { HostConnection } from "../../../schema/address/connection";
import { refuseAnothers } from "../../../driver/refusals";
import { ownedSince } from "../../kind/anothers";
import type { Complaint } from "../../../schema/table/gate";
import { hasUnknown } from "../../../schema/table/unknown";
import { notThere } from "../../kind/ensure";
import { nameIn } from "../../kind/inputs";
import type { Context } from "../../kind/handler";
import type { Plain } from "../../engine/state";
import { wayOf } from "./member";
import { moves } from "./move";
import { isOn } from "./power";
import { unstarted } from "./restart";
import { mayStop, STOP_IT, type Pause } from "./whileOff";

/** Why a VM cannot have its new name, before anything is changed. A host that does not answer has nothing to say. */
export async function renameComplaints(
  news: Plain,
  olds: Plain,
  context: Context,
): Promise<readonly Complaint[]> {
  const [before, after] = [nameIn(olds), nameIn(news)];
  if (before === undefined || after === undefined || before === after || hasUnknown(news["host"])) return [];
  const because = (why: string): readonly Complaint[] => [
    { path: ["name"], message: `cannot change from "${before}" to "${after}" ${why}` },
  ];
  if (moves(news, olds)) return because("together with `host`: rename the VM in a run of its own");
  if (!sameHost(olds["host"], news["host"])) return [];
  try {
    return await context.observe(news["host"] as HostConnection, async ({ vms }) => {
      const [now, other] = await Promise.all([vms.find(before), vms.find(after)]);
      // A run that was cut off has renamed it already.
      if (other?.owner === news["owner"]) return [];
      if (other !== undefined) return because("while another VM of the host has that name");
      if (now === undefined || now.owner !== news["owner"]) return [];
      if (isOn(now.state) && !mayStop(news)) return because(`while it runs: ${STOP_IT}`);
      const held = await vms.nameHeld?.(now.id);
      return held === undefined ? [] : because(`in place: ${held}`);
    });
  } catch (error) {
    if (!isDriverError(error)) throw error;
    return [];
  }
}

/**
 * Changes a VM that may get another name, or go to another member of its cluster: one that runs is off meanwhile, where the program
 * lets it, and runs again whatever comes of it.
 */
export async function renaming(
  driver: HostDriver,
  { id, spec, olds, pause }: Renaming,
  change: (wanted: NamedVmSpec) => Promise<ObservedVm>,
): Promise<ObservedVm> {
  const way = await wayOf(driver, id, spec, olds);
  const now = nameIn(olds) === spec.name && !way.off ? undefined : await driver.vms.find(id);
  refuseAnothers("VM", spec.name, now?.owner, ownedSince(olds, { ...spec }));
  if (now !== undefined && (way.off || now.name !== spec.name)) await pause.begin(driver, now.state);
  let changed: ObservedVm;
  try {
    changed = await change(way.spec);
  } catch (error) {
    await pause.end(driver).catch(() => undefined);
    throw error;
  }
  try {
    if (!(await pause.end(driver))) return changed;
  } catch (error) {
    throw await unstarted(error, driver, id, spec, olds);
  }
  const after = await driver.vms.find(id);
  if (after === undefined) throw notThere("VM", id);
  return after;
}

interface Renaming {
  readonly id: string;
  readonly spec: NamedVmSpec;
  readonly olds: Plain;
  readonly pause: Pause;
}
