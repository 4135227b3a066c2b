import { reservedOf } from "./arithmetic";
import type { Admission, Resource, Verdict } from "./admission";

/** Another VM that this program plans on the same host, and that is counted already. */
export interface Planned {
  readonly name: string;
  readonly cores: number;
  readonly memoryMiB: number;
}

export interface Circumstances {
  /** The host as people know it: `kvm1 (qemu+ssh://ubuntu@192.168.1.2/system)`. */
  readonly host: string;
  /** VMs of this program that are counted although they do not exist yet. */
  readonly planned?: readonly Planned[];
  /** The request is what a VM that exists asks for beyond what it has. */
  readonly more?: boolean;
}

const UNITS: Readonly<Record<Resource, string>> = { cores: "cores", memory: "MiB", hugepages: "MiB" };

/**
 * Why a VM is refused, every violation together, with the host's numbers and what would fit:
 * ```
 * memory does not fit on kvm1 (qemu:///system)
 *   requested 8192 MiB, 5120 MiB missing; left 3072 MiB of 18432 MiB (12288 MiB × 1.5; used 15360); this program adds web 2048, cache 4096
 *   cores fit (2 of 9 left). The largest VM that fits now: 9 cores, 3072 MiB
 * ```
 */
export function refusal(admission: Admission, circumstances: Circumstances): string {
  const violations = admission.verdicts.filter(({ fits }) => !fits);
  const fitting = admission.verdicts.filter(({ fits }) => fits);
  const { cores, memoryMiB } = admission.largest;
  return [
    `${subject(violations)} not fit on ${circumstances.host}`,
    ...violations.map(
      (verdict) =>
        `  ${violations.length > 1 ? `${verdict.resource}: ` : ""}${numbers(verdict, circumstances)}`,
    ),
    `  ${fitting.map(room).join("")}The largest VM that fits now: ${amount(cores, "cores")}, ${memoryMiB} MiB`,
  ].join("\n");
}

function subject(violations: readonly Verdict[]): string {
  const names = violations.map(({ resource }) => resource);
  const verb = names.length === 1 && names[0] === "memory" ? "does" : "do";
  return `${names.join(", ").replace(/, ([^,]*)$/, " and $1")} ${verb}`;
}

function numbers(verdict: Verdict, { planned = [], more }: Circumstances): string {
  const { resource, requested } = verdict;
  const requestedText = `requested ${amount(requested, UNITS[resource])}${more ? " more" : ""}`;
  if (resource === "hugepages") return `${requestedText} ${inPages(verdict)}`;
  const added = planned.map((vm) => `${vm.name} ${resource === "cores" ? vm.cores : vm.memoryMiB}`);
  const program = added.length === 0 ? "" : `; this program adds ${added.join(", ")}`;
  return `${requestedText}, ${missing(verdict)} missing; left ${limitText(verdict)}${program}`;
}

function inPages(verdict: Verdict): string {
  const { pageKiB = 0, sizes = [], plannedMiB = 0 } = verdict.pages ?? {};
  if (sizes.length > 0 && !sizes.includes(pageKiB))
    return `in huge pages of ${sizeText(pageKiB)}, which it has not; it has ${sizes.map(sizeText).join(" and ")}`;
  const planned = plannedMiB === 0 ? "" : `; other VMs of this program take ${amount(plannedMiB, "MiB")}`;
  return `in huge pages, ${missing(verdict)} missing; free ${amount(verdict.left, "MiB")} (never overcommitted)${planned}; \`vm.nr_hugepages\` there sets more of them aside`;
}

function sizeText(kib: number): string {
  const mib = kib / 1024;
  return mib >= 1024 ? amount(mib / 1024, "GiB") : mib >= 1 ? amount(mib, "MiB") : amount(kib, "KiB");
}

function missing({ resource, requested, left }: Verdict): string {
  return amount(requested - Math.max(0, left), UNITS[resource]);
}

function limitText({ resource, left, limit, used, measure }: Verdict): string {
  const unit = UNITS[resource];
  const over = left < 0 ? `, ${amount(-left, unit)} over` : "";
  return `${amount(Math.max(0, left), unit)} of ${amount(limit, unit)} (${physical(measure, unit)} × ${measure.ratio}; used ${tidy(used)}${over})`;
}

function physical({ total, reserved }: Verdict["measure"], unit: string): string {
  if (reserved === undefined || reservedOf(total, reserved) === 0) return amount(total, unit);
  const kept = reservedOf(total, reserved);
  const share = typeof reserved === "string" ? ` (${reserved.replace("-", "")})` : "";
  return `(${tidy(total)} ${kept < 0 ? "+" : "−"} ${tidy(Math.abs(kept))}${share} ${kept < 0 ? "added" : "reserved"}) ${unit}`;
}

function room({ resource, requested, left }: Verdict): string {
  const unit = resource === "cores" ? "" : " MiB";
  if (requested === 0) return `no more ${resource} asked for (${Math.max(0, left)}${unit} left). `;
  return `${resource} ${resource === "memory" ? "fits" : "fit"} (${tidy(requested)} of ${Math.max(0, left)}${unit} left). `;
}

function amount(value: number, unit: string): string {
  return `${tidy(value)} ${value === 1 && unit === "cores" ? "core" : unit}`;
}

/** Hosts count memory in KiB, so a total may have a fraction of a MiB that is of no use to a reader. */
function tidy(value: number): string {
  return String(Number(value.toFixed(2)));
}
