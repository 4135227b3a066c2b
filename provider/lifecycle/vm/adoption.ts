import type { ObservedVm } from "../../driver/contract";
import { DriverError, isDriverError } from "../../driver/errors";
import type { HostConnection } from "../../schema/address/connection";
import type { Field, Fields } from "../../schema/table/field";
import type { Complaint } from "../../schema/table/gate";
import { logicalName } from "../../schema/table/owner";
import { hasUnknown } from "../../schema/table/unknown";
import { vmFields } from "../../schema/vm";
import { isAdopted } from "../../schema/table/adopted";
import { announce } from "../engine/announce";
import { changesBetween, type Change } from "../engine/diff";
import { explain, hostLabel } from "../engine/explain";
import type { Context, Standing } from "../kind/handler";
import { notThere } from "../kind/ensure";
import { inputsOf, isPlain, toState, type Plain } from "../engine/state";
import { sourceOf } from "../content/source";

/** What is said of every VM, whoever made it. */
const OWN = new Set(["host", "owner", "name", "adopt", "zone", "resourcePool", "tags"]);

/** What a VM has in the table's words where the program says nothing of it: kept beside the outputs of an adopted VM. */
export function foundIn({ spec, volumes }: ObservedVm, said: Plain): Plain {
  const disks = (spec.disks ?? []).map(({ size: _size, ...disk }) => {
    const { owned, path } = volumes[disk.name] ?? {};
    return owned === true || disk.remote !== undefined ? disk : { ...disk, path };
  });
  // One that was made by hand has its MAC address for a name; a program knows it by its place.
  const interfaces = (spec.interfaces ?? []).map((nic, index) =>
    nic.name.includes(":") ? { ...nic, name: `eth${index}` } : nic,
  );
  const all = inputsOf(vmFields, withoutEmpty(toState({ ...spec, disks, interfaces } as Plain)));
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => !OWN.has(name) && said[name] === undefined && !isSecret(name)),
  );
}

/** An empty list or group says nothing. */
function withoutEmpty(value: Plain): Plain {
  const within = (inner: unknown): unknown =>
    Array.isArray(inner) ? inner.map(within) : isPlain(inner) ? withoutEmpty(inner) : inner;
  const entries = Object.entries(value)
    .map(([name, inner]) => [name, within(inner)] as const)
    .filter(([, inner]) => (Array.isArray(inner) ? inner.length > 0 : !isPlain(inner) || hasKeys(inner)));
  return Object.fromEntries(entries);
}

const hasKeys = (value: Plain): boolean => Object.keys(value).length > 0;

const isSecret = (name: string): boolean => hasSecret((vmFields as Fields)[name]);

function hasSecret(field: Field | undefined): boolean {
  const inner = field?.fields ?? field?.each?.fields ?? {};
  return field?.secret === true || Object.values(inner).some(hasSecret);
}

/** In an adopted VM, leaving a field out changes nothing, and neither does writing down what is there already. */
export function adoptedChanges(changes: readonly Change[], news: Plain, olds: Plain): readonly Change[] {
  if (!isAdopted(news)) return changes;
  const before = { ...(isPlain(olds["asFound"]) ? olds["asFound"] : {}), ...olds };
  return changesBetween(vmFields, before, { ...inputsOf(vmFields, before), ...news });
}

/** A VM of this name (or id), among those that the host has told of. */
export async function knownVm(wanted: string, news: Plain, context: Context): Promise<Standing | undefined> {
  const host = news["host"] as HostConnection;
  const { guests } = context.ledger(host);
  await context.observe(host, () => guests.read());
  const known = guests.known.find(
    ({ id, name, project }) =>
      (name === wanted || id === wanted) && (project ?? "default") === (host.project ?? "default"),
  );
  return known ?? (isAdopted(news) ? context.observe(host, ({ vms }) => vms.find(wanted)) : undefined);
}

/** Says what a VM that is about to be adopted looks like as a program; refuses one that is not there. */
export async function tellAdopted(
  news: Plain,
  olds: Plain,
  context: Context,
  parse: (given: Plain) => readonly Complaint[],
): Promise<readonly Complaint[]> {
  const host = news["host"] as HostConnection;
  if (!isAdopted(news) || Object.keys(olds).length > 0 || hasUnknown([host, news["adopt"]])) return [];
  const wanted = String(news["adopt"] === true ? news["name"] : news["adopt"]);
  try {
    const observed = await context.observe(host, ({ vms }) => vms.find(wanted));
    if (observed === undefined)
      return [{ path: ["adopt"], message: explain(notThere("VM", wanted), hostLabel(host)) }];
    if (isAnother(observed, news["uuid"]))
      return [{ path: ["uuid"], message: `${otherUuid(observed).message}; leave it out, or name that one` }];
    announce(programOf(observed, wanted, String(news["owner"]), parse));
  } catch (error) {
    // A host that does not answer is told of when the VM is taken over.
    if (!isDriverError(error)) throw error;
  }
  return [];
}

/** Whether the VM has another UUID than the program gives. */
export function isAnother({ id }: ObservedVm, uuid: unknown): boolean {
  return typeof uuid === "string" && !hasUnknown(uuid) && uuid !== id;
}

/** A VM keeps its UUID for life. */
export function otherUuid({ id, name }: ObservedVm): DriverError {
  return new DriverError(`VM "${name}" has the UUID ${id}, which it keeps`, {
    code: "invalid-argument",
    operation: "adopt",
    target: `VM "${name}"`,
    remedy: "Leave `uuid` out, or name that one.",
  });
}

function programOf(
  observed: ObservedVm,
  wanted: string,
  owner: string,
  parse: (given: Plain) => readonly Complaint[],
): string {
  const described = describable(foundIn(observed, {}), parse);
  const source = sourceOf({ adopt: wanted, ...worthSaying(described) });
  return [
    `VM "${observed.name}" is taken over as it is. Written out, which changes nothing of it:`,
    `new Vm("${logicalName(owner)}", {`,
    "  host,",
    ...source,
    "});",
  ].join("\n");
}

/** Without what follows from the rest, and the path that is the host's own choice. */
function worthSaying({ maxCores, maxMemory, emulator: _path, autostart, ...rest }: Plain): Plain {
  return {
    ...rest,
    ...(maxCores === rest["cores"] ? {} : { maxCores }),
    ...(maxMemory === rest["memory"] ? {} : { maxMemory }),
    ...(autostart === true ? { autostart } : {}),
  };
}

/** What of it the table can say: a device of a kind that has no words here stays as it is, unsaid. */
function describable(found: Plain, parse: (given: Plain) => readonly Complaint[]): Plain {
  let described = found;
  for (;;) {
    const [complaint] = parse(described);
    if (complaint === undefined) return described;
    const [name, index] = complaint.path;
    const list = described[String(name)];
    const { [String(name)]: _dropped, ...rest } = described;
    described =
      Array.isArray(list) && typeof index === "number" && list.length > 1
        ? { ...rest, [String(name)]: list.filter((_item, at) => at !== index) }
        : rest;
    if (name === undefined) return {};
  }
}
