import { z } from "../../table/zod";
import type { Fields } from "../../table/field";
import { group, type Complaint } from "../../table/gate";
import { part } from "../../table/part";
import { text } from "../../table/types";
import { isUnknown } from "../../table/unknown";

/** The names are those of libvirt's schema. */
const entries = (...names: readonly string[]) =>
  part(
    z
      .record(
        z
          .string()
          .refine((name) => names.includes(name), `must be one of ${names.join(", ")} (libvirt's rule)`),
        text().min(1),
      )
      .optional(),
    {
      ts: "Record<string, string>",
      doc: `Any of \`${names.join("`, `")}\`.`,
      source: "<sysinfo type=smbios>",
    },
  );

const smbiosFields = {
  bios: entries("vendor", "version", "date", "release"),
  system: entries("manufacturer", "product", "version", "serial", "uuid", "sku", "family"),
  baseBoard: entries("manufacturer", "product", "version", "serial", "asset", "location"),
  chassis: entries("manufacturer", "version", "serial", "asset", "sku"),
  oemStrings: part(z.array(text().min(1)).min(1).optional(), {
    ts: "string[]",
    doc: "Free texts of the maker.",
    source: "<oemStrings>",
  }),
} satisfies Fields;

export const smbios = group(
  smbiosFields,
  { fate: "restart", doc: "What the machine says of itself.", source: "<sysinfo type=smbios>" },
  [
    function* ({ system, bios }): Iterable<Complaint> {
      const date = isUnknown(bios) ? undefined : bios?.["date"];
      if (date !== undefined && !isUnknown(date) && !/^\d{1,2}\/\d{1,2}\/(\d{2}|\d{4})$/.test(date))
        yield {
          path: ["bios", "date"],
          message: "must be month/day/year, such as 01/31/2030 (libvirt's rule)",
        };
      if (system !== undefined && !isUnknown(system) && "uuid" in system)
        yield { path: ["system", "uuid"], message: "is the VM's own UUID: set that with `uuid`" };
    },
  ],
);
