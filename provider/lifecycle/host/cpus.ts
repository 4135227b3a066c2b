import type { HostDriver, HostFacts } from "../../driver/contract";
import type { CpuModel, GuestKind } from "../../driver/cpus";
import type { Complaint } from "../../schema/table/gate";
import { logicalName } from "../../schema/table/owner";
import { closest } from "../../schema/table/suggest";
import { hasUnknown } from "../../schema/table/unknown";
import type { Context } from "../kind/handler";
import { isPlain, type Plain } from "../engine/state";
import { warn } from "../../driver/warn";
import { answered } from "./asked";

interface Asked {
  readonly news: Plain;
  /** The `cpu` where it is new. */
  readonly cpu: Plain;
  readonly facts: HostFacts;
  readonly label: string;
}

/** Guests of that architecture run with KVM where the host can. */
export function kvmFor({ architectures, kvmAvailable }: HostFacts, arch: string): boolean {
  return kvmAvailable && (arch === architectures[0] || arch === "i686");
}

/**
 * A CPU model or feature that the host does not know; libvirt takes any into a definition, and finds out at the start. Of a model that it
 * cannot give in full it starts what is left, unless `cpu.check` is `full`.
 */
export async function cpuModelComplaints(
  { news, cpu, facts, label }: Asked,
  context: Context,
): Promise<readonly Complaint[]> {
  const { model, features, check } = cpu;
  const names = (Array.isArray(features) ? features : []).flatMap((each: unknown) =>
    isPlain(each) && typeof each["name"] === "string" ? [each["name"]] : [],
  );
  const guest = guestOf(news, facts);
  if (guest === undefined || hasUnknown(cpu) || (model === undefined && names.length === 0)) return [];
  const look = async ({ cpus }: HostDriver): Promise<readonly Complaint[]> => {
    if (cpus === undefined) return [];
    const models = await cpus.models(guest);
    if (models.length === 0) return [];
    const found = models.find(({ name }) => name === model);
    if (model !== undefined && found === undefined)
      return [{ path: ["cpu", "model"], message: unknownModel(String(model), models, label) }];
    const unknown = await cpus.unknownFeatures(guest, names);
    const lacking = names.length === 0 && found?.usable === false;
    if (lacking && check === "full")
      return [{ path: ["cpu", "model"], message: tooMuch(found, models, label) }];
    if (lacking && check === undefined) tellOfLess(news, found, label);
    return names.flatMap((name, index) => {
      if (!unknown.includes(name)) return [];
      return [
        {
          path: ["cpu", "features", index, "name"],
          message: `the libvirt of ${label} knows no CPU feature "${name}"; those it knows are in /usr/share/libvirt/cpu_map there`,
        },
      ];
    });
  };
  return (await answered(news, context, look)) ?? [];
}

function guestOf({ os, domainType, emulator }: Plain, facts: HostFacts): GuestKind | undefined {
  const { arch = facts.architectures[0], machine } = isPlain(os) ? os : {};
  if ([arch, machine, domainType, emulator].some((each) => hasUnknown(each))) return undefined;
  if (typeof arch !== "string") return undefined;
  return {
    arch,
    domainType: (domainType ?? (kvmFor(facts, arch) ? "kvm" : "qemu")) as "kvm" | "qemu",
    ...(typeof machine === "string" ? { machine } : {}),
    ...(typeof emulator === "string" ? { emulator } : {}),
  };
}

function unknownModel(model: string, models: readonly CpuModel[], label: string): string {
  const names = models.map(({ name }) => name);
  const near = closest(model, names);
  return `the QEMU of ${label} knows no CPU model "${model}"${near === undefined ? `; it has ${usableOf(models)}` : `; did you mean "${near}"?`}`;
}

function tooMuch(model: CpuModel | undefined, models: readonly CpuModel[], label: string): string {
  return `${label} cannot give a guest all of ${model?.name ?? ""}, which \`check: "full"\` wants; in full it has ${usableOf(models)}`;
}

/** The most that a sentence lists. */
const LISTED = 8;

function usableOf(models: readonly CpuModel[]): string {
  const names = models.filter(({ usable }) => usable !== false).map(({ name }) => name);
  const rest = names.length - LISTED;
  return `${names.slice(0, LISTED).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** libvirt starts such a guest without a word. */
function tellOfLess({ owner }: Plain, model: CpuModel | undefined, label: string): void {
  warn(
    `VM "${logicalName(owner)}": ${label} cannot give it all of the CPU ${model?.name ?? ""}; what is missing is left out when it starts (\`cpu.check: "full"\` refuses that)`,
  );
}
