import { readFile, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "./lib/command.ts";
import { GENERATED, generateAll } from "./lib/generated.ts";
import { checkPages } from "./lib/pages.ts";
import { checkoutDir } from "./lib/paths.ts";
import { main, step, UserError } from "./lib/progress.ts";

/** `npm run check`: lint, formatting, types, also of the code in the pages, and that the generated files are what the schema tables say. All of them, always. */
main(async () => {
  const root = checkoutDir();
  const node = (script: string, ...args: string[]): Promise<void> =>
    report([process.execPath, join(root, "node_modules", script), ...args]);
  const checks: [string, () => Promise<void>][] = [
    ["lint", () => node("eslint/bin/eslint.js", ".", "--max-warnings", "0")],
    ["formatting", () => node("prettier/bin/prettier.cjs", "--check", "--log-level", "warn", ".")],
    ["types", () => node("typescript/bin/tsc", "-p", "tsconfig.test.json")],
    ["package", () => node("typescript/bin/tsc", "-p", "tsconfig.json")],
    ["code of the pages", pages],
    ["generated files", () => generatedFiles(root)],
  ];
  let failed = 0;
  for (const [label, check] of checks) {
    try {
      await step(label, check);
    } catch (error) {
      failed += 1;
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  return failed === 0 ? 0 : 1;
});

async function report(argv: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await run(argv, { cwd: checkoutDir(), allowFailure: true });
  if (code !== 0) throw new UserError(`${stdout}${stderr}`);
}

async function pages(): Promise<void> {
  const complaints = await checkPages();
  if (complaints.length > 0) throw new UserError(complaints.join("\n"));
}

/** Generates them again (from the dist/ that was just built) and puts back what was there. */
async function generatedFiles(root: string): Promise<void> {
  const files = GENERATED.map((file) => join(root, file)).filter((file) => existsSync(file));
  const before = await Promise.all(files.map((file) => readFile(file, "utf8")));
  await generateAll();
  const after = await Promise.all(files.map((file) => readFile(file, "utf8")));
  await Promise.all(files.map((file, index) => writeFile(file, before[index] ?? "")));
  const stale = files.filter((_, index) => before[index] !== after[index]);
  if (stale.length > 0)
    throw new UserError(`Not what the schema tables say (npm run generate): ${stale.join(", ")}`);
}
