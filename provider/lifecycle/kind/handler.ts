import type { HostDriver } from "../../driver/contract";
import type { HostConnection } from "../../schema/address/connection";
import type { Foreseen } from "../../schema/table/beside";
import type { Fields, Kind } from "../../schema/table/field";
import type { Complaint } from "../../schema/table/gate";
import type { Change } from "../engine/diff";
import type { Ledger } from "../host/ledger";
import type { Plain } from "../engine/state";

/** What a handler may use of the world. */
export interface Context {
  /** A read-only step on a host. */
  observe<T>(host: HostConnection, step: (driver: HostDriver) => Promise<T>): Promise<T>;
  /** A changing, idempotent step on a host; throttled and repeated after a lost connection. */
  act<T>(host: HostConnection, step: (driver: HostDriver) => Promise<T>): Promise<T>;
  /** How full a host is, as far as this process knows. */
  ledger(host: HostConnection): Ledger;
}

/** What is known of an object: its id on the host, and the outputs (inputs with computed values). */
export interface Made {
  readonly id: string;
  readonly outs: Plain;
}

/** What a refresh has found; `inputs` are the program's words with the host's values. */
export interface Seen {
  readonly id: string;
  readonly outs: Plain;
  readonly inputs?: Plain;
}

/** Inputs as they go on, and what is wrong with them. */
export interface CheckedInputs {
  readonly inputs: Plain;
  readonly complaints: readonly Complaint[];
}

/** An object that is on a host. */
export interface Standing {
  readonly name: string;
  readonly owner?: string | undefined;
  /** Of a host that keeps no owner with such objects: whether it was made for this resource. */
  readonly own?: boolean | undefined;
}

/** How objects of a kind are looked for before one is made. */
export interface Existing {
  /** As messages call it. */
  readonly noun: string;
  /** The one of this name, or that `adopt` names; for a kind without names, the one that would stand in the way. */
  find(wanted: string, news: Plain, context: Context): Promise<Standing | undefined>;
}

/** One resource's life in domain words. Inputs have passed the gate: they are of the table's exact types. */
export interface Handler<S> {
  readonly kind: Kind;
  readonly fields: Fields;
  /** Validates and normalises everything, cross-field rules included. */
  readonly type: { safeParse(value: unknown): ParseResult };
  /** Fills in what the gate must see: names of list elements and the like. Runs before validation. */
  shape?(news: Plain, olds: Plain): Plain;
  /** Fills in what depends on other values: names, addresses, targets. Runs after validation. */
  fill?(news: Plain, olds: Plain, given: Plain): Plain;
  /** Sees changes in the light of the rest: what another input says may make a replacement an update. */
  refine?(changes: readonly Change[], news: Plain, olds: Plain): readonly Change[];
  /** Complaints that need the previous inputs: changes that would destroy data. */
  guard?(changes: readonly Change[], news: Plain, olds: Plain): readonly Complaint[];
  /** Decides what only hosts can tell: on which of several the object goes. Runs before `admit`. */
  place?(news: Plain, olds: Plain, context: Context): Promise<CheckedInputs>;
  /** Complaints of the host itself, in preview too: what would not fit there. A host that cannot be asked has none. */
  admit?(news: Plain, olds: Plain, context: Context): Promise<readonly Complaint[]>;
  /**
   * For a preview: computed outputs of an object that is to be made or changed, as far as they can be known. `olds` are the inputs
   * before, none for a new object; what is not answered stays unknown.
   */
  foresee?(changes: readonly Change[], news: Plain, olds: Plain, context: Context): Promise<Foreseen>;
  /** Outputs that there are not with these inputs. */
  never?(news: Plain): readonly string[];
  /** How it is looked for whether the host has such a one already, before it is made. */
  readonly existing?: Existing;
  /** A line about what changes do, for a preview that has no other place for it. */
  says?(changes: readonly Change[], news: Plain, olds: Plain): string | undefined;
  /** Looks at the state before a diff. */
  notice?(olds: Plain, context: Context): void;
  create(spec: S, context: Context): Promise<Made>;
  read(id: string, outs: Plain, context: Context): Promise<Seen | undefined>;
  update(id: string, spec: S, olds: Plain, context: Context): Promise<Made>;
  delete(id: string, outs: Plain, context: Context): Promise<void>;
}

export type ParseResult =
  | { success: true; data: unknown }
  | { success: false; error: { issues: readonly { path: PropertyKey[]; message: string }[] } };
