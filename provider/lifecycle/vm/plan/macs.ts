import { logicalName } from "../../../schema/table/owner";
import { hasUnknown } from "../../../schema/table/unknown";
import { isPlain, type Plain } from "../../engine/state";
import { warn } from "../../../driver/warn";

/** By host and address: the VM of this program that has it. */
const owners = new Map<string, string>();

/** Warns of one MAC address for two VMs of a host: both would be there, and neither could be reached for sure. */
export function tellSameMacs({ host, owner, interfaces }: Plain): void {
  if (
    typeof owner !== "string" ||
    !isPlain(host) ||
    !Array.isArray(interfaces) ||
    hasUnknown([host["address"]])
  )
    return;
  const macs = (interfaces as Plain[]).map(({ mac }) => (hasUnknown(mac) ? undefined : mac));
  const places = macs.map((mac) =>
    typeof mac === "string" ? `${String(host["address"])} ${mac}` : undefined,
  );
  for (const [place, whose] of owners) if (whose === owner && !places.includes(place)) owners.delete(place);
  for (const [index, place] of places.entries()) {
    if (place === undefined) continue;
    const other: string = owners.get(place) ?? owner;
    owners.set(place, other);
    if (other === owner) continue;
    const [mine, theirs] = [owner, other].map(logicalName);
    warn(
      `VM "${mine}": interfaces[${index}].mac ${String(macs[index])} is that of VM "${theirs}" too, on the same host; leave one of them out`,
    );
  }
}
