import { isDeepStrictEqual } from "node:util";
import { z } from "./table/zod";
import { field, type Field } from "./table/field";

/** How a field's value is written as a text of LXD's configuration. */
export type KeyForm = "text" | "flag" | "number" | "list" | "ranges" | "seconds" | "bytes" | "mebibytes";

/** A field that stands for a key of LXD's configuration: `ipv4.nat` for `ipv4.nat`, `mac` for `bridge.hwaddr`. */
export interface LxdKey {
  readonly path: string;
  readonly key: string;
  readonly form: KeyForm;
  /** The types of the object that know it; all of them where none is named. */
  readonly types?: readonly string[];
}

/**
 * LXD's own configuration keys with their values as texts. Keys that have a field of their own are refused with its name,
 * and so are those that only LXD, or this provider, writes.
 */
export const configKeys = (fields: Readonly<Record<string, string>>): z.ZodType<Record<string, string>> =>
  z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .superRefine((value, context) => {
      for (const key of Object.keys(value)) {
        const own = fields[key];
        const message =
          own !== undefined
            ? `"${key}" is set by the field \`${own}\``
            : /^(volatile|image|user\.vmhost)\./.test(key)
              ? `"${key}" is not for programs to set`
              : undefined;
        if (message !== undefined) context.addIssue({ code: "custom", message, path: [key] });
      }
    }) as unknown as z.ZodType<Record<string, string>>;

/** The field that stands for each key. */
function fieldsByKey(keys: readonly LxdKey[]): Readonly<Record<string, string>> {
  return Object.fromEntries(keys.map(({ key, path }) => [key, path]));
}

/** What a table offers for keys that have no field in it. */
export function rawKeys(keys: readonly LxdKey[], example: string): Field<Record<string, string> | undefined> {
  return field(configKeys(fieldsByKey(keys)).optional(), {
    fate: "live",
    filled: true,
    same: (a, b) => isDeepStrictEqual(a ?? {}, b ?? {}),
    ts: "Record<string, string | number | boolean>",
    doc: `LXD configuration keys for what has no field here, such as \`${example}\`. Keys that others have set stay.`,
    source: "config",
  });
}

/** A list that means nothing when it is empty. */
export function some<T>(list: z.ZodType<T[]>): z.ZodType<T[] | undefined> {
  return list.transform((items) => (items.length === 0 ? undefined : items)).optional();
}
