import type { StoragePoolSpec } from "../schema/storagePool";
import type { Named, Observed, Ownership } from "./observed";
import type { PoolSummary } from "./summaries";

export interface ObservedPool extends Observed<StoragePoolSpec> {
  /** Told by `create` and `change` alone: this call has made the folder, or what else the pool stands on. */
  readonly built?: boolean;
  /** Begun on the members of a cluster by a run that was cut off: nobody's yet, and the next run goes on with it. */
  readonly pending?: boolean;
}

export interface PoolChange extends Ownership {
  /** It has never been on, so that its folder may be still to be made: of any other pool one that is missing is an error. Default: no. */
  readonly fresh?: boolean;
}

export interface PoolDriver {
  list(): Promise<readonly PoolSummary[]>;
  find(idOrName: string): Promise<ObservedPool | undefined>;
  /** Of an object without a mark: whether it was made for this owner, which its id says. Absent where marks say it. */
  isOf?(id: string, owner: string): boolean;
  /** What is on devices is never built over, unless the spec's `build` and `overwrite` say so and the pool is new. */
  create(spec: Named<StoragePoolSpec>, owned: Ownership): Promise<ObservedPool>;
  change(id: string, spec: Named<StoragePoolSpec>, change: PoolChange): Promise<ObservedPool>;
  /** The types of pool that the host can run; `undefined`, or no such question at all, where it does not tell. */
  types?(): Promise<readonly string[] | undefined>;
  /** Why the host cannot make a pool larger in place; `undefined` where it can. Absent where pools have no size. */
  noGrowth?(): Promise<string | undefined>;
  /** Volumes and folder stay, unless `contents` and the folder (volume group, …) is empty. */
  remove(id: string, options: { readonly contents: boolean }): Promise<void>;
}
