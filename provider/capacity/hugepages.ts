import type { PageCount } from "../driver/summaries";

/** A VM as far as its memory is concerned. */
export interface PagedVm {
  readonly id: string;
  readonly owner?: string;
  readonly memoryMiB: number;
  /** `true`, or the size of its pages in MiB. */
  readonly hugepages?: boolean | number;
  readonly state?: string;
}

/** What a program wants of it; what it leaves out stays as it is. */
export interface PagedClaim {
  readonly owner: string;
  readonly id?: string;
  readonly memoryMiB?: number;
  readonly hugepages?: boolean | number;
  readonly stopped?: boolean;
}

/** What the host has told of pages that nobody had taken, and the VMs as they were then: those that were on had theirs. */
export interface FreePages {
  readonly pages: readonly PageCount[];
  readonly vms: readonly PagedVm[];
}

export interface PageBooks {
  /** Set aside, free or not. */
  readonly hugepages?: readonly PageCount[];
  readonly free?: FreePages;
}

/** `true` stands for the host's usual size; a number is MiB. */
export function pageSize(
  { hugepages = [] }: Pick<PageBooks, "hugepages">,
  wanted?: boolean | number,
): number | undefined {
  if (wanted === undefined || wanted === false) return undefined;
  if (typeof wanted === "number") return wanted * 1024;
  return hugepages.length === 0 ? 2048 : Math.min(...hugepages.map(({ pageKiB }) => pageKiB));
}

/** MiB in huge pages that a VM takes beyond those it has. */
export function newPages(wanted: Omit<PagedClaim, "owner">, mine?: PagedVm): number {
  if (wanted.hugepages === undefined || wanted.hugepages === false) return 0;
  const memoryMiB = wanted.memoryMiB ?? mine?.memoryMiB ?? 0;
  const same = mine?.hugepages === wanted.hugepages && mine.memoryMiB >= memoryMiB;
  return same ? 0 : memoryMiB;
}

/** What others leave of the pages of one size. */
export interface PagesLeft {
  readonly pageKiB: number;
  readonly freePages: number;
  /** MiB of them that other VMs of the program are to have. */
  readonly plannedMiB?: number;
  /** Sizes that the host has, in KiB. */
  readonly sizes?: readonly number[];
}

/**
 * Pages that one more VM can have: those set aside without those of all other VMs, running or not; and no more than are free now,
 * where the host has told and the VM is to be started. `mine` is the VM as it is, `claims` are what the program's others want.
 */
export function pagesLeft(
  books: PageBooks,
  pageKiB: number,
  wanted: Omit<PagedClaim, "owner">,
  { mine, others, claims }: Beside,
): PagesLeft {
  const pages = ({ memoryMiB = 0, hugepages }: Partial<PagedVm>): number =>
    pageSize(books, hugepages) === pageKiB ? Math.ceil((memoryMiB * 1024) / pageKiB) : 0;
  const planned = claims.map((claim) => {
    const found = others.find((vm) => isOf(claim, vm));
    const whole = pages({ memoryMiB: claim.memoryMiB ?? found?.memoryMiB ?? 0, hugepages: claim.hugepages });
    // One that is to shrink counts as large as it is: nobody knows what happens first.
    return { claim, found, whole: Math.max(whole, found === undefined ? 0 : pages(found)) };
  });
  const unplanned = others.filter((vm) => planned.every(({ found }) => found !== vm));
  const plannedPages = sum(planned.map(({ whole }) => whole));
  const aside = books.hugepages?.find((each) => each.pageKiB === pageKiB)?.pages ?? 0;
  const left = aside - sum(unplanned.map(pages)) - plannedPages;
  const result = {
    pageKiB,
    plannedMiB: (plannedPages * pageKiB) / 1024,
    sizes: (books.hugepages ?? []).map((each) => each.pageKiB),
  };
  const now = books.free?.pages.find((each) => each.pageKiB === pageKiB)?.pages;
  if (now === undefined || staysOff(wanted, mine)) return { ...result, freePages: Math.max(0, left) };
  const held = (of: (vm: PagedVm) => boolean): number => {
    const vm = books.free?.vms.find(of);
    return vm === undefined || vm.state === "stopped" ? 0 : pages(vm);
  };
  const coming = planned.map(({ claim, found, whole }) =>
    staysOff(claim, found) ? 0 : Math.max(0, whole - held((vm) => isOf(claim, vm))),
  );
  const free = now + held(({ id }) => id === mine?.id) - sum(coming);
  return { ...result, freePages: Math.max(0, Math.min(left, free)) };
}

interface Beside {
  readonly mine?: PagedVm;
  /** All other VMs of the host. */
  readonly others: readonly PagedVm[];
  readonly claims: readonly PagedClaim[];
}

function isOf({ id, owner }: Pick<PagedClaim, "id" | "owner">, vm: PagedVm): boolean {
  return vm.id === id || vm.owner === owner;
}

/** The power of which nothing is said stays as it is. */
function staysOff({ stopped }: Pick<PagedClaim, "stopped">, there?: PagedVm): boolean {
  return stopped ?? there?.state === "stopped";
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
