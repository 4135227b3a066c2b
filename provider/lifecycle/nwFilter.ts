import type { HostDriver, NwFilterDriver, ObservedNwFilter } from "../driver/contract";
import { DriverError } from "../driver/errors";
import { objectOf } from "../schema/table/gate";
import { nwFilterFields, type NwFilterSpec } from "../schema/nwFilter";
import type { Handler } from "./kind/handler";
import { ensure } from "./kind/ensure";
import { fillName } from "./kind/filling";
import { hostIn, lookupId } from "./kind/inputs";
import { made, seen } from "./kind/seen";
import type { Plain } from "./engine/state";
import { planFilter } from "./vm/plan/filters";

export const nwFilter: Handler<NwFilterSpec> = {
  kind: "NwFilter",
  fields: nwFilterFields,
  type: objectOf(nwFilterFields),
  fill: fillName,

  // Interfaces of VMs may name one that is not there yet.
  async admit(news, _olds, context) {
    await planFilter(news, context);
    return [];
  },

  existing: {
    noun: "nwfilter",
    find: (wanted, news, context) =>
      context.observe(hostIn(news), async (driver) => {
        const filters = filtersOf(driver);
        const found = await filters.find(wanted);
        return found && { ...found, own: filters.isOf?.(found.id, String(news["owner"])) };
      }),
  },

  async create(spec, context) {
    const observed = await context.act(spec.host, (driver) => ensure("nwfilter", filtersOf(driver), spec));
    return made(spec, observed, computedOf(observed));
  },

  async read(id, outs, context) {
    const observed = await context.observe(hostIn(outs), (driver) => filtersOf(driver).find(lookupId(id)));
    if (observed === undefined) return undefined;
    const result = seen(this, outs, observed, computedOf(observed));
    // libvirt writes rules in words of its own, so that only whether they are the same as ever can be told.
    if (result.inputs === undefined || outs["definition"] === observed.definition) return result;
    const changed = { rules: [], raw: [] };
    return { ...result, inputs: { ...result.inputs, ...changed }, outs: { ...result.outs, ...changed } };
  },

  async update(id, spec, _olds, context) {
    const named = { ...spec, name: String(spec.name) };
    const observed = await context.act(spec.host, (driver) =>
      filtersOf(driver).change(id, named, { owner: spec.owner }),
    );
    return made(spec, observed, computedOf(observed));
  },

  async delete(id, outs, context) {
    await context.act(hostIn(outs), (driver) => filtersOf(driver).remove(id));
  },
};

function filtersOf({ kind, filters }: HostDriver): NwFilterDriver {
  if (filters !== undefined) return filters;
  throw new DriverError(`${kind} hosts have no network filters`, {
    code: "unsupported",
    operation: "look for the filter",
  });
}

function computedOf({ definition }: ObservedNwFilter): Plain {
  return { definition };
}
