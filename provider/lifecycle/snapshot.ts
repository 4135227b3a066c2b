import type { NamedSnapshotSpec } from "../driver/contract";
import { objectOf } from "../schema/table/gate";
import { snapshotFields, snapshotRules, type SnapshotSpec } from "../schema/snapshot";
import { hasUnknown } from "../schema/table/unknown";
import { answered } from "./host/asked";
import { isAnothers } from "./kind/anothers";
import type { Change } from "./engine/diff";
import type { Handler, Made } from "./kind/handler";
import { autoName } from "./kind/naming";
import { fillName } from "./kind/filling";
import { hostIn, lookupId, nameIn } from "./kind/inputs";
import { seen } from "./kind/seen";
import { computedOf, pointOf } from "./storage/snapshotPoint";
import { STATE_VERSION, type Plain } from "./engine/state";

export const snapshot: Handler<SnapshotSpec> = {
  kind: "Snapshot",
  fields: snapshotFields,
  type: objectOf(snapshotFields, snapshotRules),
  fill: fillName,
  refine: (changes, news) => (news["volumeId"] === undefined ? changes : withVolume(changes)),

  // What no snapshot of this kind can be taken of is said before anything else has happened.
  async admit(news, olds, context) {
    const { host, vm, name } = news;
    const known = typeof vm === "string" && !hasUnknown([host, vm, name]);
    if (!known || news["memory"] !== true || Object.keys(olds).length > 0) return [];
    const why = await answered(news, context, async ({ snapshots }) =>
      snapshots?.obstacle?.(news as unknown as NamedSnapshotSpec),
    );
    return why === undefined ? [] : [{ path: ["memory"], message: `cannot be true: ${why}` }];
  },

  existing: {
    noun: "snapshot",
    find: (wanted, news, context) =>
      context.observe(hostIn(news), (driver) => pointOf(driver, news).find(wanted)),
  },

  async foresee(_changes, news, olds, context) {
    const name = nameIn(olds);
    if (name === undefined) return {};
    const observed = await context.observe(hostIn(news), (driver) => pointOf(driver, olds).find(name));
    return observed === undefined ? {} : computedOf(observed);
  },

  async create(spec, context) {
    const named = { ...spec, name: spec.name ?? autoName(spec.owner) };
    const observed = await context.act(spec.host, (driver) =>
      pointOf(driver, { ...spec }).create(named, { owner: spec.owner }),
    );
    return madeOf(spec, observed);
  },

  async read(id, outs, context) {
    const observed = await context.observe(hostIn(outs), (driver) =>
      pointOf(driver, outs).find(lookupId(id)),
    );
    // A volume that has another name by now has its snapshots with it.
    if (observed === undefined) return undefined;
    const { madeBy } = outs;
    const computed = { ...computedOf(observed), ...(madeBy === undefined ? {} : { madeBy }) };
    return { ...seen(this, outs, observed, computed), id };
  },

  async update(id, spec, olds, context) {
    const named = { ...spec, name: String(spec.name) };
    const observed = await context.act(spec.host, async (driver) => {
      const point = pointOf(driver, { ...spec });
      if (spec.revert !== undefined && spec.revert !== olds["revert"]) await point.revert(named.name);
      return point.change(named);
    });
    return { ...madeOf(spec, observed, markedBy(olds)), id };
  },

  async delete(id, outs, context) {
    const name = lookupId(id);
    await context.act(hostIn(outs), async (driver) => {
      const point = pointOf(driver, outs);
      const mine = { owner: markedBy(outs) };
      if (!isAnothers(await point.find(name), mine, "snapshot", "marked")) await point.remove(name);
    });
  },
};

/** A StorageVolume that has another name is the same volume: its snapshots stay what they are. */
function withVolume(changes: readonly Change[]): readonly Change[] {
  const another = changes.some(({ path }) => path[0] === "volumeId");
  return changes.map((change) =>
    change.path[0] === "volume" && !another && change.after !== undefined && change.before !== undefined
      ? { ...change, fate: "record" }
      : change,
  );
}

/** Under which name of its resource it was taken: the mark stays as it is when the resource is given another (`aliases`). */
function markedBy({ madeBy, owner }: Plain): unknown {
  return madeBy ?? owner;
}

function madeOf(spec: SnapshotSpec, observed: Parameters<typeof computedOf>[0], madeBy?: unknown): Made {
  const outs: Plain = { ...spec, name: observed.name, ...computedOf(observed), stateVersion: STATE_VERSION };
  const renamed = madeBy !== undefined && madeBy !== spec.owner;
  return { id: observed.id, outs: renamed ? { ...outs, madeBy } : outs };
}
