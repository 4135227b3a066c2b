import { isSafe, PROCEDURES } from "./names.ts";
import type { ProcedureRow, Protocol } from "./protocol.ts";
import { camel, pascal, Types } from "./types.ts";

/** The text of procedures.gen.ts, under its banner. */
export function procedures({ remote, qemu }: Protocol): string {
  const types = new Types({ ...remote.structs, ...qemu.structs });
  const { order, structs } = types;
  const rows: { name: string; row: ProcedureRow; program: string }[] = PROCEDURES.map((name) => {
    const isQemu = name.startsWith("qemu_");
    const row = (isQemu ? qemu : remote).procedures.find(
      (known) => known.name === name.replace(/^qemu_/, ""),
    );
    if (!row) throw new Error(`The protocol has no procedure ${name}`);
    return { name, row, program: isQemu ? "QEMU_PROGRAM" : "REMOTE_PROGRAM" };
  });
  types.need("remote_error");
  for (const { row } of rows) for (const type of [row.args, row.ret, row.msg]) if (type) types.need(type);

  const calls = rows.filter(({ row }) => !row.msg && !row.name.startsWith("connect_event_"));
  const events = rows.filter(({ row }) => row.msg ?? row.name.startsWith("connect_event_"));
  const typed = (type: string | undefined): string => (type ? pascal(type) : "void");
  const codecOf = (type: string | undefined): string => (type ? camel(type) : "nothing");

  const interfaces = order.map((name) => {
    const fields = (structs[name] ?? []).map((field) => `  ${field.name}: ${types.render(field).type};`);
    return `export interface ${pascal(name)} {\n${fields.join("\n")}\n}`;
  });
  const codecs = order.map((name) => {
    const fields = (structs[name] ?? []).map((field) => `  ${field.name}: ${types.render(field).codec},`);
    const keyword = name === "remote_error" ? "export const" : "const";
    return `${keyword} ${camel(name)}: Codec<${pascal(name)}> = struct<${pascal(name)}>({\n${fields.join("\n")}\n});`;
  });
  const table = calls.map(({ name, row, program }) => {
    const extras = (row.stream ? `, stream: "${row.stream}"` : "") + (isSafe(name) ? ", safe: true" : "");
    return `  ${name}: { name: "${name}", program: ${program}, number: ${row.number}, args: ${codecOf(row.args)}, ret: ${codecOf(row.ret)}${extras} },`;
  });
  const eventTable = events.map(({ name, row }) => {
    const message =
      (row.msg ?? structs[`remote_${row.name}_msg`])
        ? codecOf(row.msg ?? `remote_${row.name}_msg`)
        : "nothing";
    return `  ${name}: { name: "${name}", program: REMOTE_PROGRAM, number: ${row.number}, message: ${message} },`;
  });
  return [
    `import { array, type Codec, chars, hyper, int, nothing, opaque, optional, string, struct, uhyper, uint, uuid } from "./wire/codec";`,
    `import { QEMU_PROGRAM, REMOTE_PROGRAM, VIR_NET_MESSAGE_STRING_MAX } from "./constants.gen";`,
    `import { remoteTypedParam, type TypedParam } from "./wire/typedParams";`,
    "",
    ...interfaces,
    "",
    "const text = string(VIR_NET_MESSAGE_STRING_MAX);",
    ...codecs,
    "",
    "/** Arguments and result of every call, by the protocol's own name. */",
    "export interface Procedures {",
    ...calls.map(({ name, row }) => `  ${name}: { args: ${typed(row.args)}; ret: ${typed(row.ret)} };`),
    "}",
    "",
    "/** What the daemon sends by itself, by the protocol's own name. */",
    "export interface Events {",
    ...events.map(
      ({ name, row }) =>
        `  ${name}: ${typed(row.msg ?? (structs[`remote_${row.name}_msg`] ? `remote_${row.name}_msg` : undefined))};`,
    ),
    "}",
    "",
    "export interface Procedure<Args, Ret> {",
    "  readonly name: keyof Procedures;",
    "  readonly program: number;",
    "  readonly number: number;",
    "  readonly args: Codec<Args>;",
    "  readonly ret: Codec<Ret>;",
    "  /** Direction of the stream that follows the reply, as seen by the client. */",
    `  readonly stream?: "read" | "write";`,
    "  /** It only reads: asking again after a lost connection changes nothing. */",
    "  readonly safe?: true;",
    "}",
    "",
    'export const procedures: { readonly [Name in keyof Procedures]: Procedure<Procedures[Name]["args"], Procedures[Name]["ret"]> } = {',
    ...table,
    "};",
    "",
    "export const events: { readonly [Name in keyof Events]: { readonly name: Name; readonly program: number; readonly number: number; readonly message: Codec<Events[Name]> } } = {",
    ...eventTable,
    "};",
    "",
  ].join("\n");
}
