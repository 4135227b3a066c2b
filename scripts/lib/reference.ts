import { readFileSync } from "node:fs";
import { join } from "node:path";
import { answers, type Output, outputsOf } from "./outputs.ts";
import { checkoutDir } from "./paths.ts";
import { type Field, type Fields, hostsOf, jsonOf, mayBeLeftOut, print, tables } from "./tables.ts";

/** The text of docs/reference.gen.md: every input and output of every resource. */
export function reference(): string {
  const intro = readFileSync(join(checkoutDir(), "scripts/reference-intro.md"), "utf8");
  const kinds = Object.keys(tables);
  const contents = [...kinds, "Functions"].map((name) => `[${name}](#${name.toLowerCase()})`).join(" · ");
  return [intro.trim(), contents, ...kinds.map(chapter), functions()].join("\n\n");
}

function chapter(kind: string): string {
  const { fields, doc } = tables[kind] ?? { fields: {}, doc: "" };
  return [
    `## ${kind}`,
    "",
    doc,
    "",
    "| input | type | meaning | when it changes | on the host |",
    "| --- | --- | --- | --- | --- |",
    ...inputRows(kind, fields),
    "",
    ...outputTable("output", outputsOf(kind)),
  ].join("\n");
}

function functions(): string {
  const each = answers().map(({ name, doc, asked, outputs }) =>
    [
      `### ${name}`,
      "",
      `${doc} Asked with ${asked.map(({ path }) => `\`${path}\``).join(", ")}.`,
      "",
      ...outputTable("answer", outputs),
    ].join("\n"),
  );
  return ["## Functions", ...each].join("\n\n");
}

function outputTable(title: string, outputs: readonly Output[]): string[] {
  return [
    `| ${title} | type | meaning |`,
    "| --- | --- | --- |",
    ...outputs.map(({ path, type, doc }) => row([`\`${path}\``, code(type), cell(doc)])),
  ];
}

function inputRows(kind: string, fields: Fields, prefix = ""): string[] {
  return Object.entries(fields)
    .filter(([, field]) => !field.internal)
    .flatMap(([key, field]) => {
      const path = `${prefix}${key}`.replaceAll("[]", "");
      const within = path.replace(/\.[^.]*$/, "");
      const only =
        prefix === "" || hostsOf(kind, within, {} as Field).length > 1 ? onlyOn(kind, path, field) : "";
      const fate = typeof field.fate === "function" ? "depends on the values" : field.fate;
      const needed = mayBeLeftOut(key, field) ? "" : " **Required.**";
      return [
        row([
          `\`${prefix}${key}\``,
          code(typeWord(field)),
          `${cell(field.doc)}${needed}${only}`,
          fate,
          cell(field.source ?? ""),
        ]),
        ...inputRows(kind, field.fields ?? {}, `${prefix}${key}.`),
        ...inputRows(kind, field.each?.fields ?? {}, `${prefix}${key}[].`),
      ];
    });
}

/** As a program writes it; that any of it may be an Output goes without saying. */
function typeWord(field: Field): string {
  const refs = field.refs ?? [];
  const own = field.fields
    ? [field.ts, "{…}"]
    : field.each
      ? ["[{…}]"]
      : [field.ts ?? print(jsonOf(field), (item) => (item.includes("|") ? `(${item})[]` : `${item}[]`))];
  return [...refs, ...own.filter((word) => word !== undefined)]
    .join(" | ")
    .replaceAll(/pulumi\.Input<((?:[^<>]|<[^<>]*>)*)>/g, (_, inner: string) =>
      inner.includes("|") ? `(${inner})` : inner,
    );
}

/** A word for fields that only one kind of host knows. */
function onlyOn(kind: string, path: string, field: Field): string {
  const hosts = hostsOf(kind, path, field);
  return hosts.length > 1 ? "" : hosts[0] === "lxd" ? " *LXD only.*" : " *libvirt only.*";
}

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const cell = (text: string): string =>
  text.replaceAll("|", "\\|").replaceAll(/<(?=[a-z/])(?![^`]*`)/g, "&lt;");
const code = (text: string): string => `\`${text.replaceAll("|", "\\|")}\``;
