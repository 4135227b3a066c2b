import { existsSync } from "node:fs";
import { mkdir, readdir, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./command.ts";
import { checkoutDir } from "./paths.ts";
import { nothingToDo } from "./progress.ts";

/**
 * Compiles provider/ to dist/ when a source is newer than the last build: engine tests and examples load dist/, as users do.
 * Tests let type errors pass, as they do for the sources that jest loads; `npm run check` is what finds them.
 */
export async function ensureBuilt({ typeErrors = "fail" }: { typeErrors?: "fail" | "ignore" } = {}): Promise<
  undefined | typeof nothingToDo
> {
  const root = checkoutDir();
  const stamp = join(root, "dist", ".built");
  const sources = (await readdir(join(root, "provider"), { recursive: true })).filter((file) =>
    file.endsWith(".ts"),
  );
  const changed = await Promise.all(
    [...sources.map((file) => join(root, "provider", file)), join(root, "tsconfig.json")].map(modified),
  );
  if (
    existsSync(stamp) &&
    existsSync(join(root, "dist", "index.js")) &&
    Math.max(...changed) <= (await modified(stamp))
  )
    return nothingToDo;
  // The stamp carries the time before the build: what is edited while it runs is built again.
  const start = new Date();
  const compiler = [
    process.execPath,
    join(root, "node_modules/typescript/bin/tsc"),
    "-p",
    join(root, "tsconfig.json"),
  ];
  await run(compiler, { cwd: root, allowFailure: typeErrors === "ignore" });
  await mkdir(join(root, "dist"), { recursive: true });
  await writeFile(stamp, "");
  await utimes(stamp, start, start);
  return undefined;
}

async function modified(file: string): Promise<number> {
  return (await stat(file)).mtimeMs;
}
