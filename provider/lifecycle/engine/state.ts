import type { Field, Fields } from "../../schema/table/field";

export type Plain = Record<string, unknown>;

/** The shape of what we keep; raised when the shape changes, so that newer code can still read older state. */
export const STATE_VERSION = 1;

const PROVIDER_KEY = "__provider";

/** What the engine handed us, without its own key. */
export function fromEngine(props: Plain | undefined): Plain {
  const { [PROVIDER_KEY]: _provider, ...rest } = props ?? {};
  return rest;
}

/** The engine's own key put back, where the SDK does not do it. */
export function withEngineKey(state: Plain, given: Plain): Plain {
  return { ...state, [PROVIDER_KEY]: given[PROVIDER_KEY] };
}

/**
 * Plain JSON as the engine can carry it: `undefined` left out at every depth (the SDK dies of it), nothing that a
 * double cannot hold, nothing that is not data.
 */
export function toState(value: Plain): Plain {
  return plain(value, []) as Plain;
}

/** `way` is where the value stands, as long as we are there. */
function plain(value: unknown, way: string[]): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const inside = (key: string, item: unknown): unknown => {
    way.push(key);
    const kept = plain(item, way);
    way.pop();
    return kept;
  };
  if (Array.isArray(value))
    return value.filter((item) => item !== undefined).map((item, index) => inside(String(index), item));
  if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    const kept: Plain = {};
    for (const [key, item] of Object.entries(value)) if (item !== undefined) kept[key] = inside(key, item);
    return kept;
  }
  throw new TypeError(`State cannot hold the ${typeof value} at ${way.join(".")}`);
}

/** The inputs inside outputs: outputs are the normalised inputs with computed values beside and inside them. */
export function inputsOf(fields: Fields, outs: Plain): Plain {
  const inputs: Plain = {};
  // A table has hundreds of fields, and an object says a few of them.
  for (const [name, said] of Object.entries(outs)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const value = field && pick(field, said);
    if (value !== undefined) inputs[name] = value;
  }
  return inputs;
}

function pick({ fields, each }: Field, value: unknown): unknown {
  if (fields !== undefined && isPlain(value)) return inputsOf(fields, value);
  if (each !== undefined && Array.isArray(value))
    return value.map((item) => (isPlain(item) ? inputsOf(each.fields, item) : item));
  return value;
}

/**
 * Inputs as the host has them now: a field that the host tells replaces the kept value. Fields that are filled in by
 * the host (`keep`) count only where the program has said something; list elements the program does not know are not its.
 * Of an adopted object only what the program says counts at all (`onlyGiven`).
 */
export function drifted(fields: Fields, inputs: Plain, observed: Plain, onlyGiven = false): Plain {
  const result: Plain = { ...inputs };
  for (const [name, now] of Object.entries(observed)) {
    const before = inputs[name];
    if (before === undefined && (now === undefined || onlyGiven)) continue;
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) continue;
    const value = observedValue(field, before, now);
    if (value !== undefined) result[name] = value;
    else if (before !== undefined) delete result[name];
  }
  return result;
}

function observedValue(field: Field, before: unknown, now: unknown): unknown {
  const { fields, each, keep, filled, same } = field;
  if ((keep === true || filled === true) && before === undefined) return undefined;
  if (fields !== undefined && isPlain(now))
    return before === undefined ? before : drifted(fields, before as Plain, now);
  if (each !== undefined && Array.isArray(now)) {
    const { key } = each;
    const byKey = new Map(now.filter(isPlain).map((item) => [item[key], item]));
    return (Array.isArray(before) ? (before as Plain[]) : []).flatMap((item) => {
      const live = byKey.get(item[key]);
      return live === undefined ? [] : [drifted(each.fields, item, live)];
    });
  }
  return same?.(before, now) === true ? before : now;
}

export function isPlain(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
