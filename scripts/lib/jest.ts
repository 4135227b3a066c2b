import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { checkoutDir } from "./paths.ts";

/** The parts of jest's --json report that we read. */
export interface TestReport {
  numPassedTests: number;
  numFailedTests: number;
  numRuntimeErrorTestSuites: number;
  success: boolean;
  testResults: {
    name: string;
    status: string;
    message: string;
    /** In milliseconds since the epoch. */
    startTime: number;
    endTime: number;
    assertionResults: {
      ancestorTitles: string[];
      title: string;
      fullName: string;
      status: string;
      /** With colours and stacks. */
      failureMessages?: string[] | null;
    }[];
  }[];
}

/** Runs jest on projects, its output as it comes, and returns its report. */
export async function runJest(
  projects: readonly string[],
  args: readonly string[] = [],
): Promise<TestReport> {
  const root = checkoutDir();
  const dir = await mkdtemp(join(tmpdir(), "jest-report-"));
  try {
    const file = join(dir, "report.json");
    const jest = join(root, "node_modules/jest/bin/jest.js");
    const flags = ["--json", `--outputFile=${file}`, "--passWithNoTests", ...args];
    await new Promise<void>((resolve, reject) => {
      // jest prints its report on stdout as well; people read what it writes on stderr.
      const child = spawn(process.execPath, [jest, "--selectProjects", ...projects, ...flags], {
        cwd: root,
        stdio: ["ignore", "ignore", "inherit"],
      });
      child.on("error", reject);
      child.on("close", () => resolve());
    });
    return JSON.parse(await readFile(file, "utf8")) as TestReport;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Counts over several reports; a test file that could not even be loaded counts as one failure. */
function summarize(reports: readonly TestReport[]): { passed: number; failed: number; notRun: string[] } {
  const files = reports.flatMap(({ testResults }) => testResults);
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const named = (status: RegExp): string[] =>
    tests.filter((test) => status.test(test.status)).map(({ fullName }) => fullName);
  return {
    passed: named(/passed/).length,
    failed: named(/failed/).length + files.filter(isBroken).length,
    notRun: named(/pending|skipped|todo|disabled/),
  };
}

/** Failed, though none of its tests did. */
function isBroken({ status, assertionResults }: TestReport["testResults"][number]): boolean {
  return status === "failed" && assertionResults.every((test) => test.status !== "failed");
}

/** The test files that took longest, with their seconds: where to look when the whole has become slow. */
export function showSlowest(reports: readonly TestReport[], count = 12): void {
  const root = checkoutDir();
  const files = reports
    .flatMap(({ testResults }) => testResults)
    .map(({ name, startTime, endTime }) => ({
      name: relative(root, name),
      time: (endTime - startTime) / 1000,
    }))
    .sort((a, b) => b.time - a.time);
  const lines = files
    .slice(0, count)
    .map(({ name, time }) => `  ${time.toFixed(1).padStart(6)} s  ${name}\n`);
  process.stdout.write(`\nSlowest of ${files.length} test files:\n${lines.join("")}`);
}

const SHOWN = 5;

/** Of a test file: what its failed tests say, each cause once, with the tests that it has failed. */
function causesIn(suite: TestReport["testResults"][number]): string[] {
  const failed = suite.assertionResults.filter((test) => test.status === "failed");
  const file = relative(checkoutDir(), suite.name);
  if (isBroken(suite)) return [`  ${file} could not be run: ${opening(suite.message)}\n`];
  const namesByCause = new Map<string, string[]>();
  for (const { fullName, failureMessages } of failed) {
    const cause = opening(failureMessages?.[0] ?? "");
    namesByCause.set(cause, [...(namesByCause.get(cause) ?? []), fullName]);
  }
  return [...namesByCause].map(([cause, names]) => {
    const more = names.length > SHOWN ? `    and ${names.length - SHOWN} more\n` : "";
    const shown = names.slice(0, SHOWN).map((name) => `    ${name}\n`);
    return `  ${file}: ${cause}\n${shown.join("")}${more}`;
  });
}

/** The words of a failure, without colours and without the stack. */
function opening(message: string): string {
  const lines = stripVTControlCharacters(message).trim().split("\n");
  const stack = lines.findIndex((line) => /^\s+at /.test(line));
  return lines
    .slice(0, Math.min(stack < 0 ? lines.length : stack, 12))
    .join("\n")
    .trimEnd()
    .replaceAll("\n", "\n      ");
}

/** What failed, by file and cause (a host that does not start fails a whole file), then the counts as the last line; the exit code. */
export function conclude(reports: readonly TestReport[]): number {
  const { passed, failed, notRun } = summarize(reports);
  const causes = reports.flatMap(({ testResults }) => testResults.flatMap(causesIn));
  if (causes.length > 0) process.stdout.write(`\nFailed:\n${causes.join("")}`);
  if (notRun.length > 0)
    process.stdout.write(
      `\nNot run, though every test should be:\n${notRun.map((name) => `  ${name}\n`).join("")}`,
    );
  process.stdout.write(`\n${passed} passed, ${failed + notRun.length} failed\n`);
  return failed + notRun.length === 0 && passed > 0 ? 0 : 1;
}
