import type { HostMember } from "../driver/summaries";
import { admit, type Admission, type HostMeasure } from "./admission";
import { fits, limitOf, type Reserved } from "./arithmetic";
import { newPages, pagesLeft, pageSize, type PageBooks } from "./hugepages";
import { isFor, roomsFor } from "./members";
import type { Planned } from "./refusal";
import { coresOf, growth, usageOf, type CountedVm, type OvercommitScope, type Usage } from "./usage";

/** What a program says about how far a host may be filled. */
export interface Rules {
  readonly cpuOvercommitRatio: number;
  readonly memoryOvercommitRatio: number;
  readonly reservedCpu?: Reserved;
  readonly reservedMemory?: Reserved;
  readonly overcommitScope?: OvercommitScope;
}

/** A VM that is on the host, whoever made it. */
export interface HostVm extends CountedVm {
  readonly name: string;
  readonly owner?: string;
  readonly tags?: readonly string[];
  /** The machine of a cluster that it is on. */
  readonly member?: string;
}

/** What a host has told of itself. */
export interface Books extends PageBooks {
  readonly total: Usage;
  readonly vms: readonly HostVm[];
  /** The machines that the host is made of, where it is a cluster. */
  readonly members?: readonly HostMember[];
}

/** What a program wants a VM to be. What it leaves out (of an adopted VM, say) stays as the host has it. */
export interface Claim {
  readonly owner: string;
  /** The VM's id on the host, where it is there. */
  readonly id?: string;
  /** As the program calls it. */
  readonly name: string;
  readonly cores?: number;
  readonly memoryMiB?: number;
  readonly pinnedCores?: readonly number[];
  readonly hugepages?: boolean | number;
  readonly tags?: readonly string[];
  /** The member of a cluster, or the group (`@fast`), that it is to be on. */
  readonly target?: string;
  /** Off for good: it counts for nothing where only running VMs count. */
  readonly stopped?: boolean;
}

export interface Judgement extends Admission {
  /** The VM is on the host already, and wants more than it has. */
  readonly more: boolean;
  /** The member of a cluster that is judged: not all of them will do. */
  readonly member?: string;
  /** Other VMs of the program that are counted although the host does not have them like that yet. */
  readonly planned: readonly Planned[];
}

/**
 * Judges what a VM wants. In a cluster it runs on one machine: it must fit on the member that it is on or is to go to, on one of its
 * group, or, where the host is to choose, on any that takes VMs. A refusal is that of the member with the most memory left; where
 * some have room and others not, the member that has is named.
 */
export function judge(
  books: Books,
  rules: Rules,
  wanted: Claim,
  mine?: HostVm,
  claims: readonly Claim[] = [],
): Judgement {
  const whole = judgeOne(books, rules, wanted, mine, claims);
  const { members = [] } = books;
  const judged = roomsFor(members, wanted.target, mine?.member).map((member): Judgement => {
    const isOn = (vm: HostVm): boolean => (vm.member ?? member.name) === member.name;
    const here = mine !== undefined && isOn(mine) ? mine : undefined;
    const vms = books.vms.filter((vm) => (vm === mine ? here !== undefined : isOn(vm)));
    const beside = claims.filter(({ target }) => isFor(member, target, members));
    const machine = { ...books, total: member.total, vms };
    return { ...judgeOne(machine, rules, wanted, here, beside), member: member.name };
  });
  const best = [...judged].sort(
    (a, b) => Number(b.fits) - Number(a.fits) || b.largest.memoryMiB - a.largest.memoryMiB,
  )[0];
  // The host chooses by itself while any of them will do.
  return !whole.fits || best === undefined || judged.every(({ fits }) => fits) ? whole : best;
}

/**
 * What a VM wants beyond what it has (`mine`), beside all other VMs of the host and what the program plans for them. A VM that
 * is planned to shrink counts as large as it is: nobody knows what happens first.
 */
