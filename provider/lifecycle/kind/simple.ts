import type { Observed, Ownership } from "../../driver/contract";
import { DriverError } from "../../driver/errors";
import { host as hostField } from "../../schema/table/common";
import { hostFields, type HostConnection } from "../../schema/address/connection";
import type { Fields, HostKind } from "../../schema/table/field";
import { kindOf } from "../../schema/address/hostKind";
import { isSecretKey } from "../../schema/table/secretKeys";
import { isUnknown } from "../../schema/table/unknown";
import { adoptedAs, isAdopted } from "../../schema/table/adopted";
import type { Handler, Made, Seen } from "./handler";
import { autoName } from "./naming";
import type { Change } from "../engine/diff";
import { hostDefaults } from "../engine/leanHost";
import { drifted, inputsOf, isPlain, STATE_VERSION, type Plain } from "../engine/state";

/** What every resource that lives on a host has among its inputs. */
export interface OnHost {
  readonly host: HostConnection;
  readonly owner: string;
  readonly name: string | undefined;
  readonly adopt: boolean | string | undefined;
}

/** Fills in the name: the one it had, else one made of the owner. */
export function fillName(news: Plain, olds: Plain): Plain {
  return named(news, olds, (owner) => autoName(owner, hostKindIn(news)));
}

/** The same for objects of LXD whose names are short. */
export function fillShortName(longest: number) {
  return (news: Plain, olds: Plain): Plain => named(news, olds, (owner) => autoName(owner, "lxd", longest));
}

/** Of an object that is taken over, what the program does not say of its power and start stays as it is: no default holds. */
export function fillAdopted(news: Plain, olds: Plain, given: Plain): Plain {
  const filled = fillName(news, olds);
  if (!isAdopted(filled)) return filled;
  const open = ["active", "autostart"].filter((name) => given[name] === undefined);
  return Object.fromEntries(Object.entries(filled).filter(([name]) => !open.includes(name)));
}

/** Leaving a field out of an object that was taken over changes nothing of it. */
export function adoptedFields(changes: readonly Change[], news: Plain): readonly Change[] {
  if (!isAdopted(news)) return changes;
  return changes.filter(({ path: [name] }) => !isOpen(news[String(name)]));
}

/** Nothing, or the empty list that the gate makes of it. */
function isOpen(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function named(news: Plain, olds: Plain, make: (owner: string) => string): Plain {
  if (news["name"] !== undefined) return news;
  const taken = typeof news["adopt"] === "string" ? news["adopt"] : undefined;
  return { ...news, name: olds["name"] ?? taken ?? make(String(news["owner"])) };
}

/** The name that an object goes by now; a `get` has none yet. */
export function nameIn({ name }: Plain): string | undefined {
  return typeof name === "string" && !isUnknown(name) ? name : undefined;
}

/** Whether changes are in one of these inputs. */
export function touches(changes: readonly Change[], ...names: readonly string[]): boolean {
  return changes.some(({ path: [first] }) => names.includes(String(first)));
}

/** Which kind of host the inputs name; a host that is not known yet counts as libvirt's. */
export function hostKindIn({ host }: Plain): HostKind {
  const address = typeof host === "string" ? host : isPlain(host) ? host["address"] : undefined;
  return typeof address === "string" && !isUnknown(address) ? kindOf(address) : "libvirt";
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

/**
 * The host of an object in state: what the gate has let pass once, with the defaults of fields that are newer than the state. A
 * `get` carries it as its only input, as the program wrote it: no check has run.
 */
export function hostIn(outs: Plain): HostConnection {
  const { host, stateVersion } = outs;
  if (stateVersion !== undefined && isPlain(host))
    return { ...hostDefaults(), ...inputsOf(hostFields, host) } as HostConnection;
  const result = hostField.type.safeParse(outs["host"]);
  if (result.success) return result.data as HostConnection;
  const complaints = result.error.issues.map(
    ({ path, message }) => `${["host", ...path].join(".")} ${message}`,
  );
  throw new DriverError(complaints.join("; "), { code: "invalid-argument", operation: "find the host" });
}

/** `Vm.get(name, "kvm1/uuid-or-name")`: the part in front of the slash is for people. */
export function lookupId(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}
