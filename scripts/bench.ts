import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { removeHostsOfDeadOrSelf } from "./lib/host-files.ts";
import { ensureHaltRom } from "./lib/guest-disk.ts";
import { testPackages } from "./lib/packages.ts";
import { checkoutDir } from "./lib/paths.ts";
import { main, UserError } from "./lib/progress.ts";
import { setUpBuild, setUpCli, setUpGuest, setUpPackages } from "./lib/setup.ts";

/** `npm run bench`: what the measurements need, then bench/main.ts with this command's arguments. */
main(async () => {
  const program = join(checkoutDir(), "bench", "main.ts");
  if (!existsSync(program)) throw new UserError(`There is no ${program}`);
  if (process.getuid?.() !== 0)
    throw new UserError("The measurements start throwaway libvirt hosts, which only root may do");
  await setUpBuild();
  await setUpPackages(testPackages);
  await setUpCli();
  await ensureHaltRom(await setUpGuest());
  const code = await new Promise<number>((resolve, reject) => {
    const flags = ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"];
    const child = spawn(process.execPath, [...flags, program, ...process.argv.slice(2)], {
      stdio: "inherit",
    });
    child.on("error", reject);
    child.on("close", (exit) => resolve(exit ?? 1));
  });
  await removeHostsOfDeadOrSelf();
  return code;
});
