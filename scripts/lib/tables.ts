import { createRequire } from "node:module";
import { join } from "node:path";
import { checkoutDir } from "./paths.ts";

/** A field of the schema tables, as they are in dist/ (build first). */
export type Field = {
  type: { safeParse(value: unknown): { success: boolean } };
  fate: string | ((...values: unknown[]) => unknown);
  doc: string;
  source?: string;
  hosts?: string[];
  secret?: true;
  keep?: true;
  shaped?: true;
  refs?: string[];
  ts?: string;
  internal?: true;
  fields?: Fields;
  each?: { fields: Fields; key: string };
};
export type Fields = Record<string, Field>;

export type Json = Record<string, unknown> & {
  anyOf?: Json[];
  enum?: unknown[];
  type?: string;
  items?: Json;
  const?: unknown;
};

const load = createRequire(join(checkoutDir(), "package.json"));
const { z } = load("zod");
const { typeItself } = load("./dist/schema/table/zod.js") as { typeItself(type: unknown): unknown };

export const { tables } = load("./dist/schema/index.js") as {
  tables: Record<string, { fields: Fields; doc: string }>;
};

export const { hostsOf } = load("./dist/schema/table/reach.js") as {
  hostsOf(kind: string, path: string, field: Field): readonly string[];
};

export function jsonOf(field: Field): Json {
  const schema = z.toJSONSchema(z.object({ field: typeItself(field.type) }), {
    io: "input",
    unrepresentable: "any",
  }) as { properties: { field: Json } };
  return schema.properties.field;
}

/** The type of a JSON schema in TypeScript's words; `items` says how the items of a list are written. */
export function print(schema: Json, items: (item: string) => string): string {
  if (schema.anyOf) return [...new Set(schema.anyOf.map((one) => print(one, items)))].join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.type === "array") return items(print(schema.items ?? {}, items));
  if (schema.type === "integer") return "number";
  return typeof schema.type === "string" && ["string", "number", "boolean"].includes(schema.type)
    ? schema.type
    : "unknown";
}

/**
 * By what the gate does with nothing: what it would print of a type that prepares its values says too little. The gate lets a
 * missing `host` of a resource pass, to name it in a sentence of its own.
 */
export function mayBeLeftOut(key: string, field: Field): boolean {
  if (field.fields || field.each || field.shaped) return true;
  return !(key === "host" && field.refs?.includes("VmHost")) && field.type.safeParse(undefined).success;
}
