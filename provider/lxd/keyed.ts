import type { DriverErrorDetails } from "../driver/errors";
import type { LxdClient } from "./api/client";
import { mergeKeys, sameConfig } from "./keys";
import { OWN, type Config } from "./objects";

/** What LXD's objects have in common: a name, a text, and keys, of which some tell whose it is. */
export interface Keyed {
  readonly name: string;
  readonly description?: string;
  readonly config: Config | null;
}

interface Wanted {
  readonly description?: string;
  readonly adopt?: boolean | string;
}

export interface KeyEdit<T> {
  /** The keys that the program wants of the object. */
  readonly keys: (now: T) => Config;
  readonly owner: string;
  /** Keys that stay when the program stops naming them. */
  readonly stay?: readonly string[];
  /** The last word on what is written. */
  readonly settle?: (next: Config, now: Config) => Config;
  readonly what: Partial<DriverErrorDetails>;
}

/** Brings keys and text of an object in line with the program; nothing is written when they are. */
export function editKeys<T extends Keyed>(
  client: LxdClient,
  path: string,
  { description, adopt = false }: Wanted,
  { keys, owner, stay, settle = (next) => next, what }: KeyEdit<T>,
): Promise<void> {
  return client.edit<T, Pick<Keyed, "description" | "config">>(
    path,
    (object) => {
      const now = object.config ?? {};
      const next = settle(mergeKeys(now, keys(object), owner, stay), now);
      const before = object.description ?? "";
      // A text that was there when the object was taken over is not the program's to take away.
      const text = description ?? (adopt === false ? "" : before);
      return sameConfig(now, next) && text === before ? undefined : { description: text, config: next };
    },
    { what },
  );
}

/** What the driver tells of every such object, around what its keys say. */
export function toldOf<S extends object>(
  { name, description = "", config }: Keyed,
  spec: S,
): {
  readonly id: string;
  readonly name: string;
  readonly owner?: string;
  readonly spec: S & { readonly description: string | undefined };
} {
  const owner = config?.[OWN.owner];
  return {
    id: name,
    name,
    ...(owner === undefined ? {} : { owner }),
    spec: { ...spec, description: description === "" ? undefined : description },
  };
}
