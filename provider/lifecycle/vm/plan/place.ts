import { judge } from "../../../capacity/books";
import { choose, type Candidate, type Wish } from "../../../capacity/placement";
import { isDriverError } from "../../../driver/errors";
import { sameHost } from "../../../schema/table/common";
import type { HostConnection } from "../../../schema/address/connection";
import type { Complaint } from "../../../schema/table/gate";
import { reachComplaints } from "../../../schema/table/reach";
import { hasUnknown, isUnknown, UNKNOWN } from "../../../schema/table/unknown";
import { vmFields, type VmSpec } from "../../../schema/vm";
import { AMONG_HOSTS } from "../../../schema/vm/amongHosts";
import { announce } from "../../engine/announce";
import { explain, hostLabel } from "../../engine/explain";
import type { Context } from "../../kind/handler";
import type { Ledger } from "../../host/ledger";
import { isPlain, type Plain } from "../../engine/state";
import { claimOf, finder, words } from "./admission";
import { unattachable } from "./networks";
import { parentComplaints } from "./parents";
import { warn } from "../../../driver/warn";

/** Before anybody is asked: the host that it is on, if that is among those named, else the first. */
export function provisionalHost(news: Plain, olds: Plain): Plain {
  const { hosts } = news;
  if (hosts === undefined) return {};
  // Refused by the gate.
  const { host: given } = news;
  if (given !== undefined && given !== AMONG_HOSTS && !isUnknown(given)) return { hosts: [] };
  if (!Array.isArray(hosts)) return isUnknown(hosts) ? { host: UNKNOWN } : {};
  const old = olds["host"];
  const stays = hosts.find((host) => sameHost(old, connected(host)));
  return { host: connected(stays ?? hosts.find((host) => !hasUnknown(host)) ?? UNKNOWN) };
}

function connected(host: unknown): unknown {
  return typeof host === "string" && !isUnknown(host) ? { address: host } : host;
}

interface Named {
  readonly host: HostConnection;
  readonly ledger: Ledger;
}

/** Chooses among `hosts`. What is kept of them is where the VM goes, and why. */
export async function placeVm(
  news: Plain,
  olds: Plain,
  context: Context,
): Promise<{ inputs: Plain; complaints: readonly Complaint[] }> {
  const { hosts, ...rest } = news;
  const inputs = tagged(rest);
  if (!Array.isArray(hosts) || isUnknown(news["host"])) return { inputs, complaints: [] };
  const named = (hosts as HostConnection[]).filter((host) => !hasUnknown(host));
  const allowed = named.filter((host) => suits(news, host));
  if (allowed.length === 0) return { inputs, complaints: [noneSuits(news, named)] };
  const answering = (await Promise.all(allowed.map((host) => reach(host, context)))).flatMap(
    (one) => one ?? [],
  );
  const stays = allowed.find((host) => sameHost(olds["host"], host));
  const before = isPlain(olds["placement"]) ? olds["placement"] : undefined;
  // A host that does not answer may hold what it has; one that is to be chosen must say that it can.
  if (stays !== undefined && !answering.some(({ host }) => host === stays))
    return { inputs: { ...inputs, host: stays, placement: before }, complaints: [] };
  const claim = claimOf(news as Partial<VmSpec>);
  const wish = { claim, spread: known(news["spread"]), pack: news["pack"] === true };
  const kept = answering.filter(({ host }) => host === stays);
  const candidates = (some: readonly Named[]): Candidate[] =>
    some.map(({ host, ledger }) => ({
      label: host.name ?? host.address,
      zone: host.zone,
      rules: host,
      ...ledger.standing(finder({ ...news, host } as Partial<VmSpec>, olds)),
    }));
  const stuck = choose(candidates(kept), wish) === undefined;
  const obstacles = stuck ? await obstaclesOn(answering, news, context) : new Map<Named, readonly string[]>();
  const among = stuck ? answering.filter((one) => !obstacles.has(one)) : kept;
  if (among.length === 0 && obstacles.size > 0)
    return { inputs: { ...inputs, host: stays ?? allowed[0] }, complaints: [noneReaches(obstacles)] };
  const placed = choose(candidates(among), wish);
  const chosen = placed && among[placed.index];
  if (chosen === undefined)
    return {
      inputs: { ...inputs, host: stays ?? allowed[0] },
      complaints: refusals(among, candidates, wish),
    };
  chosen.ledger.claim({ ...claim, tags: tagsOf(inputs) });
  if (chosen.host === stays) return { inputs: { ...inputs, host: stays, placement: before }, complaints: [] };
  const where = chosen.host.name ?? chosen.host.address;
  const reason = `of ${named.map(({ name, address }) => name ?? address).join(", ")}: ${placed?.reason ?? ""}`;
  announce(`VM ${claim.name}: placed on ${where}; ${reason}`);
  return { inputs: { ...inputs, host: chosen.host, placement: { host: where, reason } }, complaints: [] };
}

