import { main, note, step, UserError } from "./lib/progress.ts";
import { forgetStack, hostDir, pulumi, stack, stackExists } from "./lib/quickstart-stack.ts";
import { setUpBuild, setUpCli } from "./lib/setup.ts";
import { findHost } from "./lib/throwaway-host.ts";

/** `npm run quickstart:down`: the stack's resources, the throwaway host and the state, in this order. */
main(async () => {
  const host = await findHost(hostDir);
  const known = stackExists();
  if (!known && host === undefined) {
    note("There is nothing to take away");
    return;
  }
  if (known) {
    await setUpBuild();
    await setUpCli();
    const address = (
      await pulumi(["config", "get", "address", "--stack", stack], { allowFailure: true })
    ).stdout.trim();
    const ours = address.includes(hostDir);
    // The resources on a throwaway host that is gone went with it.
    if (host !== undefined || !ours) {
      await step("pulumi destroy", async () => {
        const { code, stdout, stderr } = await pulumi(
          ["destroy", "--yes", "--skip-preview", "--stack", stack, "--non-interactive"],
          { allowFailure: true },
        );
        if (code !== 0 && !ours)
          throw new UserError(`pulumi destroy failed; the state is kept:\n${stdout}${stderr}`);
        if (code !== 0) note(`pulumi destroy failed; the host is removed all the same:\n${stdout}${stderr}`);
      });
    }
  }
  if (host !== undefined) await step("throwaway libvirt host removed", () => host.stop());
  await step("state removed", forgetStack);
});
