import type { LxdNetworkSpec } from "../schema/lxdNetwork";
import type { LxdProjectSpec } from "../schema/lxdProject";
import type { Named, Observed, Ownership } from "./observed";
import type { ProjectState } from "./summaries";

export interface ObservedLxdNetwork extends Observed<LxdNetworkSpec> {
  /** What uses it, in words: `instance "web"`. */
  readonly usedBy: readonly string[];
  /** The host's addresses on it, also where the host has chosen them; `none` where there is none. */
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
  /** Begun on the members of a cluster by a run that was cut off: nobody's yet, and the next run goes on with it. */
  readonly pending?: boolean;
}

/** The id is the name, and a change to another name renames it; one that is used throws `invalid-state`. */
export interface LxdNetworkDriver {
  find(name: string): Promise<ObservedLxdNetwork | undefined>;
  create(spec: Named<LxdNetworkSpec>, owned: Ownership): Promise<ObservedLxdNetwork>;
  change(id: string, spec: Named<LxdNetworkSpec>, owned: Ownership): Promise<ObservedLxdNetwork>;
  remove(id: string): Promise<void>;
  /** Names of the ACLs that networks may have; undefined where the server knows none. */
  acls(): Promise<readonly string[] | undefined>;
}

export interface ObservedLxdProject extends Observed<LxdProjectSpec> {
  /** What it holds, in words: `instance "web"`; without the profile that comes with it. */
  readonly usedBy: readonly string[];
}

/** The id is the name, and a change to another name renames it; one that holds something throws `invalid-state`. */
export interface LxdProjectDriver {
  find(name: string): Promise<ObservedLxdProject | undefined>;
  create(spec: Named<LxdProjectSpec>, owned: Ownership): Promise<ObservedLxdProject>;
  change(id: string, spec: Named<LxdProjectSpec>, owned: Ownership): Promise<ObservedLxdProject>;
  /** Cached copies of images go with it; anything else in it throws `invalid-state`, and stays. */
  remove(id: string): Promise<void>;
  state(name: string): Promise<ProjectState | undefined>;
}
