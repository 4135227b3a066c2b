import type { Observed, Ownership } from "../../driver/contract";
import { DriverError } from "../../driver/errors";
import { adoptedAs } from "../../schema/table/adopted";
import type { HostConnection } from "../../schema/address/connection";
import { autoName } from "./naming";

/** What every resource that lives on a host has among its inputs. */
export interface OnHost {
  readonly host: HostConnection;
  readonly owner: string;
  readonly name: string | undefined;
  readonly adopt: boolean | string | undefined;
}

/** The four calls that networks and pools have in common. */
interface ObjectDriver<S, O extends Observed<S> = Observed<S>> {
  find(idOrName: string): Promise<O | undefined>;
  create(spec: S & { name: string }, owned: Ownership): Promise<O>;
  change(id: string, spec: S & { name: string }, owned: Ownership): Promise<O>;
}

/** Observe, ensure, sync: the same flow makes an object, takes one over and completes what a killed run has left. */
export async function ensure<S extends OnHost, O extends Observed<S>>(
  kind: string,
  objects: ObjectDriver<S, O>,
  spec: S,
): Promise<O> {
  const named = { ...spec, name: spec.name ?? autoName(spec.owner) };
  const owned = { owner: spec.owner };
  const wanted = adoptedAs(spec, named.name);
  if (wanted === undefined) return objects.create(named, owned);
  const found = await objects.find(wanted);
  if (found === undefined) throw notThere(kind, wanted);
  return objects.change(found.id, { ...named, name: found.name }, owned);
}

export function notThere(kind: string, name: string): DriverError {
  return new DriverError("it does not exist there", {
    code: "not-found",
    operation: "adopt",
    target: `${kind} "${name}"`,
    remedy: "Check the name (or UUID), or leave `adopt` out to make a new one.",
  });
}
