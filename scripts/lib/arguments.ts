import { type Field, type Fields, jsonOf, mayBeLeftOut, print, tables } from "./tables.ts";

const HEADER = `// Generated from provider/schema by \`npm run generate\`; do not edit.
import type * as pulumi from "@pulumi/pulumi";
import type { HostConnection, LibvirtNetworkRef, LibvirtSecretRef, LxdNetworkRef, LxdProjectRef, NwFilterRef, StoragePoolRef, StorageVolumeRef, VmHostRef, VmRef } from "./refs";
`;

/** The text of args.gen.ts: what each resource's constructor takes. */
export function argumentTypes(): string {
  const made: Made = { interfaces: [], secrets: new Set() };
  for (const [kind, { fields }] of Object.entries(tables)) interfaceOf(made, kind, fields);
  return `${HEADER}
/** Inputs that are encrypted in state whatever the program says. */
export const SECRET_INPUTS: readonly string[] = ${JSON.stringify([...made.secrets])};

${made.interfaces.join("\n\n")}
`;
}

interface Made {
  readonly interfaces: string[];
  readonly secrets: Set<string>;
}

function interfaceOf(made: Made, name: string, fields: Fields): string {
  const lines = Object.entries(fields)
    .filter(([, field]) => !field.internal)
    .map(([key, field]) => {
      if (field.secret) made.secrets.add(key);
      const refs = (field.refs ?? []).map((ref) => `${ref}Ref | `).join("");
      const optional = mayBeLeftOut(key, field) ? "?" : "";
      const source = field.source ? `\n   *\n   * Source: ${field.source}` : "";
      const type = typeOf(made, key, field, name.replace(/Args$/, ""));
      // What may be left out may be given as undefined, also by an Output and in strict projects (exactOptionalPropertyTypes).
      const given = optional === "" ? type : `${type} | undefined`;
      return `  /**\n   * ${field.doc}${source}\n   */\n  ${key}${optional}: ${refs}${input(given)};`;
    });
  const full = `${name}Args`.replace("ArgsArgs", "Args");
  made.interfaces.push(`export interface ${full} {\n${lines.join("\n")}\n}`);
  return full;
}

function typeOf(made: Made, name: string, field: Field, prefix: string): string {
  // A group may have a short way to write it.
  const short = field.ts === undefined ? "" : `${field.ts} | `;
  if (field.fields) return short + interfaceOf(made, `${prefix}${capital(name)}`, field.fields);
  if (field.each)
    return `pulumi.Input<${interfaceOf(made, `${prefix}${capital(singular(name))}`, field.each.fields)}>[]`;
  return field.ts === undefined ? print(jsonOf(field), (item) => `${input(item)}[]`) : later(field.ts);
}

/** A type as the table has it, such that what is inside may come later: an Output of another resource. */
function later(type: string): string {
  if (type.includes("pulumi.Input<")) return type;
  return type
    .replaceAll(/\bstring\[\]/g, "pulumi.Input<string>[]")
    .replaceAll(
      /Record<string, ((?:string|number|boolean)(?: \| \w+)*)>/g,
      (_, value: string) => `Record<string, ${input(value)}>`,
    )
    .replaceAll(
      /(?<=[{;] )(\w+)(\??): ([^;{}]+)(?=[;}])/g,
      (_, key: string, optional: string, value: string) =>
        `${key}${optional}: ${input(optional === "" ? value.trim() : `${value.trim()} | undefined`)}`,
    );
}

function input(type: string): string {
  return `pulumi.Input<${type}>`;
}

function capital(text: string): string {
  return text[0]?.toUpperCase() + text.slice(1);
}

function singular(name: string): string {
  return name.endsWith("s") ? name.slice(0, -1) : name;
}
