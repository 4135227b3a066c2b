import { basename } from "node:path";
import { removeHostsOfDeadOrSelf } from "./lib/host-files.ts";
import { conclude, runJest } from "./lib/jest.ts";
import { hostPackages, lxdPackages } from "./lib/packages.ts";
import { main } from "./lib/progress.ts";
import { setUpBuild, setUpPackages } from "./lib/setup.ts";

/** `npm run contract`: the suite that every driver passes, with a line per driver (the file of its tests). */
main(async () => {
  await setUpBuild();
  await setUpPackages([...hostPackages, ...lxdPackages]);
  const report = await runJest(["contract"], ["--runInBand", ...process.argv.slice(2)]);
  await removeHostsOfDeadOrSelf();
  const lines = report.testResults.map(({ name, assertionResults }) => {
    const count = (status: string): number =>
      assertionResults.filter((test) => test.status === status).length;
    return `${basename(name, ".test.ts")}: ${count("passed")} passed, ${count("failed")} failed`;
  });
  process.stdout.write(`\n${lines.sort().join("\n")}\n`);
  return conclude([report]);
});
