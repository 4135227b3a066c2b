import { available, exactLimit, fits, leftOf, limitOf, type Measure } from "./arithmetic";
import type { PagesLeft } from "./hugepages";
import type { Usage } from "./usage";

/** A host as admission sees it. */
export interface HostMeasure {
  readonly cores: Measure;
  readonly memoryMiB: Measure;
  /** Huge pages that no VM has taken, where the host tells; VMs in huge pages must fit into them (R57). */
  readonly hugepages?: PagesLeft;
}

/** What a VM asks for; for one that is changed, what it asks for beyond what it has. */
export interface Request extends Usage {
  readonly hugepages?: boolean;
  /** What must be found in free huge pages, where that is not the memory it asks for. */
  readonly hugepagesMiB?: number;
}

export type Resource = "cores" | "memory" | "hugepages";

/** One resource in numbers: what is asked for, and what the host has of it. */
export interface Verdict {
  readonly resource: Resource;
  readonly fits: boolean;
  readonly requested: number;
  /** Whole units below the limit before the request; negative where the limit is exceeded already. */
  readonly left: number;
  readonly limit: number;
  readonly used: number;
  readonly measure: Measure;
  /** Of huge pages. */
  readonly pages?: PagesLeft;
}

export interface Admission {
  readonly fits: boolean;
  /** Cores, memory, and huge pages where the VM wants them: every one is judged, so that all violations show at once. */
  readonly verdicts: readonly Verdict[];
  /** The largest VM of this kind that would fit now. */
  readonly largest: Usage;
}

/** Judges a request against what the VMs of the host have, planned ones included. */
export function admit(host: HostMeasure, used: Usage, request: Request): Admission {
  const verdicts = [
    verdict("cores", host.cores, used.cores, request.cores),
    verdict("memory", host.memoryMiB, used.memoryMiB, request.memoryMiB),
    ...(request.hugepages === true ? [inHugepages(host, request.hugepagesMiB ?? request.memoryMiB)] : []),
  ];
  return {
    fits: verdicts.every((each) => each.fits),
    verdicts,
    largest: largestThatFits(host, used, request.hugepages),
  };
}

/** The largest VM that fits now, in whole cores and MiB; zeros where nothing does. */
export function largestThatFits(host: HostMeasure, used: Usage, hugepages = false): Usage {
  const memory = leftOf(host.memoryMiB, used.memoryMiB);
  return {
    cores: Math.max(0, leftOf(host.cores, used.cores)),
    memoryMiB: Math.max(0, hugepages ? Math.min(memory, hugepagesMiB(host)) : memory),
  };
}

/** One resource for people and outputs. */
export interface Standing {
  readonly total: number;
  readonly used: number;
  /** `total − used`; negative where the host is overcommitted. */
  readonly available: number;
  /** `(total − reserved) × ratio` in whole units. */
  readonly limit: number;
}

export function standing(measure: Measure, used: number): Standing {
  return { total: measure.total, used, available: available(measure.total, used), limit: limitOf(measure) };
}

/** Resources of which one VM alone asks for more than the machine has: allowed by a ratio above 1, and slow (R59). */
export function beyondHost(host: HostMeasure, wanted: Usage): readonly Resource[] {
  return [
    ...(wanted.cores > host.cores.total ? (["cores"] as const) : []),
    ...(wanted.memoryMiB > host.memoryMiB.total ? (["memory"] as const) : []),
  ];
}

function verdict(resource: Resource, measure: Measure, used: number, requested: number): Verdict {
  const { total, ratio, reserved } = measure;
  return {
    resource,
    fits: fits(total, ratio, used, requested, reserved),
    requested,
    left: leftOf(measure, used),
    limit: limitOf(measure),
    used,
    measure,
  };
}

/** No ratio here: a page is there or it is not. A VM takes whole pages. */
function inHugepages(host: HostMeasure, requestedMiB: number): Verdict {
  const pages = host.hugepages ?? { pageKiB: 2048, freePages: 0 };
  const { pageKiB, freePages } = pages;
  const free = (freePages * pageKiB) / 1024;
  const measure: Measure = { total: free, ratio: 1 };
  const requested = requestedMiB <= 0 ? 0 : (Math.ceil((requestedMiB * 1024) / pageKiB) * pageKiB) / 1024;
  return {
    resource: "hugepages",
    fits: requested <= exactLimit(measure),
    requested,
    left: leftOf(measure, 0),
    limit: limitOf(measure),
    used: 0,
    measure,
    pages,
  };
}

function hugepagesMiB(host: HostMeasure): number {
  const { pageKiB = 0, freePages = 0 } = host.hugepages ?? {};
  return Math.floor((freePages * pageKiB) / 1024);
}
