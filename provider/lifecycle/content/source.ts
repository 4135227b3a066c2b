import { isPlain, type Plain } from "../engine/state";

const WIDTH = 100;

/** The properties of an object as lines of TypeScript. */
export function sourceOf(value: Plain, indent = "  "): readonly string[] {
  return Object.entries(value).flatMap(([name, inner]) =>
    inner === undefined ? [] : [`${indent}${keyOf(name)}: ${textOf(inner, indent)},`],
  );
}

function textOf(value: unknown, indent: string): string {
  const short = onOneLine(value);
  if (short.length + indent.length <= WIDTH || (!isPlain(value) && !Array.isArray(value))) return short;
  const deeper = `${indent}  `;
  const lines = Array.isArray(value)
    ? value.map((item) => `${deeper}${textOf(item, deeper)},`)
    : sourceOf(value as Plain, deeper);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return [open, ...lines, `${indent}${close}`].join("\n");
}

function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`;
  if (!isPlain(value)) return JSON.stringify(value);
  const parts = Object.entries(value).flatMap(([name, inner]) =>
    inner === undefined ? [] : [`${keyOf(name)}: ${onOneLine(inner)}`],
  );
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
