import { isDeepStrictEqual } from "node:util";
import { hostFields } from "../../schema/address/connection";
import { defaultsOf } from "../../schema/table/gate";
import { isPlain, type Plain } from "./state";

let defaults: Plain | undefined;

/** What a host is where its VmHost says nothing. Its address is always said. */
export function hostDefaults(): Plain {
  if (defaults === undefined) {
    const { address: _address, ...others } = defaultsOf(hostFields);
    defaults = others;
  }
  return defaults;
}

/**
 * Every object on a host carries the host in its inputs and outputs, and the engine writes all of them at each step of a run: what
 * a host says by default is left out.
 */
export function withLeanHost(state: Plain): Plain {
  const { host } = state;
  if (!isPlain(host)) return state;
  const said = Object.entries(host).filter(([key, value]) => !isDeepStrictEqual(value, hostDefaults()[key]));
  return { ...state, host: Object.fromEntries(said) };
}

/** The host as it is, with all that was left out. */
export function withFullHost(state: Plain): Plain {
  const { host } = state;
  return isPlain(host) ? { ...state, host: { ...hostDefaults(), ...host } } : state;
}
