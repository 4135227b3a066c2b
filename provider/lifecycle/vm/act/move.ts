import type { HostDriver, NamedVmSpec, ObservedVm } from "../../../driver/contract";
import { DriverError, isDriverError } from "../../../driver/errors";
import type { HostKind } from "../../../schema/table/field";
import { refuseAnothers } from "../../../driver/refusals";
import { ownedSince } from "../../kind/anothers";
import type { Complaint } from "../../../schema/table/gate";
import { kindOf } from "../../../schema/address/hostKind";
import { hasUnknown } from "../../../schema/table/unknown";
import { sameHost } from "../../../schema/table/common";
import type { HostConnection } from "../../../schema/address/connection";
import { vmFields, type VmSpec } from "../../../schema/vm";
import type { Change } from "../../engine/diff";
import { explain, HalfDone, hostLabel } from "../../engine/explain";
import type { Context } from "../../kind/handler";
import { hostIn } from "../../kind/inputs";
import { inputsOf, isPlain, type Plain } from "../../engine/state";
import { withinLimits } from "./limits";
import { memberComplaints } from "./member";
import { isOn } from "./power";
import { mayStop, STOP_IT, type Pause } from "./whileOff";

/** Where the disks are is decided anew for the new host. */
const MOVES_ALONG: ReadonlySet<unknown> = new Set(["pool", "backing", "copyOf", "volume", "path"]);

/** Another host is no replacement where the program lets the VM move there. */
export function withMove(changes: readonly Change[], news: Plain, olds: Plain): readonly Change[] {
  if (!moves(news, olds)) return changes;
  return changes.map((change) => {
    const [first] = change.path;
    const disk = isOf("libvirt", news["host"]) && first === "disks" && MOVES_ALONG.has(change.path.at(-1));
    const along = first === "host" || disk;
    const stays = change.fate === "record" || !along;
    return stays ? change : { ...change, fate: "live" };
  });
}

export function moves(news: Plain, olds: Plain): boolean {
  const [before, after] = [olds["host"], news["host"]];
  if (!isPlain(news["migrate"]) || sameHost(before, after)) return false;
  return (isOf("libvirt", before) && isOf("libvirt", after)) || betweenProjects(before, after);
}

function isOf(kind: HostKind, host: unknown): host is Plain {
  return isPlain(host) && typeof host["address"] === "string" && kindOf(host["address"]) === kind;
}

/** The same LXD server, and another of its projects. */
function betweenProjects(before: unknown, after: unknown): boolean {
  if (!isOf("lxd", before) || !isOf("lxd", after) || sameHost(before, after)) return false;
  return sameHost({ address: before["address"] }, { address: after["address"] });
}

/** LXD moves instances that are off, to another project as to another member of its cluster; told before anything is changed. */
export async function moveComplaints(
  news: Plain,
  olds: Plain,
  context: Context,
): Promise<readonly Complaint[]> {
  const { host } = news;
  if (sameHost(olds["host"], host) || Object.keys(olds).length === 0)
    return memberComplaints(news, olds, context);
  if (hasUnknown(host) || mayStop(news) || !isPlain(news["migrate"]) || !betweenProjects(olds["host"], host))
    return [];
  try {
    const on = await context.observe(hostIn(olds), async ({ vms }) => {
      const found = await vms.find(String(olds["name"]));
      return found?.owner === news["owner"] && isOn(found?.state);
    });
    return on
      ? [{ path: ["host"], message: `cannot change to another project while the VM runs: ${STOP_IT}` }]
      : [];
  } catch (error) {
    if (!isDriverError(error)) throw error;
    return [];
  }
}

/** The host from which the VM is to move, if it is. */
export function movesFrom(spec: VmSpec, olds: Plain): HostConnection | undefined {
  return spec.migrate === undefined || sameHost(olds["host"], spec.host) ? undefined : hostIn(olds);
}

interface Move {
  readonly id: string;
  readonly from: HostConnection;
  readonly to: NamedVmSpec;
  readonly olds: Plain;
  readonly pause: Pause;
}

/** Moves the VM within the limits of its new host, and changes there what else is to change. */
export async function movedVm(
  { id, from, to, olds, pause }: Move,
  context: Context,
  change: (driver: HostDriver) => Promise<ObservedVm>,
): Promise<ObservedVm> {
  let arrived = false;
  try {
    return await onBoth(context, from, to.host, (source, target) =>
      withinLimits(to, context.ledger(to.host), {
        find: (vms) => vms.find((vm) => vm.id === id),
        async make() {
          const here = await source.vms.find(id);
          refuseAnothers("VM", to.name, here?.owner, ownedSince(olds, { ...to }));
          // libvirt moves guests that run, LXD those that are off. One that is there has come in a run that was cut off.
          if (source.kind === "lxd" && (await target.vms.find(id)) === undefined)
            await pause.begin(source, here?.state);
          try {
            await handOver(source, target, id, to, to.migrate);
          } catch (error) {
            await pause.end(source).catch(() => undefined);
            throw error;
          }
          arrived = true;
          context.ledger(from).guests.gone(id);
          return change(target);
        },
        // Somebody else was quicker to fill the new host.
        async undo() {
          const before = { ...inputsOf(vmFields, olds), host: from, name: to.name, owner: to.owner };
          await handOver(target, source, id, before as unknown as NamedVmSpec, to.migrate);
          arrived = false;
        },
      }),
    );
  } catch (error) {
    // Whatever has failed after the arrival: state must not look for the VM where it was.
    if (!arrived) throw error;
    throw new HalfDone(id, { ...olds, host: to.host }, [explain(error, hostLabel(to.host))]);
  }
}

async function handOver(
  source: HostDriver,
  target: HostDriver,
  id: string,
  spec: NamedVmSpec,
  options: VmSpec["migrate"],
): Promise<void> {
  if (target.receive === undefined || options === undefined)
    throw new DriverError(`${target.kind} hosts cannot take a VM over in this version`, {
      code: "unsupported",
    });
  const { storage, unsafe, autoConverge, compressed, tls } = options;
  const how = { storage, unsafe, autoConverge, compressed, tls };
  await target.receive(source, id, spec, { owner: spec.owner }, how);
}

/** A turn on both hosts, taken in the same order whichever way a VM goes, so that two moves never wait for each other. */
function onBoth<T>(
  context: Context,
  from: HostConnection,
  to: HostConnection,
  step: (from: HostDriver, to: HostDriver) => Promise<T>,
): Promise<T> {
  return placeOf(from) < placeOf(to)
    ? context.act(from, (source) => context.act(to, (target) => step(source, target)))
    : context.act(to, (target) => context.act(from, (source) => step(source, target)));
}

/** The projects of an LXD server have one address. */
function placeOf({ address, project = "" }: HostConnection): string {
  return `${address} ${project}`;
}
