/**
 * Writes provider/resources/args.gen.ts, docs/reference.gen.md and docs/inputs.schema.gen.json from the schema tables (from
 * dist/, so build first): `npm run generate`. The tables are the only place where an input is declared.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { argumentTypes } from "./lib/arguments.ts";
import { inputsSchema } from "./lib/jsonSchema.ts";
import { checkoutDir } from "./lib/paths.ts";
import { reference } from "./lib/reference.ts";

writeFileSync(join(checkoutDir(), "provider/resources/args.gen.ts"), argumentTypes());
writeFileSync(join(checkoutDir(), "docs/reference.gen.md"), `${reference()}\n`);
writeFileSync(
  join(checkoutDir(), "docs/inputs.schema.gen.json"),
  `${JSON.stringify(inputsSchema(), null, 1)}\n`,
);
