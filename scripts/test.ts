import { removeHostsOfDeadOrSelf } from "./lib/host-files.ts";
import { conclude, runJest, showSlowest } from "./lib/jest.ts";
import type { TestReport } from "./lib/jest.ts";
import { testPackages } from "./lib/packages.ts";
import { main, note } from "./lib/progress.ts";
import { provenIn } from "./lib/proven.ts";
import { setUpBuild, setUpCli, setUpGuest, setUpGuestDisk, setUpPackages } from "./lib/setup.ts";

/** `npm test`: what the tests need, then every test. Arguments go to jest. */
main(async () => {
  const args = process.argv.slice(2);
  await setUpBuild();
  const reports: TestReport[] = [await runJest(["unit"], args)];
  const reason = whyNoHost();
  if (reason === undefined) {
    await setUpPackages(testPackages);
    await setUpCli();
    await setUpGuestDisk(await setUpGuest());
    try {
      // Two lanes: each of jest's processes takes the next file when it is done with one, and has a throwaway host that its files share.
      reports.push(
        await runJest(["contract", "engine", "fates", "live", "fault"], ["--maxWorkers=2", ...args]),
      );
    } finally {
      await removeHostsOfDeadOrSelf();
    }
  } else {
    note(`Only the unit tests were run: the others start throwaway libvirt hosts, and ${reason}`);
  }
  showSlowest(reports);
  process.stdout.write(`\n${reports.flatMap(provenIn).join("\n")}\n`);
  return conclude(reports);
});

function whyNoHost(): string | undefined {
  if (process.platform !== "linux") return "this system is not Linux";
  if (process.getuid?.() !== 0) return "only root may make their namespaces";
  return undefined;
}
