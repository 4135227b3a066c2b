/** What an admission counts of a VM, whoever made it; a driver's VmSummary is one. */
export interface CountedVm {
  readonly id: string;
  readonly cores: number;
  readonly memoryMiB: number;
  /** Only read for the scope `running`. */
  readonly state?: string;
  /** Host CPUs the VM is pinned to; they count instead of `cores` (R115). */
  readonly pinnedCores?: readonly number[];
  /** `true`, or the size of its pages in MiB. */
  readonly hugepages?: boolean | number;
}

export interface Usage {
  readonly cores: number;
  readonly memoryMiB: number;
}

/** `allocated`: every VM counts, running or not (R53); `running`: what is stopped does not (R56). */
export type OvercommitScope = "allocated" | "running";

/** Cores a VM takes: its pinned ones where it is pinned, each counted once. */
export function coresOf({ cores, pinnedCores }: Pick<CountedVm, "cores" | "pinnedCores">): number {
  return pinnedCores === undefined || pinnedCores.length === 0 ? cores : new Set(pinnedCores).size;
}

/** Sum over a host's VMs. A paused or crashed guest keeps its memory, so only `stopped` ones are left out of `running`. */
export function usageOf(vms: readonly CountedVm[], scope: OvercommitScope = "allocated"): Usage {
  const counted = scope === "allocated" ? vms : vms.filter(({ state }) => state !== "stopped");
  return counted.reduce(
    (sum, vm) => ({ cores: sum.cores + coresOf(vm), memoryMiB: sum.memoryMiB + vm.memoryMiB }),
    { cores: 0, memoryMiB: 0 },
  );
}

/** What a change adds to what the VM has already; a resource that shrinks asks for nothing. */
export function growth(before: Usage, after: Usage): Usage {
  return {
    cores: Math.max(0, after.cores - before.cores),
    memoryMiB: Math.max(0, after.memoryMiB - before.memoryMiB),
  };
}
