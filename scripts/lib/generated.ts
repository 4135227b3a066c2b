import { join } from "node:path";
import { run } from "./command.ts";
import { checkoutDir } from "./paths.ts";

/** What the generators write, from the root of the checkout. */
export const GENERATED = [
  "provider/resources/args.gen.ts",
  "docs/reference.gen.md",
  "docs/inputs.schema.gen.json",
  "provider/libvirt/rpc/procedures.gen.ts",
  "provider/libvirt/rpc/constants.gen.ts",
];

/** Writes all of them: from the tables in dist/, and from the description of libvirt's protocol. */
export async function generateAll(): Promise<void> {
  const cwd = checkoutDir();
  for (const script of ["generate-args.ts", "generate-rpc.ts"]) {
    const file = join(cwd, "scripts", script);
    await run([process.execPath, "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", file], { cwd });
  }
}
