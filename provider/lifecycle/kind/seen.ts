import type { Observed } from "../../driver/contract";
import { isAdopted } from "../../schema/table/adopted";
import type { Fields } from "../../schema/table/field";
import { isSecretKey } from "../../schema/table/secretKeys";
import { drifted, inputsOf, isPlain, STATE_VERSION, type Plain } from "../engine/state";
import type { OnHost } from "./ensure";
import type { Handler, Made, Seen } from "./handler";

/** What a refresh says of an object: the program's inputs with the host's values, and the computed values beside them. */
export function seen<S>(
  handler: Pick<Handler<S>, "fields">,
  outs: Plain,
  observed: Observed<S>,
  computed: Plain,
): Seen {
  const looked = outs["owner"] === undefined;
  const before = inputsOf(handler.fields, outs);
  const inputs = looked
    ? { ...before, ...withoutSecrets(handler.fields, observed.spec as Plain) }
    : drifted(handler.fields, before, observed.spec as Plain, isAdopted(outs));
  return {
    id: observed.id,
    outs: { ...inputs, name: observed.name, ...computed, stateVersion: STATE_VERSION },
    ...(looked ? {} : { inputs }),
  };
}

/** A look at an object that is not the program's marks nothing as secret, so it must not carry what is. */
function withoutSecrets(fields: Fields, observed: Plain): Plain {
  return Object.fromEntries(
    Object.entries(observed)
      .filter(([name]) => fields[name]?.secret !== true)
      .map(([name, value]) => {
        const inner = fields[name]?.fields ?? fields[name]?.each?.fields;
        if (inner === undefined) return [name, isPlain(value) ? withoutSecretKeys(value) : value];
        if (Array.isArray(value))
          return [name, value.map((item: unknown) => (isPlain(item) ? withoutSecrets(inner, item) : item))];
        return [name, isPlain(value) ? withoutSecrets(inner, value) : value];
      }),
  );
}

function withoutSecretKeys(raw: Plain): Plain {
  return Object.fromEntries(Object.entries(raw).filter(([key]) => !isSecretKey(key)));
}

export function made<S extends OnHost>(spec: S, observed: Observed<unknown>, computed: Plain): Made {
  const outs: Plain = { ...(spec as object) };
  return {
    id: observed.id,
    outs: { ...outs, name: observed.name, ...computed, stateVersion: STATE_VERSION },
  };
}
