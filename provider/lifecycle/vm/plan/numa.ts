import { logicalName } from "../../../schema/table/owner";
import { chooseNode } from "../../../capacity/singleNode";
import { misaligned, type Attached } from "../../../capacity/devices";
import type { TiedVm } from "../../../capacity/numa";
import { spanning } from "../../../capacity/resources";
import { there } from "../../../capacity/books";
import { DriverError, isDriverError } from "../../../driver/errors";
import { cpusOf, numbersIn } from "../../../schema/vm/cpuset";
import { sameHost } from "../../../schema/table/common";
import type { HostConnection } from "../../../schema/address/connection";
import { kindOf } from "../../../schema/address/hostKind";
import { hasUnknown } from "../../../schema/table/unknown";
import type { VmSpec } from "../../../schema/vm";
import { announce } from "../../engine/announce";
import { hostLabel } from "../../engine/explain";
import { ledgerAt, notSeen } from "../../host/asked";
import type { CheckedInputs, Context } from "../../kind/handler";
import { isPlain, type Plain } from "../../engine/state";
import { claimOf, finder } from "./admission";
import { warn } from "../../../driver/warn";

type Tie = Pick<TiedVm, "cpus" | "memoryNodes"> & Attached;

/** What a choice decides. */
const KEYS = ["numaPolicy", "cores", "maxCores", "memory", "maxMemory", "hugepages"] as const;

/** Puts a VM with `numaPolicy: "single-node"` on one node: its cores are pinned there, and its memory comes from there. */
export async function tieVm(news: Plain, olds: Plain, context: Context): Promise<CheckedInputs> {
  const unchanged = { inputs: news, complaints: [] };
  const host = news["host"] as HostConnection;
  if (news["numaPolicy"] === undefined || hasUnknown(host) || KEYS.some((key) => hasUnknown(news[key])))
    return unchanged;
  const kept = keptChoice(news, olds);
  if (kept !== undefined) return { inputs: { ...news, ...kept }, complaints: [] };
  const spec = news as Partial<VmSpec>;
  const [cores, memoryMiB] = [spec.maxCores ?? spec.cores ?? 1, spec.maxMemory ?? spec.memory ?? 0];
  const ledger = ledgerAt(host, context);
  if (ledger === undefined || ledger.silent !== undefined) return unchanged;
  try {
    await context.observe(host, () => ledger.ready());
    const { nodes, books, claims, mine } = ledger.standing(finder(spec, olds));
    const planned = claims
      .filter((claim) => claim.owner !== spec.owner && there(books.vms, claim) === undefined)
      .map((claim): TiedVm => ({
        ...claim,
        id: claim.owner,
        cores: claim.cores ?? 1,
        memoryMiB: claim.memoryMiB ?? 0,
        ...(claim.pinnedCores === undefined ? {} : { cpus: claim.pinnedCores }),
      }));
    const others = [...books.vms.filter((vm) => vm !== mine), ...planned];
    const chosen = chooseNode(nodes, others, {
      cores,
      memoryMiB,
      ...(spec.hugepages === undefined ? {} : { hugepages: spec.hugepages }),
    });
    if ("refused" in chosen)
      return { inputs: news, complaints: [{ path: ["numaPolicy"], message: chosen.refused }] };
    const inputs = { ...news, ...tied(news, chosen.node, chosen.cpus) };
    ledger.claim(claimOf(inputs as Partial<VmSpec>));
    const owner = String(spec.owner);
    announce(
      `VM ${logicalName(owner)}: on NUMA node ${chosen.node} of ${hostLabel(host)}, CPUs ${chosen.cpus.join(", ")}`,
    );
    return { inputs, complaints: [] };
  } catch (error) {
    if (!isDriverError(error)) throw error;
    notSeen(ledger, host, error);
    return unchanged;
  }
}

/** Warns of a VM that is pinned across nodes (R169), or has an interface on another node than its CPUs (R172), when it becomes so. */
export async function tellNuma(news: Plain, olds: Plain, context: Context): Promise<void> {
  const host = news["host"] as HostConnection;
  const tie = tieOf(news as Partial<VmSpec>);
  if (tie === undefined || hasUnknown(host)) return;
  const same = (key: string): boolean => JSON.stringify(olds[key]) === JSON.stringify(news[key]);
  if (["cpu", "numa", "interfaces", "cores", "maxCores"].every(same)) return;
  try {
    const ledger = context.ledger(host);
    if (ledger.silent !== undefined) return;
    await context.observe(host, () => ledger.ready());
    const { nodes } = ledger.standing(() => undefined);
    if (nodes.length < 2) return;
    const { networks, interfaces } = await context.observe(host, () => ledger.network());
    for (const text of [spanning(tie, nodes) ?? [], misaligned(tie, nodes, interfaces, networks)].flat())
      warn(text);
  } catch (error) {
    // Whoever admits the VM tells that the host does not answer.
    if (!isDriverError(error)) throw error;
  }
}

/** Where the program's words tie the VM to; undefined where it may run anywhere. */
function tieOf(spec: Partial<VmSpec>): (Tie & { readonly name: string }) | undefined {
  const { cpu, numa, owner = "", interfaces } = spec;
  if ([cpu, numa, interfaces].some(hasUnknown)) return undefined;
  const cpus = cpusOf(cpu?.pin, Number(spec.maxCores ?? spec.cores ?? 1));
  const memoryNodes = numbersIn(numa?.nodes ?? "");
  if (cpus === undefined && memoryNodes === undefined) return undefined;
  return {
    name: logicalName(owner),
    ...(cpus === undefined ? {} : { cpus }),
    ...(memoryNodes === undefined ? {} : { memoryNodes }),
    attachments: (interfaces ?? []).map(({ name, network, bridge, macvlan, sriov }) => ({
      name,
      ...(network === undefined ? {} : { network }),
      ...((bridge ?? macvlan ?? sriov) === undefined ? {} : { device: bridge ?? macvlan ?? sriov }),
    })),
  };
}

/** LXD binds the memory of a pinned VM by itself. */
function tied(news: Plain, node: number, cpus: readonly number[]): Plain {
  const { host, cpu, numa } = news;
  const pin = Object.fromEntries(cpus.map((each, core) => [String(core), String(each)]));
  return {
    cpu: { ...(isPlain(cpu) ? cpu : {}), pin },
    ...(kindOf((host as HostConnection).address) === "lxd"
      ? {}
      : { numa: { ...(isPlain(numa) ? numa : {}), nodes: String(node) } }),
  };
}

/** The choice stands as long as the VM is as large and where it was. */
function keptChoice(news: Plain, olds: Plain): Plain | undefined {
  const pin = isPlain(olds["cpu"]) ? olds["cpu"]["pin"] : undefined;
  if (!isPlain(pin) || !sameHost(olds["host"], news["host"])) return undefined;
  if (KEYS.some((key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]))) return undefined;
  const nodes = isPlain(olds["numa"]) ? olds["numa"]["nodes"] : undefined;
  return tied(news, Number(nodes ?? 0), Object.values(pin).map(Number));
}

/** Nothing goes to the host without it: a preview may have had no answer. */
export function refuseUntied({ numaPolicy, cpu, name }: Pick<VmSpec, "numaPolicy" | "cpu" | "name">): void {
  if (numaPolicy === undefined || cpu?.pin !== undefined) return;
  throw new DriverError("no NUMA node was chosen, because the host did not answer", {
    code: "unreachable",
    operation: "place",
    target: `VM "${name ?? ""}"`,
    remedy: "Run again when the host answers, or pin the cores with `cpu.pin`.",
  });
}
