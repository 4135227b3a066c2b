import { ensureBuilt } from "./build.ts";
import { ensureGuest } from "./guest.ts";
import type { Guest } from "./guest.ts";
import { guestIsBuilt } from "./guest.ts";
import { ensureBootDisk, ensureHaltRom } from "./guest-disk.ts";
import { ensurePackages } from "./packages.ts";
import { nothingToDo, step } from "./progress.ts";
import { ensurePulumiCli, findPulumiCli, pathWith } from "./pulumi-cli.ts";

/** Everything that is made once, each with its line of progress; quiet for what is there. */

export async function setUpBuild(): Promise<void> {
  await step("build", ensureBuilt);
}

/** The CLI, put on this process's PATH together with this Node. */
export async function setUpCli(): Promise<void> {
  const found = await findPulumiCli();
  const cli = found ?? (await step("Pulumi CLI", ensurePulumiCli));
  process.env.PATH = pathWith(cli);
}

export async function setUpPackages(packages: readonly string[]): Promise<void> {
  await step("Debian packages", () => ensurePackages(packages));
}

export async function setUpGuest(): Promise<Guest> {
  if (!(await guestIsBuilt())) await step("guest image", ensureGuest);
  return ensureGuest();
}

export async function setUpGuestDisk(guest: Guest): Promise<void> {
  await step("bootable guest disk", async () => {
    const before = await ensureHaltRom(guest).then(() => Date.now());
    await ensureBootDisk(guest);
    return Date.now() - before < 100 ? nothingToDo : undefined;
  });
}
