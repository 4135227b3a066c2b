import { Owners } from "./owners";
import type { Complaint } from "../../schema/table/gate";
import { logicalName } from "../../schema/table/owner";
import { hasUnknown } from "../../schema/table/unknown";
import { isAdopted } from "../../schema/table/adopted";
import { isPlain, type Plain } from "./state";

/** Who has which name, of the program that this process serves. */
const owners = new Owners();

/** Two objects of one program that want one name on one host: refused at the second, before the first is made. */
export function nameComplaints({ host, owner, name, adopt, pool, vm }: Plain): Complaint[] {
  if (typeof owner !== "string" || typeof name !== "string" || !isPlain(host)) return [];
  // What is taken over may have been another resource's before.
  if (isAdopted({ adopt })) return [];
  const parts = owner.split("/");
  const kind = parts.at(-2) ?? "";
  const type = kind.slice(kind.lastIndexOf("$") + 1);
  const place = [...parts.slice(0, -2), type, host["address"], host["project"], pool, vm, name];
  if (hasUnknown(place)) return [];
  const other = owners.take(JSON.stringify(place), owner);
  if (other === undefined) return [];
  return [
    {
      path: ["name"],
      message: `is that of ${type} "${logicalName(other)}" of this program too, on the same host; give "${logicalName(owner)}" another name`,
    },
  ];
}
