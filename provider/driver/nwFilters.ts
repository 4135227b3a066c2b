import type { NwFilterSpec } from "../schema/nwFilter";
import type { Named, Observed, Ownership } from "./observed";

export interface ObservedNwFilter extends Observed<NwFilterSpec> {
  /** The filter in the host's own words; the rules are told nowhere else. */
  readonly definition: string;
}

export interface NwFilterDriver {
  find(idOrName: string): Promise<ObservedNwFilter | undefined>;
  /** Of an object without a mark: whether it was made for this owner, which its id says. Absent where marks say it. */
  isOf?(id: string, owner: string): boolean;
  create(spec: Named<NwFilterSpec>, owned: Ownership): Promise<ObservedNwFilter>;
  change(id: string, spec: Named<NwFilterSpec>, owned: Ownership): Promise<ObservedNwFilter>;
  remove(id: string): Promise<void>;
}
