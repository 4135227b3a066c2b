import type { ObservedPool } from "../driver/contract";
import { isAdopted } from "../schema/table/adopted";
import { objectOf } from "../schema/table/gate";
import { logicalName } from "../schema/table/owner";
import { storagePoolFields, storagePoolRules, type StoragePoolSpec } from "../schema/storagePool";
import { isAnothers } from "./kind/anothers";
import { changesOf } from "./engine/check";
import { formatPath, type Change } from "./engine/diff";
import type { Handler } from "./kind/handler";
import { growthComplaints, replaceComplaints, typeComplaints } from "./storage/poolAdmission";
import { ensure } from "./kind/ensure";
import { adoptedFields, fillAdopted } from "./kind/filling";
import { hostIn, lookupId, nameIn, touches } from "./kind/inputs";
import { made, seen } from "./kind/seen";
import type { Plain } from "./engine/state";
import { planPool } from "./vm/plan/pools";

export const storagePool: Handler<StoragePoolSpec> = {
  kind: "StoragePool",
  fields: storagePoolFields,
  type: objectOf(storagePoolFields, storagePoolRules),
  fill: fillAdopted,
  refine: (changes, news) => adoptedFields(news["type"] === "rbd" ? changes.map(monitors) : changes, news),

  async admit(news, olds, context) {
    planPool(news, context);
    const complaints = await typeComplaints(news, context);
    if (complaints.length > 0 || Object.keys(olds).length === 0) return complaints;
    const changes = changesOf(this as Handler<never>, olds, news);
    return [
      ...(await growthComplaints(changes, news, context)),
      ...(await replaceComplaints(changes, news, olds, context)),
    ];
  },

  says(changes, news) {
    if (news["active"] === false || changes.some(({ fate }) => fate === "replace")) return undefined;
    const waiting = changes.filter(({ fate }) => fate === "restart").map(({ path }) => formatPath(path));
    if (waiting.length === 0) return undefined;
    return `storage pool ${logicalName(news["owner"])}: ${waiting.join(", ")} at its next start; it is not restarted, guests may use it`;
  },

  existing: {
    noun: "storage pool",
    find: (wanted, news, context) =>
      context.observe(hostIn(news), async ({ pools }) => {
        const found = await pools.find(wanted);
        return found && { ...found, own: found.pending ?? pools.isOf?.(found.id, String(news["owner"])) };
      }),
  },

  async foresee(changes, news, olds, context) {
    const name = nameIn(olds);
    if (name === undefined || touches(changes, "path", "name")) return {};
    const observed = await context.observe(hostIn(news), ({ pools }) => pools.find(name));
    return observed === undefined ? {} : { targetPath: observed.spec.path };
  },

  async create(spec, context) {
    const observed = await context.act(spec.host, ({ pools }) => ensure("storage pool", pools, spec));
    return made(spec, observed, computedOf(observed, { neverOn: !isAdopted(spec) }));
  },

  async read(id, outs, context) {
    const observed = await context.observe(hostIn(outs), ({ pools }) => pools.find(lookupId(id)));
    return observed && seen(this, outs, observed, computedOf(observed, outs));
  },

  async update(id, spec, olds, context) {
    const named = { ...spec, name: String(spec.name) };
    const observed = await context.act(spec.host, ({ pools }) =>
      pools.change(id, named, { owner: spec.owner, fresh: olds["neverOn"] === true }),
    );
    return made(spec, observed, computedOf(observed, olds));
  },

  async delete(id, outs, context) {
    const contents = outs["deleteContents"] === true && outs["built"] === true;
    await context.act(hostIn(outs), async ({ pools }) => {
      if (!isAnothers(await pools.find(id), outs, "storage pool")) await pools.remove(id, { contents });
    });
  },
};

/** Monitors of Ceph are many ways to the same pool. */
function monitors(change: Change): Change {
  const [first, second] = change.path;
  return first === "source" && second === "hosts" && change.fate === "replace"
    ? { ...change, fate: "restart" }
    : change;
}

/**
 * The folder may be our default; usage changes all the time and is asked for with the host's functions instead. What this
 * resource has made itself may go with it, and a folder is made only for a pool that was never on: nobody but the state knows.
 */
function computedOf({ spec, built = false }: ObservedPool, before: Plain): Plain {
  const neverOn = before["neverOn"] === true && spec.active === false && !built;
  return {
    targetPath: spec.path,
    built: built || before["built"] === true,
    ...(neverOn ? { neverOn } : {}),
  };
}
