import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Fate, Field, Fields, Kind } from "../../provider/schema/field";
import { tables } from "../../provider/schema";
import type { Row } from "./row";

export interface TableField {
  readonly path: string;
  readonly field: Field;
  /** The list whose elements this field tells apart: another value is another element. */
  readonly keyOf?: Field;
}

/** The fields of a kind that libvirt hosts know: the leaves of the table, as `os.kernel` or `disks[].cache`. */
export function fieldsOf(kind: Kind): readonly TableField[] {
  return leaves(tables[kind].fields, "");
}

function leaves(fields: Fields, before: string, list?: Field): readonly TableField[] {
  return Object.entries(fields).flatMap(([name, field]): readonly TableField[] => {
    const path = before + name;
    if (field.internal === true || field.hosts?.includes("libvirt") === false) return [];
    if (field.fields !== undefined) return leaves(field.fields, `${path}.`);
    if (field.each !== undefined) return leaves(field.each.fields, `${path}[].`, field);
    return [{ path, field, ...(list?.each?.key === name ? { keyOf: list } : {}) }];
  });
}

/** What the table says of a field when it does not depend on the values. */
export function staticFate({ field, keyOf }: TableField): Fate | undefined {
  const { fate } = keyOf ?? field;
  return typeof fate === "function" ? undefined : fate;
}

/** Every file in rows/ has a list of them. */
export function allRows(): readonly Row[] {
  const dir = join(__dirname, "rows");
  return readdirSync(dir)
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .flatMap((file) => (require(join(dir, file)) as { rows: readonly Row[] }).rows);
}
