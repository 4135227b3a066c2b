import type { z } from "./zod";
import type { HostKind, Kind } from "./kinds";

export type { HostKind, Kind };

/**
 * What a changed field does to the object on the host.
 * - `live`: applied at once, a running guest goes on
 * - `restart`: kept in the persistent definition; a running guest sees it at its next boot
 * - `replace`: the object must be made anew
 * - `record`: kept by us (state, metadata), the host itself does not change
 */
export type Fate = "live" | "restart" | "replace" | "record";

/** Decides from the two values, for fields whose fate depends on them; `undefined` means "no change after all". */
export type FateRule = (before: unknown, after: unknown) => Fate | undefined;

export interface FieldOptions {
  readonly fate: Fate | FateRule;
  /** One or more sentences for the reader of the reference; units and defaults included. */
  readonly doc: string;
  /** The libvirt element or call, or the LXD key, that carries the value. */
  readonly source?: string;
  /** Hosts that can do it; a field that names none is for every kind. */
  readonly hosts?: readonly HostKind[];
  /** Values that must never be shown: encrypted in state, never in a message. */
  readonly secret?: true;
  /** Of a secret that is a record: each of its values is one by itself, however short. */
  readonly eachSecret?: true;
  /** `undefined` leaves alone what the host has (it fills the value in), so taking the field out changes nothing. */
  readonly keep?: true;
  /** The host tells a value also where the program says nothing; that is no drift, but taking the field out is a change. */
  readonly filled?: true;
  /** Filled in before the gate (names by position), so a program may leave it out although the type requires it. */
  readonly shaped?: true;
  /** Values that are written differently and mean the same. */
  readonly same?: (a: unknown, b: unknown) => boolean;
  /** For a group: having it without a word about it is not the same as not having it. */
  readonly switchable?: true;
  /** Resources that may stand in for the value in a program; the constructor puts their name or connection there. */
  readonly refs?: readonly Kind[];
  /** The type as a program writes it, where it cannot be read off `type`. */
  readonly ts?: string;
  /** Set by the constructors, not by users: left out of the typed arguments and the reference. */
  readonly internal?: true;
}

/** One input of a resource: its type and default (zod), its text, its hosts and its fate, declared once. */
export interface Field<T = unknown> extends FieldOptions {
  readonly type: z.ZodType<T>;
  /** For an object with fields of its own. */
  readonly fields?: Fields;
  /** For a list of such objects: `key` names the field that identifies an element, so that order means nothing. */
  readonly each?: { readonly fields: Fields; readonly key: string };
}

export type Fields = Readonly<Record<string, Field>>;

/** The exact type below the gate: every field present, optional ones `| undefined`. */
export type Spec<F extends Fields> = { [K in keyof F]: F[K] extends Field<infer T> ? T : never };

export function field<T>(type: z.ZodType<T>, options: FieldOptions): Field<T> {
  return { type, ...options };
}
