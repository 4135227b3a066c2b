/**
 * Writes provider/resources/args.gen.ts and docs/reference.gen.md from the schema tables (from dist/, so build first):
 * `npm run generate`. The tables are the only place where an input is declared.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { argumentTypes } from "./lib/arguments.ts";
import { checkoutDir } from "./lib/paths.ts";
import { reference } from "./lib/reference.ts";

writeFileSync(join(checkoutDir(), "provider/resources/args.gen.ts"), argumentTypes());
writeFileSync(join(checkoutDir(), "docs/reference.gen.md"), `${reference()}\n`);
