import { objectOf } from "../schema/gate";
import { storagePoolFields, type StoragePoolSpec } from "../schema/storagePool";
import type { Observed } from "../driver/contract";
import type { Handler } from "./handler";
import { ensure, fillName, hostIn, lookupId, made, seen } from "./simple";
import type { Plain } from "./state";

export const storagePool: Handler<StoragePoolSpec> = {
  fields: storagePoolFields,
  type: objectOf(storagePoolFields),
  fill: fillName,

  async create(spec, context) {
    const observed = await context.act(spec.host, ({ pools }) => ensure("storage pool", pools, spec));
    return made(spec, observed, computedOf(observed));
  },

  async read(id, outs, context) {
    const observed = await context.observe(hostIn(outs), ({ pools }) => pools.find(lookupId(id)));
    return observed && seen(this, outs, observed, computedOf(observed));
  },

  async update(id, spec, _olds, context) {
    const named = { ...spec, name: String(spec.name) };
    const observed = await context.act(spec.host, ({ pools }) =>
      pools.change(id, named, { owner: spec.owner }),
    );
    return made(spec, observed, computedOf(observed));
  },

  async delete(id, outs, context) {
    await context.act(hostIn(outs), ({ pools }) =>
      pools.remove(id, { contents: outs["deleteContents"] === true }),
    );
  },
};

/** The folder may be our default; usage changes all the time and is asked for with the host's functions instead. */
function computedOf(observed: Observed<StoragePoolSpec>): Plain {
  return { targetPath: observed.spec.path };
}
