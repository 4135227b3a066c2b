import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Fate, Field, Fields, HostKind, Kind } from "../../provider/schema/table/field";
import { tables } from "../../provider/schema";
import { hostsOf } from "../../provider/schema/table/reach";
import type { Row } from "./row";

export interface TableField {
  readonly path: string;
  readonly field: Field;
  /** The list whose elements this field tells apart: another value is another element. */
  readonly keyOf?: Field;
}

/** The fields of a kind that a kind of host knows (or any): the leaves of the table, as `os.kernel` or `disks[].cache`. */
export function fieldsOf(kind: Kind, host: HostKind | "any" = "libvirt"): readonly TableField[] {
  return leaves(tables[kind].fields, "").filter(
    ({ path, field }) => host === "any" || hostsOf(kind, path.replaceAll("[]", ""), field).includes(host),
  );
}

function leaves(fields: Fields, before: string, list?: Field): readonly TableField[] {
  return Object.entries(fields).flatMap(([name, field]): readonly TableField[] => {
    const path = before + name;
    if (field.internal === true) return [];
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

/** Every file in rows/ has a list of them; those for LXD hosts have names that begin with it. */
export function allRows(host: HostKind = "libvirt"): readonly Row[] {
  const dir = join(__dirname, "rows");
  return readdirSync(dir)
    .filter((file) => file.endsWith(".ts") && file.startsWith("lxd") === (host === "lxd"))
    .sort()
    .flatMap((file) => (require(join(dir, file)) as { rows: readonly Row[] }).rows);
}
