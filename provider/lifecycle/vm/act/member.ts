import type { HostDriver, NamedVmSpec, Toward } from "../../../driver/contract";
import type { Complaint } from "../../../schema/table/gate";
import { hasUnknown } from "../../../schema/table/unknown";
import { hostLabel } from "../../engine/explain";
import { warn } from "../../../driver/warn";
import type { Context } from "../../kind/handler";
import { answered } from "../../host/asked";
import { nameIn } from "../../kind/inputs";
import type { Plain } from "../../engine/state";
import { isOn } from "./power";
import { mayStop, STOP_IT } from "./whileOff";

/** Why the VM cannot come to the member of a cluster that the program names now. A host that does not answer has nothing to say. */
export async function memberComplaints(
  news: Plain,
  olds: Plain,
  context: Context,
): Promise<readonly Complaint[]> {
  const { target, owner } = news;
  if (typeof target !== "string" || target === olds["target"] || hasUnknown(news["host"])) return [];
  const because = (why: string): readonly Complaint[] => [{ path: ["target"], message: why }];
  const told = await answered(news, context, async ({ vms }) => {
    const now = nameIn(olds) === undefined ? undefined : await vms.find(String(olds["name"]));
    const mine = now?.owner === owner ? now : undefined;
    const way = await vms.toward?.(target, mine?.id);
    if (way?.closed !== undefined) return because(`cannot be "${target}": ${way.closed}`);
    if (way?.from === undefined || way.live || !isOn(mine?.state) || mayStop(news)) return [];
    return because(`cannot be "${target}" while the VM runs on ${way.from}: ${STOP_IT}`);
  });
  return told ?? [];
}

/** Whether a volume can be where the program wants it, of members of a cluster. */
export async function volumeMemberComplaints(
  news: Plain,
  olds: Plain,
  context: Context,
): Promise<readonly Complaint[]> {
  const { target } = news;
  if (typeof target !== "string" || target === olds["target"] || hasUnknown(news["host"])) return [];
  const way = await answered(news, context, async ({ vms }) => vms.toward?.(target));
  return way?.closed === undefined
    ? []
    : [{ path: ["target"], message: `cannot be "${target}": ${way.closed}` }];
}

export interface Way {
  /** The spec as far as it can be followed now. */
  readonly spec: NamedVmSpec;
  /** It goes to another member, and has to be off for that. */
  readonly off: boolean;
}

/**
 * How the VM comes to its member. Where the program names the same one as before, and somebody has moved it since (an evacuation,
 * say), it stays until there is a way back: other changes of it need not wait for that.
 */
export async function wayOf(driver: HostDriver, id: string, spec: NamedVmSpec, olds: Plain): Promise<Way> {
  const { target, ...elsewhere } = spec;
  if (target === undefined || driver.vms.toward === undefined) return { spec, off: false };
  const way = await driver.vms.toward(target, id);
  if (way.from === undefined) return { spec, off: false };
  if (target === olds["target"]) {
    const why = way.closed ?? (await runsOn(driver, id, spec, way));
    if (why !== undefined) {
      warn(`VM "${spec.name}" stays on ${way.from} of ${hostLabel(spec.host)}, not "${target}": ${why}`);
      return { spec: { ...elsewhere, target: undefined }, off: false };
    }
  }
  return { spec, off: !way.live };
}

async function runsOn(
  driver: HostDriver,
  id: string,
  spec: NamedVmSpec,
  { live }: Toward,
): Promise<string | undefined> {
  if (live || mayStop(spec) || !isOn(await driver.vms.state(id))) return undefined;
  return `it runs; ${STOP_IT}`;
}
