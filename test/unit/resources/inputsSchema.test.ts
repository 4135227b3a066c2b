import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020";
import type { Args, Row } from "../../fates/row";

/** The published JSON Schema is held against what the rows of the fates give to real hosts. */
const root = join(__dirname, "../../..");
const schema = JSON.parse(readFileSync(join(root, "docs/inputs.schema.gen.json"), "utf8")) as {
  $defs: Record<string, { required?: string[] }>;
};
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema(schema, "inputs");

const validatorOf = (kind: string): ValidateFunction => {
  const found = ajv.getSchema(`inputs#/$defs/${kind}`);
  if (found === undefined) throw new Error(`no schema of ${kind}`);
  return found;
};

const folder = join(root, "test/fates/rows");
const rows = readdirSync(folder).flatMap(
  (file) => (require(join(folder, file)) as { rows: readonly Row[] }).rows,
);

/** What every object of a kind needs, whatever its row is about. */
const whole = (kind: string, args: Args): Args => ({
  ...Object.fromEntries((schema.$defs[kind]?.required ?? []).map((key) => [key, "some"])),
  ...args,
});

test("takes all that the rows of the fates write, of every kind", () => {
  const refused = rows.flatMap(({ kind, field, a, b }) =>
    [a, b].flatMap((args) => {
      const validate = validatorOf(kind);
      validate(whole(kind, args));
      // Rows leave out what their stand adds, and a checksum is known when the stand has made the file.
      const errors = (validate.errors ?? []).filter(
        ({ keyword, instancePath }) => keyword !== "required" && instancePath !== "/checksum",
      );
      return errors.length === 0 ? [] : [`${kind} ${field}: ${ajv.errorsText(errors)}`];
    }),
  );
  expect(refused).toEqual([]);
  expect(rows.length).toBeGreaterThan(500);
});

test.each([
  ["an unknown input", "Vm", { host: "qemu:///system", colour: "red" }, "additional properties"],
  ["an unknown input of a disk", "Vm", { disks: [{ sise: 10 }] }, "additional properties"],
  ["a word that is none of the choices", "Vm", { cpu: { mode: "fast" } }, "allowed values"],
  ["a pool without a host", "StoragePool", { path: "/srv" }, "required property 'host'"],
])("refuses %s", (_what, kind, args, words) => {
  const validate = validatorOf(kind);
  expect(validate(args)).toBe(false);
  expect(ajv.errorsText(validate.errors)).toContain(words);
});
