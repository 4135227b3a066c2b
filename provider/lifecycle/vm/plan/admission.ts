import type { Claim, Judgement } from "../../../capacity/books";
import { grows } from "../../../capacity/books";
import { refusal } from "../../../capacity/refusal";
import type { ObservedVm, VmSummary } from "../../../driver/contract";
import { DriverError, isDriverError } from "../../../driver/errors";
import { sameHost } from "../../../schema/table/common";
import type { HostConnection } from "../../../schema/address/connection";
import { pinnedCoresOf } from "../../../schema/vm/cpuset";
import type { Complaint } from "../../../schema/table/gate";
import { hasUnknown, isUnknown } from "../../../schema/table/unknown";
import type { VmSpec } from "../../../schema/vm";
import { explain, hostLabel } from "../../engine/explain";
import type { Context } from "../../kind/handler";
import { Refused, type Ledger } from "../../host/ledger";
import type { Plain } from "../../engine/state";
import { warn } from "../../engine/warn";

type Sizes = Partial<
  Pick<
    VmSpec,
    "owner" | "tags" | "cores" | "maxCores" | "memory" | "maxMemory" | "cpu" | "hugepages" | "running"
  >
>;

/** What a VM asks of a host: as much as it may grow to. What is not known yet asks for nothing. */
export function claimOf(sizes: Sizes): Claim {
  const owner = String(sizes.owner);
  const cores = known(sizes.maxCores ?? sizes.cores);
  const memoryMiB = known(sizes.maxMemory ?? sizes.memory);
  const hugepages = known(sizes.hugepages);
  const pinnedCores = pinnedCoresOf(known(sizes.cpu)?.pin, cores ?? 0);
  return {
    owner,
    name: owner.slice(owner.lastIndexOf("/") + 1),
    ...(cores === undefined ? {} : { cores }),
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
    ...(pinnedCores === undefined ? {} : { pinnedCores }),
    ...(hugepages === undefined ? {} : { hugepages }),
    ...(Array.isArray(sizes.tags) ? { tags: sizes.tags } : {}),
    ...(known(sizes.running) === undefined ? {} : { stopped: sizes.running === false }),
  };
}

function known<T>(value: T | undefined): T | undefined {
  return isUnknown(value) ? undefined : value;
}

/** Whether the VM fits, before anything is made: a preview refuses it. A host that does not answer refuses nothing. */
export async function admitVm(news: Plain, olds: Plain, context: Context): Promise<readonly Complaint[]> {
  const host = news["host"] as HostConnection;
  if (hasUnknown(host) || hasUnknown(news["adopt"])) return [];
  const claim = claimOf(news as Sizes);
  const ledger = ledgerAt(host, context);
  if (ledger === undefined) return [];
  const find = finder(news as Partial<VmSpec>, olds);
  const judgement = await asked(ledger, host, context, () => ledger.plan(claim, host, find));
  if (judgement === undefined) return guessed(ledger, claim, host);
  if (judgement.fits) await warnOfLarge(ledger, claim, host);
  return judgement.fits ? [] : [{ path: pathOf(judgement), message: words(judgement, host) }];
}

/** Something that the host is asked for a preview; nothing from one that does not answer, of which a line tells once. */
export async function asked<T>(
  ledger: Ledger,
  host: HostConnection,
  context: Context,
  question: () => Promise<T>,
): Promise<T | undefined> {
  if (ledger.silent !== undefined) return undefined;
  try {
    return await context.observe(host, question);
  } catch (error) {
    if (!isDriverError(error)) throw error;
    ledger.silent = explain(error, hostLabel(host));
    warn(
      `could not check whether VMs fit on ${hostLabel(host)}, they are checked when they are made: ${ledger.silent}`,
    );
    return undefined;
  }
}

/** A host that this version has no driver for is told of when the VM is made. */
export function ledgerAt(host: HostConnection, context: Context): Ledger | undefined {
  try {
    return context.ledger(host);
  } catch (error) {
    if (isDriverError(error)) return undefined;
    throw error;
  }
}

