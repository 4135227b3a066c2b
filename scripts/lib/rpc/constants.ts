import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkoutDir } from "../paths.ts";
import type { ProcedureRow, Protocol } from "./protocol.ts";

/** The constants that some file names. All of them, a thousand exports, take every provider process 8 ms to load. */
function named(): Set<string> {
  const root = checkoutDir();
  const files = globSync("{provider,test,bench}/**/*.ts", { cwd: root });
  const texts = files
    .filter((file) => !file.endsWith("constants.gen.ts"))
    .map((file) => readFileSync(join(root, file), "utf8"));
  return new Set(texts.flatMap((text) => text.match(/\b[A-Z]+_[A-Z0-9_]+\b/g) ?? []));
}

/** The text of constants.gen.ts, under its banner. */
export function constants({ remote, qemu, net, keepalive, enums }: Protocol): string {
  const lines: string[] = [];
  const seen = new Set<string>();
  const wanted = named();
  const section = (title: string, values: Record<string, number>): void => {
    const fresh = Object.entries(values).filter(([name]) => wanted.has(name) && !seen.has(name));
    if (fresh.length === 0) return;
    lines.push("", `// ${title}`);
    for (const [name, value] of fresh) {
      seen.add(name);
      lines.push(`export const ${name} = ${value};`);
    }
  };
  const size = /^VIR_NET_MESSAGE/;
  section("programs", { ...remote.program, ...qemu.program, ...keepalive.program });
  section("keepalive procedures", prefixed("KEEPALIVE_PROC_", keepalive.procedures));
  section(
    "sizes, in bytes",
    Object.fromEntries(Object.entries(net.constants).filter(([name]) => size.test(name))),
  );
  for (const [title, values] of Object.entries({ ...net.enums, ...remote.enums })) section(title, values);
  // The protocol's union has one case for each virTypedParameterType, in its order; that enum counts from 1.
  const types = Object.keys(remote.unions["remote_typed_param_value"]?.cases ?? {});
  section("virTypedParameterType", Object.fromEntries(types.map((name, index) => [name, index + 1])));
  for (const [title, values] of Object.entries(enums)) section(title, values);
  return `${lines.join("\n")}\n`;
}

function prefixed(prefix: string, rows: ProcedureRow[]): Record<string, number> {
  return Object.fromEntries(rows.map((row) => [prefix + row.name.toUpperCase(), row.number]));
}
