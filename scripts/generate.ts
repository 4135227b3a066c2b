import { join } from "node:path";
import { run } from "./lib/command.ts";
import { checkoutDir } from "./lib/paths.ts";
import { main, step } from "./lib/progress.ts";
import { setUpBuild } from "./lib/setup.ts";

/** `npm run generate`: typed arguments and the reference from the schema tables. */
main(async () => {
  await setUpBuild();
  const script = join(checkoutDir(), "scripts/generate-args.ts");
  await step("generated files", async () => {
    await run([process.execPath, "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", script], {
      cwd: checkoutDir(),
    });
  });
});
