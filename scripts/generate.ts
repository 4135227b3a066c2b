import { generateAll } from "./lib/generated.ts";
import { main, step } from "./lib/progress.ts";
import { setUpBuild } from "./lib/setup.ts";

/** `npm run generate`: typed arguments and the reference from the schema tables, and code of libvirt's procedures. */
main(async () => {
  await setUpBuild();
  await step("generated files", generateAll);
});
