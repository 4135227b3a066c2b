import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
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
    assertionResults: { ancestorTitles: string[]; title: string; fullName: string; status: string }[];
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
export function summarize(reports: readonly TestReport[]): {
  passed: number;
  failed: number;
  failures: string[];
  notRun: string[];
} {
  const tests = reports.flatMap(({ testResults }) => testResults.flatMap((suite) => suite.assertionResults));
  const broken = reports
    .flatMap(({ testResults }) => testResults)
    .filter(
      ({ status, assertionResults }) =>
        status === "failed" && assertionResults.every((test) => test.status !== "failed"),
    );
  const named = (status: RegExp): string[] =>
    tests.filter((test) => status.test(test.status)).map(({ fullName }) => fullName);
  const failures = [...named(/failed/), ...broken.map(({ name }) => `${name} (could not be run)`)];
  return {
    passed: named(/passed/).length,
    failed: failures.length,
    failures,
    notRun: named(/pending|skipped|todo|disabled/),
  };
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

/** What failed, by name, then the counts as the last line; the exit code. */
export function conclude(reports: readonly TestReport[]): number {
  const { passed, failed, failures, notRun } = summarize(reports);
  if (failures.length > 0)
    process.stdout.write(`\nFailed:\n${failures.map((name) => `  ${name}\n`).join("")}`);
  if (notRun.length > 0)
    process.stdout.write(
      `\nNot run, though every test should be:\n${notRun.map((name) => `  ${name}\n`).join("")}`,
    );
  process.stdout.write(`\n${passed} passed, ${failed + notRun.length} failed\n`);
  return failed + notRun.length === 0 && passed > 0 ? 0 : 1;
}
