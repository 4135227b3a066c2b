import { z } from "../../table/zod";
import { field, type Field, type Fields } from "../../table/field";
import type { Complaint } from "../../table/gate";
import { part, parts } from "../../table/part";
import { hostPath, text } from "../../table/types";

const fwCfgFields = {
  name: field(
    z
      .string()
      .regex(
        /^opt\/[\x21-\x7e]{1,50}$/,
        'must begin with "opt/" (QEMU\'s rule), such as opt/org.example/key',
      ),
    { fate: "restart", doc: "Such as `opt/org.example/key`." },
  ),
  value: part(text().min(1).max(65_536).optional(), { doc: "The text itself.", source: "<entry>" }),
  file: part(hostPath().optional(), { doc: "A file of the host instead.", source: "<entry file>" }),
} satisfies Fields;

/** Where Ignition looks for its configuration. */
export const IGNITION = "opt/com.coreos/config";
/** It travels as one argument of QEMU's command line. */
const MOST_IGNITION = 120_000;

export const ignition: Field<string | undefined> = field(
  z
    .union([z.string().min(1), z.record(z.string(), z.unknown())])
    .optional()
    .transform((value) => (typeof value === "object" ? JSON.stringify(value) : value))
    .refine(
      (value) => value === undefined || Buffer.byteLength(value) <= MOST_IGNITION,
      `must not be longer than ${MOST_IGNITION} bytes; fetch the rest from there (\`ignition.config.merge\`)`,
    ),
  {
    fate: "restart",
    secret: true,
    filled: true,
    ts: "string | Record<string, unknown>",
    doc: "Configuration for Ignition (Fedora CoreOS, Flatcar): an object or its JSON. Encrypted in state.",
    source: `fw_cfg ${IGNITION}`,
  },
);

export const fwCfg = parts(
  fwCfgFields,
  "name",
  { doc: "Entries of QEMU's fw_cfg.", source: "<sysinfo type=fwcfg>" },
  [
    function* ({ name, value, file }): Iterable<Complaint> {
      if ((value === undefined) === (file === undefined))
        yield { path: [], message: "needs one of `value`, `file`" };
      if (name === IGNITION) yield { path: ["name"], message: "is what `ignition` stands for" };
    },
  ],
);
