import { type Field, type Fields, jsonOf, mayBeLeftOut, tables } from "./tables.ts";

type Schema = Record<string, unknown>;

/**
 * The inputs of every resource as JSON Schema (2020-12): for VMs that are kept in YAML or JSON, an editor and a check of their
 * own. What takes another resource takes its name or id here.
 */
export function inputsSchema(): Schema {
  const $defs = Object.fromEntries(
    Object.entries(tables).map(([kind, { fields, doc }]) => [kind, { description: doc, ...group(fields) }]),
  );
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Inputs of pulumi-vmhost's resources",
    description:
      "Refer to one kind: `…#/$defs/Vm`. Units, defaults and what a change does are in reference.gen.md.",
    $defs,
  };
}

function group(fields: Fields): Schema {
  const known = Object.entries(fields).filter(([, field]) => !field.internal);
  const required = known.filter(([key, field]) => !mayBeLeftOut(key, field)).map(([key]) => key);
  return {
    type: "object",
    properties: Object.fromEntries(known.map(([key, field]) => [key, described(field)])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

function described(field: Field): Schema {
  return { description: field.doc, ...valueOf(field) };
}

function valueOf(field: Field): Schema {
  if (field.each) return { type: "array", items: group(field.each.fields) };
  if (field.fields === undefined) return jsonOf(field);
  // A group may have a short way to write it.
  return field.ts === undefined ? group(field.fields) : { anyOf: [{ type: field.ts }, group(field.fields)] };
}