function judgeOne(
  books: Books,
  rules: Rules,
  wanted: Claim,
  mine: HostVm | undefined,
  claims: readonly Claim[],
): Judgement {
  const scope = rules.overcommitScope ?? "allocated";
  const others = books.vms.filter((vm) => vm !== mine);
  const beside = claims.filter(({ owner }) => owner !== wanted.owner);
  const planned = beside.flatMap((claim) => addition(claim, there(others, claim), scope));
  const used = planned.reduce(plus, usageOf(others, scope));
  const before = mine === undefined ? NOTHING : usageOf([mine], scope);
  const request = growth(before, usageOfClaim(wanted, mine, scope));
  const hugepagesMiB = newPages(wanted, mine);
  const pageKiB = pageSize(books, wanted.hugepages);
  const host = {
    ...measureOf(books, rules),
    ...(pageKiB === undefined
      ? {}
      : { hugepages: pagesLeft(books, pageKiB, wanted, { mine, others, claims: beside }) }),
  };
  const admission = admit(host, plus(used, before), {
    ...request,
    ...(hugepagesMiB > 0 ? { hugepages: true, hugepagesMiB } : {}),
  });
  return {
    ...admission,
    largest: plus(before, admission.largest),
    more: before.cores > 0 || before.memoryMiB > 0,
    planned,
  };
}

/** Whether a VM is to be more than it is: only then is anybody asked. */
export function grows(wanted: Claim, before: HostVm, scope: OvercommitScope = "allocated"): boolean {
  const { cores, memoryMiB } = growth(usageOf([before], scope), usageOfClaim(wanted, before, scope));
  return cores > 0 || memoryMiB > 0 || newPages(wanted, before) > 0;
}

/** By how much a host is filled beyond its rules, for people; undefined where it is not. */
export function overload(books: Books, rules: Rules): string | undefined {
  const used = usageOf(books.vms, rules.overcommitScope);
  const { cores, memoryMiB } = measureOf(books, rules);
  const over = [
    { unit: "cores", measure: cores, amount: used.cores },
    { unit: "MiB", measure: memoryMiB, amount: used.memoryMiB },
  ].filter(({ measure, amount }) => !fits(measure.total, measure.ratio, 0, amount, measure.reserved));
  if (over.length === 0) return undefined;
  return over.map(({ unit, measure, amount }) => `${amount} of ${limitOf(measure)} ${unit}`).join(" and ");
}

/** The VM of the host that a claim is about: by its id, or by whose it is. */
export function there(
  vms: readonly HostVm[],
  { id, owner }: Pick<Claim, "id" | "owner">,
): HostVm | undefined {
  return vms.find((vm) => vm.id === id) ?? vms.find((vm) => vm.owner === owner);
}

export function measureOf({ total }: Pick<Books, "total">, rules: Rules): HostMeasure {
  return {
    cores: { total: total.cores, ratio: rules.cpuOvercommitRatio, reserved: rules.reservedCpu },
    memoryMiB: {
      total: total.memoryMiB,
      ratio: rules.memoryOvercommitRatio,
      reserved: rules.reservedMemory,
    },
  };
}

const NOTHING: Usage = { cores: 0, memoryMiB: 0 };

const plus = (a: Usage, b: Usage): Usage => ({
  cores: a.cores + b.cores,
  memoryMiB: a.memoryMiB + b.memoryMiB,
});

function usageOfClaim(claim: Claim, mine: HostVm | undefined, scope: OvercommitScope): Usage {
  if (scope === "running" && (claim.stopped ?? mine?.state === "stopped")) return NOTHING;
  const cores = claim.cores ?? mine?.cores ?? 0;
  const pinnedCores = claim.cores === undefined ? mine?.pinnedCores : claim.pinnedCores;
  return {
    cores: coresOf({ cores, ...(pinnedCores === undefined ? {} : { pinnedCores }) }),
    memoryMiB: claim.memoryMiB ?? mine?.memoryMiB ?? 0,
  };
}

/** What a planned VM adds to what the host has of it. */
function addition(claim: Claim, found: HostVm | undefined, scope: OvercommitScope): Planned[] {
  const before = found === undefined ? NOTHING : usageOf([found], scope);
  const added = growth(before, usageOfClaim(claim, found, scope));
  return added.cores === 0 && added.memoryMiB === 0 ? [] : [{ name: claim.name, ...added }];
}
