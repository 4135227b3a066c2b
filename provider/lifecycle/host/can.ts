import type { HostFacts } from "../../driver/contract";
import { sameHost } from "../../schema/table/common";
import type { HostConnection } from "../../schema/address/connection";
import { numbersIn } from "../../schema/vm/cpuset";
import type { Complaint } from "../../schema/table/gate";
import { kindOf } from "../../schema/address/hostKind";
import { closest } from "../../schema/table/suggest";
import { hasUnknown } from "../../schema/table/unknown";
import { sameMachine } from "../../schema/vm/same";
import type { Path } from "../engine/diff";
import { hostLabel } from "../engine/explain";
import { EXTENSIONS, isBefore, ON_ARCHITECTURE, SINCE } from "./needs";
import type { Context } from "../kind/handler";
import { cpuModelComplaints, kvmFor } from "./cpus";
import { isPlain, type Plain } from "../engine/state";
import { asked, ledgerAt } from "./asked";

/**
 * Whether this host knows what the VM is to have: its architecture, machine, CPUs and the version of its libvirt. The host
 * itself would say so when the VM is defined or started, in its own way. One that does not answer refuses nothing.
 */
export async function hostComplaints(
  news: Plain,
  olds: Plain,
  context: Context,
): Promise<readonly Complaint[]> {
  const host = news["host"] as HostConnection;
  if (hasUnknown(host)) return [];
  const fresh = freshOf(news, olds);
  const ledger = ledgerAt(host, context);
  if (ledger === undefined || Object.keys(fresh).length === 0) return [];
  const facts = await asked(ledger, host, context, () => ledger.about());
  if (facts === undefined) return [];
  const question = { news, fresh, facts, label: hostLabel(host) };
  if (kindOf(host.address) === "lxd") return [...lackingOnLxd(question)];
  const lacks = [...lacking(question)];
  const cpu = objectIn(fresh["cpu"]);
  const ask = lacks.length === 0 && ["model", "features"].some((key) => cpu[key] !== undefined);
  if (!ask) return lacks;
  return cpuModelComplaints({ news, cpu, facts, label: question.label }, context);
}

/** What was there before is not judged again: the host has taken it once. */
function freshOf(news: Plain, olds: Plain): Plain {
  const before = sameHost(olds["host"], news["host"]) ? olds : {};
  return Object.fromEntries(
    Object.entries(news).filter(
      ([name, value]) => LOOKED_AT.has(name) && JSON.stringify(value) !== JSON.stringify(before[name]),
    ),
  );
}

const LOOKED_AT = new Set([
  ...[...SINCE, ...ON_ARCHITECTURE, ...EXTENSIONS].map(({ field }) => field.split(/\W/)[0]),
  ...["os", "domainType", "cpu", "cores", "maxCores", "numa"],
]);

interface Question {
  readonly news: Plain;
  readonly fresh: Plain;
  readonly facts: HostFacts;
  readonly label: string;
}

function* lacking(question: Question): Iterable<Complaint> {
  const { news, fresh, facts, label } = question;
  const os = objectIn(news["os"]);
  const arch =
    typeof os["arch"] === "string" && !hasUnknown(os["arch"]) ? os["arch"] : facts.architectures[0];
  if (arch === undefined) return;
  if (facts.architectures.length > 0 && !facts.architectures.includes(arch)) {
    yield {
      path: ["os", "arch"],
      message: `${label} runs no guests of ${arch}; it has QEMU for ${facts.architectures.join(", ")}`,
    };
    return;
  }
  yield* machineComplaints(question, arch);
  yield* cpuComplaints(question, arch);
  for (const { field, value, since } of SINCE)
    for (const [path, given] of valuesAt(fresh, field))
      if ((value === undefined || value === given) && given !== false && isBefore(facts.version, since))
        yield { path, message: `needs libvirt ${since}; ${label} has ${facts.version}` };
  for (const { field, value, on, words } of ON_ARCHITECTURE)
    for (const [path, given] of valuesAt(fresh, field))
      if ((value === undefined || value === given) && given !== false && !on.test(arch))
        yield { path, message: `exists on ${words} alone, and the VM is ${arch}` };
}

function* lackingOnLxd(question: Question): Iterable<Complaint> {
  const { fresh, facts, label } = question;
  for (const { field, value, any } of EXTENSIONS)
    for (const [path, given] of valuesAt(fresh, field))
      if ((value === undefined || value === given) && !any.some((name) => facts.extensions?.includes(name)))
        yield { path, message: `needs an LXD with ${any.join(" or ")}; ${label} has LXD ${facts.version}` };
  yield* pinComplaints(question);
}

