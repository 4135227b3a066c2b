import { availableParallelism } from "node:os";
import { removeHostsOfDeadOrSelf } from "./lib/host-files.ts";
import { conclude, runJest, showSlowest } from "./lib/jest.ts";
import type { TestReport } from "./lib/jest.ts";
import { testPackages } from "./lib/packages.ts";
import { main, note } from "./lib/progress.ts";
import { provenIn } from "./lib/proven.ts";
import { setUpBuild, setUpCli, setUpGuest, setUpGuestDisk, setUpPackages } from "./lib/setup.ts";

/**
 * One lane more than there are cores, as a lane waits for guests, timeouts and answers half of its time; no more than four,
 * as the longest file alone takes a third of what three need. Each is one of jest's processes, takes the next file when it is
 * done with one, and has a throwaway host that its files share.
 */
const cores = availableParallelism();
const lanes = Math.min(cores, 3) + 1;

/** `npm test`: what the tests need, then every test. Arguments go to jest. */
main(async () => {
  const args = process.argv.slice(2);
  const reason = whyNoHost();
  // The unit tests need nothing of what is set up meanwhile.
  const [unit, ready] = await Promise.allSettled([
    runJest(["unit"], [`--maxWorkers=${cores}`, ...args]),
    setUp(reason === undefined),
  ]);
  if (unit.status === "rejected") throw unit.reason;
  if (ready.status === "rejected") throw ready.reason;
  const reports: TestReport[] = [unit.value];
  if (reason === undefined) {
    try {
      reports.push(
        await runJest(["contract", "engine", "fates", "live", "fault"], [`--maxWorkers=${lanes}`, ...args]),
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

async function setUp(hosts: boolean): Promise<void> {
  await setUpBuild();
  if (!hosts) return;
  await setUpPackages(testPackages);
  await setUpCli();
  await setUpGuestDisk(await setUpGuest());
}

function whyNoHost(): string | undefined {
  if (process.platform !== "linux") return "this system is not Linux";
  if (process.getuid?.() !== 0) return "only root may make their namespaces";
  return undefined;
}
