import { logicalName } from "../../../schema/table/owner";
import type { Claim, Judgement } from "../../../capacity/books";
import { refusal } from "../../../capacity/refusal";
import type { VmSummary } from "../../../driver/contract";
import { sameHost } from "../../../schema/table/common";
import type { HostConnection } from "../../../schema/address/connection";
import { pinnedCoresOf } from "../../../schema/vm/cpuset";
import type { Complaint } from "../../../schema/table/gate";
import { hasUnknown, isUnknown } from "../../../schema/table/unknown";
import type { VmSpec } from "../../../schema/vm";
import { adoptedAs, isAdopted } from "../../../schema/table/adopted";
import { hostLabel } from "../../engine/explain";
import type { Context } from "../../kind/handler";
import { asked, ledgerAt } from "../../host/asked";
import type { Ledger } from "../../host/ledger";
import type { Plain } from "../../engine/state";
import { warn } from "../../../driver/warn";

/** The inputs that say how large a VM is. */
export type Sizes = Partial<
  Pick<
    VmSpec,
    | "owner"
    | "tags"
    | "target"
    | "cores"
    | "maxCores"
    | "memory"
    | "maxMemory"
    | "cpu"
    | "hugepages"
    | "running"
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
    name: logicalName(owner),
    ...(cores === undefined ? {} : { cores }),
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
    ...(pinnedCores === undefined ? {} : { pinnedCores }),
    ...(hugepages === undefined ? {} : { hugepages }),
    ...(Array.isArray(sizes.tags) ? { tags: sizes.tags } : {}),
    ...(known(sizes.target) === undefined ? {} : { target: String(sizes.target) }),
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
  // Where a VM has been since, only the host knows.
  const claim = claimOf({
    ...news,
    ...(news["target"] === olds["target"] ? { target: undefined } : {}),
  } as Sizes);
  const ledger = ledgerAt(host, context);
  if (ledger === undefined) return [];
  const find = finder(news as Partial<VmSpec>, olds);
  const judgement = await asked(ledger, host, context, () => ledger.plan(claim, host, find));
  if (judgement === undefined) return guessed(ledger, claim, host);
  if (judgement.fits) await warnOfLarge(ledger, claim, host);
  return judgement.fits ? [] : [{ path: pathOf(judgement), message: words(judgement, host) }];
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
  const named = isAdopted({ adopt }) ? adoptedAs({ adopt }, news.name) : olds["name"];
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
  const { planned, more, member } = judgement;
  const at = member === undefined ? "" : `, member ${member}`;
  return refusal(judgement, { host: `${hostLabel(host)}${at}`, planned, more });
}
