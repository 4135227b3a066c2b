import type { Kind } from "../provider/schema/kinds.ts";
import { unproven } from "../test/fates/unproven.ts";
import { removeHostsOfDeadOrSelf } from "./lib/host-files.ts";
import { conclude, runJest, type TestReport } from "./lib/jest.ts";
import { hostPackages, lxdPackages } from "./lib/packages.ts";
import { main } from "./lib/progress.ts";
import { setUpBuild, setUpCli, setUpPackages } from "./lib/setup.ts";

/** `npm run fates`: every field of every table taken from A to B on a real host; a word limits it to fields that have it. */
main(async () => {
  const [only, ...args] = process.argv.slice(2);
  if (only !== undefined) process.env["VMHOST_FATES"] = only;
  await setUpBuild();
  await setUpPackages([...hostPackages, ...lxdPackages]);
  await setUpCli();
  const report = await runJest(["fates"], ["--runInBand", ...args]);
  await removeHostsOfDeadOrSelf();
  process.stdout.write(`\n${provenIn(report).join("\n")}\n`);
  return conclude([report]);
});

/** A line per kind; a field with several rows is proven when all of them are. */
function provenIn({ testResults }: TestReport): readonly string[] {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const rows = tests.filter(
    ({ title, ancestorTitles }) => ancestorTitles.length > 0 && !/^every /.test(title),
  );
  return [...new Set(rows.map(({ ancestorTitles }) => ancestorTitles[0] ?? ""))].map((kind) => {
    const mine = rows.filter(({ ancestorTitles }) => ancestorTitles[0] === kind);
    const fields = new Set(mine.map(({ title }) => title));
    const failed = new Set(mine.filter(({ status }) => status !== "passed").map(({ title }) => title));
    const missing = missingIn(tests, kind) + (unproven[kind.replace("libvirt ", "") as Kind]?.length ?? 0);
    const proven = fields.size - failed.size;
    const unmade = [...fields].filter((title) => title.includes("(not made here"));
    const note =
      unmade.length === 0 ? "" : ` (${unmade.length} of them not made here, for what the host lacks)`;
    return `${kind}: ${proven} of ${fields.size + missing} fields proven${note}`;
  });
}

/** The message of the test for missing rows lists them one a line. */
function missingIn(tests: readonly { title: string; ancestorTitles: string[] }[], kind: string): number {
  const found = tests.find(
    ({ title, ancestorTitles }) => ancestorTitles[0] === kind && /^every /.test(title),
  );
  const messages = (found as { failureMessages?: string[] } | undefined)?.failureMessages ?? [];
  return messages.join("\n").match(/^\S*\+\s+"/gm)?.length ?? 0;
}
