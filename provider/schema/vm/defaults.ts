import type { Fields } from "../table/field";
import type { Complaint } from "../table/gate";
import { closest } from "../table/suggest";
import { isUnknown } from "../table/unknown";
import { vmFields } from "../vm";
import { diskFields } from "./disk";
import { interfaceFields } from "./interface";

/** What makes one VM itself, and cannot be every VM's. */
const OWN = ["host", "hosts", "owner", "name", "adopt", "disks", "interfaces", "cloudInit", "pinnedCores"];

const KNOWN: Readonly<Record<string, Fields[string] | Fields>> = {
  ...Object.fromEntries(Object.entries(vmFields).filter(([name]) => !OWN.includes(name))),
  disk: diskFields as Fields,
  nic: interfaceFields as Fields,
};

/** Each default is looked at by the type of its field; what it means beside others shows at the VM that takes it. */
export function* vmDefaultsRule({ vmDefaults }: { readonly vmDefaults?: unknown }): Iterable<Complaint> {
  if (typeof vmDefaults !== "object" || vmDefaults === null || isUnknown(vmDefaults)) return;
  yield* complaintsOf(KNOWN, vmDefaults as Readonly<Record<string, unknown>>, ["vmDefaults"]);
}

function* complaintsOf(
  known: Readonly<Record<string, Fields[string] | Fields>>,
  given: Readonly<Record<string, unknown>>,
  path: readonly string[],
): Iterable<Complaint> {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || isUnknown(value)) continue;
    const field = known[name];
    const near = closest(name, Object.keys(known));
    if (field === undefined)
      yield {
        path: [...path, name],
        message:
          near === undefined ? "is no default that a VM could take" : `is unknown; did you mean "${near}"?`,
      };
    else if (!("type" in field) || !("fate" in field))
      yield* complaintsOf(field as Fields, value as Readonly<Record<string, unknown>>, [...path, name]);
    else {
      const result = (field as Fields[string]).type.safeParse(value);
      for (const issue of result.error?.issues ?? [])
        yield { path: [...path, name, ...(issue.path as (string | number)[])], message: issue.message };
    }
  }
}
