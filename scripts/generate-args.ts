/**
 * Writes provider/resources/args.gen.ts and docs/reference.md from the schema tables (from dist/, so build first):
 * `npm run generate`. The tables are the only place where an input is declared.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { checkoutDir } from "./lib/paths.ts";

const root = checkoutDir();
const load = createRequire(join(root, "package.json"));
const { z } = load("zod");
const { typeItself } = load("./dist/schema/table/zod.js") as { typeItself(type: unknown): unknown };
const { tables } = load("./dist/schema/index.js") as {
  tables: Record<string, { fields: Fields; doc: string }>;
};

const { hostsOf } = load("./dist/schema/table/reach.js") as {
  hostsOf(kind: string, path: string, field: Field): readonly string[];
};

type Field = {
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
type Fields = Record<string, Field>;
type Json = Record<string, unknown> & {
  anyOf?: Json[];
  enum?: unknown[];
  type?: string;
  items?: Json;
  const?: unknown;
};

const interfaces: string[] = [];
const secrets = new Set<string>();

function capital(text: string): string {
  return text[0]?.toUpperCase() + text.slice(1);
}

function jsonOf(field: Field): Json {
  const schema = z.toJSONSchema(z.object({ field: typeItself(field.type) }), {
    io: "input",
    unrepresentable: "any",
  }) as { properties: { field: Json } };
  return schema.properties.field;
}

/** By what the gate does with nothing: what it would print of a type that prepares its values says too little. */
function mayBeLeftOut(key: string, field: Field): boolean {
  if (field.fields || field.each || field.shaped) return true;
  return key !== "host" && field.type.safeParse(undefined).success;
}

function print(schema: Json): string {
  if (schema.anyOf) return [...new Set(schema.anyOf.map(print))].join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.type === "array") return `pulumi.Input<${print(schema.items ?? {})}>[]`;
  if (schema.type === "integer") return "number";
  return typeof schema.type === "string" && ["string", "number", "boolean"].includes(schema.type)
    ? schema.type
    : "unknown";
}

function typeOf(kind: string, name: string, field: Field, prefix: string): string {
  // A group may have a short way to write it.
  const short = field.ts === undefined ? "" : `${field.ts} | `;
  if (field.fields) return short + interfaceOf(`${prefix}${capital(name)}`, kind, field.fields);
  if (field.each)
    return `pulumi.Input<${interfaceOf(`${prefix}${capital(singular(name))}`, kind, field.each.fields)}>[]`;
  return field.ts ?? print(jsonOf(field));
}

function singular(name: string): string {
  return name.endsWith("s") ? name.slice(0, -1) : name;
}

function interfaceOf(name: string, kind: string, fields: Fields): string {
  const lines = Object.entries(fields)
    .filter(([, field]) => !field.internal)
    .map(([key, field]) => {
      if (field.secret) secrets.add(key);
      const refs = (field.refs ?? []).map((ref) => `${ref}Ref | `).join("");
      const optional = mayBeLeftOut(key, field) ? "?" : "";
      const source = field.source ? `\n   *\n   * Source: ${field.source}` : "";
      return `  /**\n   * ${field.doc}${source}\n   */\n  ${key}${optional}: ${refs}pulumi.Input<${typeOf(kind, key, field, name.replace(/Args$/, ""))}>;`;
    });
  const full = `${name}Args`.replace("ArgsArgs", "Args");
  interfaces.push(`export interface ${full} {\n${lines.join("\n")}\n}`);
  return full;
}

for (const [kind, { fields }] of Object.entries(tables)) interfaceOf(kind, kind, fields);

const header = `// Generated from provider/schema by \`npm run generate\`; do not edit.
import type * as pulumi from "@pulumi/pulumi";
import type { HostConnection, LibvirtNetworkRef, LibvirtSecretRef, LxdNetworkRef, LxdProjectRef, NwFilterRef, StoragePoolRef, StorageVolumeRef, VmHostRef, VmRef } from "./refs";
`;
writeFileSync(
  join(root, "provider/resources/args.gen.ts"),
  `${header}
/** Inputs that are encrypted in state whatever the program says. */
export const SECRET_INPUTS: readonly string[] = ${JSON.stringify([...secrets])};

${interfaces.join("\n\n")}
`,
);

function fateWord(field: Field): string {
  return typeof field.fate === "function" ? "depends on the values" : field.fate;
}

/** A word for fields that only one kind of host knows. */
function onlyOn(kind: string, path: string, field: Field): string {
  const hosts = hostsOf(kind, path, field);
  return hosts.length > 1 ? "" : hosts[0] === "lxd" ? " *LXD only.*" : " *libvirt only.*";
}

function rows(kind: string, fields: Fields, prefix = ""): string[] {
  return Object.entries(fields)
    .filter(([, field]) => !field.internal)
    .flatMap(([key, field]) => {
      const text = field.doc.replaceAll("|", "\\|");
      const path = `${prefix}${key}`.replaceAll("[]", "");
      const only =
        prefix === "" || hostsOf(kind, path.replace(/\.[^.]*$/, ""), {} as Field).length > 1
          ? onlyOn(kind, path, field)
          : "";
      const row = `| \`${prefix}${key}\` | ${text}${only} | ${fateWord(field)} | ${field.source?.replaceAll("|", "\\|").replaceAll("<", "&lt;") ?? ""} |`;
      return [
        row,
        ...rows(kind, field.fields ?? {}, `${prefix}${key}.`),
        ...rows(kind, field.each?.fields ?? {}, `${prefix}${key}[].`),
      ];
    });
}

const text = Object.entries(tables).map(
  ([kind, { fields, doc }]) =>
    `## ${kind}\n\n${doc}\n\n| input | meaning | when it changes | on the host |\n| --- | --- | --- | --- |\n${rows(kind, fields).join("\n")}\n`,
);
mkdirSync(join(root, "docs"), { recursive: true });
const intro = readFileSync(join(root, "scripts/reference-intro.md"), "utf8");
writeFileSync(join(root, "docs/reference.gen.md"), `${intro}\n${text.join("\n")}`);
