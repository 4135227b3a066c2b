import { removeHostsOfDeadOrSelf } from "./lib/host-files.ts";
import { hostPackages } from "./lib/packages.ts";
import { main } from "./lib/progress.ts";
import { race } from "./lib/race.ts";
import { setUpBuild, setUpPackages } from "./lib/setup.ts";
import { startHost } from "./lib/throwaway-host.ts";

const ROUNDS = 100;

/** `npm run race`: two machines that want the last places of one host, a hundred times. */
main(async () => {
  await setUpBuild();
  await setUpPackages(hostPackages);
  const host = await startHost({ name: "race" });
  try {
    const { rounds, over, admitted, refused, unexplained } = await race(host, ROUNDS);
    process.stdout.write(
      `\n${admitted} admitted, ${refused} refused, ${unexplained.length} without a reason\n`,
    );
    for (const text of unexplained) process.stdout.write(`  ${text}\n`);
    process.stdout.write(`${rounds} rounds, ${over} over the limit\n`);
    return over === 0 && unexplained.length === 0 ? 0 : 1;
  } finally {
    await host.stop();
    await removeHostsOfDeadOrSelf();
  }
});
