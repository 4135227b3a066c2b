import { removeHostsOfDeadOrSelf } from "./lib/host-files.ts";
import { conclude, runJest } from "./lib/jest.ts";
import { testPackages } from "./lib/packages.ts";
import { main } from "./lib/progress.ts";
import { provenIn } from "./lib/proven.ts";
import { setUpBuild, setUpCli, setUpPackages } from "./lib/setup.ts";

/** `npm run fates`: every field of every table taken from A to B on a real host; a word limits it to fields that have it. */
main(async () => {
  const [only, ...args] = process.argv.slice(2);
  if (only !== undefined) process.env["VMHOST_FATES"] = only;
  await setUpBuild();
  await setUpPackages(testPackages);
  await setUpCli();
  const report = await runJest(["fates"], ["--runInBand", ...args]);
  await removeHostsOfDeadOrSelf();
  process.stdout.write(`\n${provenIn(report).join("\n")}\n`);
  return conclude([report]);
});
