import { removeHostsOfDeadOrSelf } from "./lib/host-files.ts";
import { conclude, runJest } from "./lib/jest.ts";
import { hostPackages, lxdPackages } from "./lib/packages.ts";
import { main } from "./lib/progress.ts";
import { setUpBuild, setUpPackages } from "./lib/setup.ts";
import { table } from "./lib/table.ts";

/** `npm run contract`: the suite that every driver passes, with a line per driver (the outermost title of its tests). */
main(async () => {
  await setUpBuild();
  await setUpPackages([...hostPackages, ...lxdPackages]);
  const report = await runJest(["contract"], ["--runInBand", ...process.argv.slice(2)]);
  await removeHostsOfDeadOrSelf();
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const drivers = [...new Set(tests.map(({ ancestorTitles }) => ancestorTitles[0] ?? ""))];
  const count = (driver: string, status: string): number =>
    tests.filter((test) => test.ancestorTitles[0] === driver && test.status === status).length;
  const rows = drivers.map((driver) => [driver, count(driver, "passed"), count(driver, "failed")]);
  process.stdout.write(`\n${table([["driver", "passed", "failed"], ...rows])}\n`);
  return conclude([report]);
});