function guessed(ledger: Ledger, claim: Claim, host: HostConnection): readonly Complaint[] {
  const judgement = ledger.guess(claim, host);
  if (judgement !== undefined && !judgement.fits)
    warn(`by the last known size of the host, VM "${claim.name}" will be refused: ${words(judgement, host)}`);
  return [];
}

/** A resource at which a preview points, where it is one alone. */
function pathOf({ verdicts }: Judgement): string[] {
  const violations = verdicts.filter(({ fits }) => !fits);
  return violations.length === 1 ? violations.map(({ resource }) => resource) : [];
}

/** Which VM of the host the resource is: by its mark, by its name once it has been made, or as it is to be adopted. */
export function finder(
  news: Partial<VmSpec>,
  olds: Plain,
): (vms: readonly VmSummary[]) => VmSummary | undefined {
  const { owner, adopt } = news;
  const named = adopt === undefined || adopt === false ? olds["name"] : adopt === true ? news.name : adopt;
  const here = olds["host"] === undefined || sameHost(olds["host"], news.host);
  return (vms) =>
    vms.find((vm) => vm.owner === owner) ??
    (named === undefined || !here ? undefined : vms.find(({ id, name }) => id === named || name === named));
}

async function warnOfLarge(ledger: Ledger, claim: Claim, host: HostConnection): Promise<void> {
  if (host.allowVmLargerThanHost === true) return;
  const beyond = await ledger.beyond(claim);
  if (beyond.length > 0)
    warn(
      `VM "${claim.name}" alone has more ${beyond.join(" and ")} than ${hostLabel(host)}, which the overcommit ratio allows; it will be slow (\`allowVmLargerThanHost: true\` on the VmHost if it is meant)`,
    );
}

/** The refusal for people. */
export function words(judgement: Judgement, host: HostConnection): string {
  const { planned, more } = judgement;
  return refusal(judgement, { host: hostLabel(host), planned, more });
}

/** How a VM comes to be what it is wanted to be. */
export interface Making {
  /** The name of one that is made anew. */
  readonly called?: string;
  /** The VM as it was, where it is there. */
  find?(vms: readonly VmSummary[]): VmSummary | undefined;
  /** `defined` may be called when the host counts the VM already: then the second look need not wait for the rest of it. */
  make(defined: () => void): Promise<ObservedVm>;
  /** Makes it what it was before: gone, or as small. */
  undo(made: ObservedVm, before: VmSummary | undefined): Promise<void>;
}

/** Makes a VM within the limits of its host: the room is taken first, and looked at again when the VM is there. */
export async function withinLimits(spec: VmSpec, ledger: Ledger, making: Making): Promise<ObservedVm> {
  const { host } = spec;
  const claim = claimOf(spec);
  try {
    const room = await ledger.reserve(claim, host, (vms) => making.find?.(vms), making.called);
    try {
      const made = await making.make(() => room.look());
      const asked = room.before === undefined || grows(claim, room.before, host.overcommitScope);
      if (asked) await room.confirm(made.id, () => making.undo(made, room.before));
      ledger.made(made.id, made.name, claim, room.before);
      return made;
    } finally {
      room.release();
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new DriverError(words(error.judgement, host), { code: "no-capacity" });
  }
}

/** Whether an update makes the VM larger, by what the program says: only then is the host asked. */
export function growsBy(spec: VmSpec, olds: Plain): boolean {
  if (!sameHost(olds["host"], spec.host)) return true;
  const before = claimOf(olds as Sizes);
  const { cores = 0, memoryMiB = 0 } = before;
  const was = { ...before, cores, memoryMiB, id: "", state: before.stopped === true ? "stopped" : "running" };
  const hidden = spec.host.overcommitScope === "running" && before.stopped === undefined;
  return hidden || grows(claimOf(spec), was, spec.host.overcommitScope);
}

/** The sizes of a VM that may grow to this much and no more; within that it is what the program says. */
export function sizesOf(
  { cores, memory }: Pick<VmSpec, "cores" | "memory">,
  maxCores: number,
  maxMemory: number,
): Pick<VmSpec, "cores" | "maxCores" | "memory" | "maxMemory"> {
  return {
    cores: Math.min(cores ?? maxCores, maxCores),
    maxCores,
    memory: Math.min(memory ?? maxMemory, maxMemory),
    maxMemory,
  };
}