function* machineComplaints({ news, fresh, facts, label }: Question, arch: string): Iterable<Complaint> {
  const known = facts.machines?.[arch] ?? {};
  const names = Object.keys(known);
  const given = objectIn(news["os"])["machine"];
  if (names.length === 0 || hasUnknown(given)) return;
  const machine = String(given ?? (/^(x86_64|i686)$/.test(arch) ? "q35" : "virt"));
  if (given !== undefined && "os" in fresh && !names.includes(machine)) {
    const near = closest(machine, names);
    yield {
      path: ["os", "machine"],
      message: `the QEMU of ${label} knows no machine "${machine}"${near === undefined ? "" : `; did you mean "${near}"?`}`,
    };
  }
  const most = known[names.find((name) => sameMachine(name, machine)) ?? ""];
  for (const field of ["maxCores", "cores"]) {
    const cores = fresh[field];
    if (typeof cores !== "number" || most === undefined || cores <= most) continue;
    yield { path: [field], message: `machine ${machine} of ${label} takes ${most} at most` };
    return;
  }
}

function* cpuComplaints({ news, fresh, facts, label }: Question, arch: string): Iterable<Complaint> {
  const kvm = kvmFor(facts, arch);
  const type = hasUnknown(news["domainType"]) ? undefined : (news["domainType"] ?? (kvm ? "kvm" : "qemu"));
  if (fresh["domainType"] === "kvm" && !kvm)
    yield {
      path: ["domainType"],
      message: `${label} has no KVM for guests of ${arch}; leave it out, or set "qemu"`,
    };
  const cpu = objectIn(fresh["cpu"]);
  if (type === "qemu" && cpu["mode"] === "host-passthrough" && news["domainType"] === undefined)
    yield {
      path: ["cpu", "mode"],
      message: `needs KVM, which ${label} has not for guests of ${arch}; "maximum" is emulated`,
    };
  const features: unknown = cpu["features"];
  if (type === "qemu" && cpu["mode"] === undefined && Array.isArray(features) && features.length > 0)
    yield {
      path: ["cpu", "features"],
      message: "needs `mode`: an emulated CPU has features of a model only (libvirt's rule)",
    };
  yield* pinComplaints({ news, fresh, facts, label });
}

/** CPUs and nodes that the host has not. */
function* pinComplaints({ fresh, facts, label }: Question): Iterable<Complaint> {
  const cpus = new Set(facts.nodes.flatMap((node) => node.cpus));
  const nodes = new Set(facts.nodes.map(({ id }) => id));
  const sets: readonly (readonly [string, ReadonlySet<number>, string])[] = [
    ["cpu.pin.*", cpus, "CPU"],
    ["cpu.iothreadPin.*", cpus, "CPU"],
    ["cpu.emulatorPin", cpus, "CPU"],
    ["numa.nodes", nodes, "NUMA node"],
    ["numa.cells[].nodes", nodes, "NUMA node"],
  ];
  for (const [field, there, word] of sets) {
    if (there.size === 0) continue;
    for (const [path, given] of valuesAt(fresh, field)) {
      const missing = (numbersIn(String(given)) ?? []).filter((number) => !there.has(number));
      if (missing.length > 0) yield { path, message: `${label} has no ${word} ${missing.join(", ")}` };
    }
  }
}

/** What the program says at `filesystems[].type`, `cpu.pin.*`, …: each value with its place. */
function valuesAt(inputs: unknown, field: string, path: Path = []): readonly (readonly [Path, unknown])[] {
  if (inputs === undefined || hasUnknownHere(inputs)) return [];
  if (field === "") return [[path, inputs]];
  const [word = "", ...rest] = field.split(".");
  const next = rest.join(".");
  if (word === "*")
    return Object.entries(objectIn(inputs)).flatMap(([key, value]) => valuesAt(value, next, [...path, key]));
  const name = word.replace("[]", "");
  const value = objectIn(inputs)[name];
  if (word === name) return valuesAt(value, next, [...path, name]);
  return (Array.isArray(value) ? (value as unknown[]) : []).flatMap((item, index) =>
    valuesAt(item, next, [...path, name, index]),
  );
}

const hasUnknownHere = (value: unknown): boolean => typeof value === "string" && hasUnknown(value);

const objectIn = (value: unknown): Plain => (isPlain(value) ? value : {});