/** Hosts on which an interface of the VM finds nothing that it may be attached to, and why. */
async function obstaclesOn(
  named: readonly Named[],
  news: Plain,
  context: Context,
): Promise<ReadonlyMap<Named, readonly string[]>> {
  if (!Array.isArray(news["interfaces"])) return new Map();
  const found = await Promise.all(
    named.map(async (one) => {
      const there = { ...news, host: one.host };
      const taken = await parentComplaints(there, {}, context, { plans: false });
      return [
        one,
        [...(await unattachable(there, context)), ...taken.map(({ message }) => message)],
      ] as const;
    }),
  );
  return new Map(found.filter(([, reasons]) => reasons.length > 0));
}

function noneReaches(obstacles: ReadonlyMap<Named, readonly string[]>): Complaint {
  const reasons = [...obstacles].map(([{ host }, words]) => `${hostLabel(host)}: ${words.join("; ")}`);
  return {
    path: ["hosts"],
    message: `none of them has what the VM's interfaces ask for:\n${reasons.join("\n")}`,
  };
}

/** Why it fits on none, host by host; nothing where none could be asked. */
function refusals(
  answering: readonly Named[],
  candidates: (some: readonly Named[]) => Candidate[],
  { claim }: Wish,
): readonly Complaint[] {
  const reasons = candidates(answering).flatMap(({ books, rules, claims, mine }, index) => {
    const host = answering[index]?.host;
    return host === undefined ? [] : [words(judge(books, rules, claim, mine, claims), host)];
  });
  return reasons.length === 0
    ? []
    : [{ path: ["hosts"], message: `none of them has room for this VM:\n${reasons.join("\n")}` }];
}

function known(value: unknown): string | undefined {
  return typeof value === "string" && !isUnknown(value) ? value : undefined;
}

/** The VM carries the tag by which it is kept apart, so that later programs see it on the host. */
function tagged(news: Plain): Plain {
  const spread = known(news["spread"]);
  const host = news["host"];
  if (spread === undefined || !isPlain(host)) return news;
  const tags = Array.isArray(news["tags"]) ? news["tags"] : Array.isArray(host["tags"]) ? host["tags"] : [];
  return tags.includes(spread) ? news : { ...news, tags: [...(tags as unknown[]), spread] };
}

function tagsOf({ tags }: Plain): string[] {
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [];
}

/** Its zone and resource pool are those that the VM asks for, and it knows all that the VM is told. */
function suits(news: Plain, host: HostConnection): boolean {
  const { zone, resourcePool } = news;
  return (
    (known(zone) === undefined || zone === host.zone) &&
    (known(resourcePool) === undefined || resourcePool === host.resourcePool) &&
    reachComplaints("Vm", vmFields, { ...news, host }).length === 0
  );
}

function noneSuits({ zone, resourcePool }: Plain, hosts: readonly HostConnection[]): Complaint {
  const wanted = [
    known(zone) === undefined ? undefined : `zone "${String(zone)}"`,
    known(resourcePool) === undefined ? undefined : `resource pool "${String(resourcePool)}"`,
  ].filter((part) => part !== undefined);
  const there = hosts.map(
    (host) => `${hostLabel(host)}: zone ${host.zone ?? "none"}, resource pool ${host.resourcePool ?? "none"}`,
  );
  return {
    path: ["hosts"],
    message: `none of them is for this VM${wanted.length === 0 ? "" : ` (${wanted.join(", ")})`}: ${there.join("; ")}`,
  };
}

/** The host's ledger, read; nothing for a host that does not answer, of which a line tells. */
async function reach(host: HostConnection, context: Context): Promise<Named | undefined> {
  try {
    const ledger = context.ledger(host);
    if (ledger.silent !== undefined) return undefined;
    try {
      await context.observe(host, () => ledger.ready());
    } catch (error) {
      if (isDriverError(error)) ledger.silent = explain(error, hostLabel(host));
      throw error;
    }
    return { host, ledger };
  } catch (error) {
    if (!isDriverError(error)) throw error;
    warn(
      `${hostLabel(host)} is not chosen for VMs now, it does not answer: ${explain(error, hostLabel(host))}`,
    );
    return undefined;
  }
}
