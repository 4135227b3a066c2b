import { readFile, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureBuilt } from "./lib/build.ts";
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
  // The examples find the types of the package in dist/, which a fresh clone has not.
  await step("build", () => ensureBuilt({ typeErrors: "ignore" }));
  // Two at a time, of about the same length.
  const lanes: Check[][] = [
    [
      ["types", () => node("typescript/bin/tsc", "-p", "tsconfig.test.json")],
      ["formatting", () => node("prettier/bin/prettier.cjs", "--check", "--log-level", "warn", ".")],
    ],
    [
      ["package", () => node("typescript/bin/tsc", "-p", "tsconfig.json")],
      ["code of the pages", pages],
      ["lint", () => node("eslint/bin/eslint.js", ".", "--max-warnings", "0")],
    ],
  ];
  const failed = await Promise.all(lanes.map(inTurn));
  // Alone, as it writes what the others read.
  failed.push(await inTurn([["generated files", () => generatedFiles(root)]]));
  return failed.every((count) => count === 0) ? 0 : 1;
});

type Check = readonly [label: string, check: () => Promise<void>];

/** How many failed; each says why. */
async function inTurn(checks: readonly Check[]): Promise<number> {
  let failed = 0;
  for (const [label, check] of checks) {
    try {
      await step(label, check);
    } catch (error) {
      failed += 1;
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  return failed;
}

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
