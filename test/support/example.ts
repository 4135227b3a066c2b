import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { checkoutDir } from "../../scripts/lib/paths.ts";
import { Program, type ConfigValue } from "./pulumi.ts";

/** The program of a folder of examples/, as its reader runs it; `npm run check` has looked at its types. */
export async function example(name: string, config: Record<string, ConfigValue>): Promise<Program> {
  const dir = join(checkoutDir(), "examples", name);
  const names = (await readdir(dir)).filter((file) => file.endsWith(".ts") && file !== "index.ts");
  const files = await Promise.all(
    names.map(async (file) => [file, await readFile(join(dir, file), "utf8")] as const),
  );
  return new Program({
    name: `vmhost-${name}`,
    language: "typescript",
    source: await readFile(join(dir, "index.ts"), "utf8"),
    files: Object.fromEntries(files),
    config,
    env: { PULUMI_NODEJS_TRANSPILE_ONLY: "true" },
  });
}
