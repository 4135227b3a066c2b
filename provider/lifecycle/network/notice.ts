import { logicalName } from "../../schema/table/owner";
import { formatPath, type Change } from "../engine/diff";
import { isPlain, type Plain } from "../engine/state";

/** What libvirt changes in a network that runs, and what we only write down about it. */
const IN_PLACE =
  /^(adopt|owner|autostart|active|portGroups|dns\.(hosts|txt|srv)|ips\.dhcp\.(ranges|hosts))\b/;

/** What a preview says of changes for which the network's bridge has to be made anew. */
export function bridgeNotice(changes: readonly Change[], news: Plain, olds: Plain): string | undefined {
  if (changes.some(({ fate }) => fate === "replace") || news["active"] === false || olds["active"] === false)
    return undefined;
  const anew = changes.filter(
    (change) => !IN_PLACE.test(pathOf(change)) || isServed(olds, change) !== isServed(news, change),
  );
  if (anew.length === 0) return undefined;
  const fields = [...new Set(anew.map(({ path }) => formatPath(path)))].join(", ");
  return `LibvirtNetwork ${logicalName(news["owner"])}: ${fields} need its bridge to be made anew; running VMs stay on it, their interfaces are plugged in again`;
}

const pathOf = ({ path }: Change): string => path.filter((part) => typeof part === "string").join(".");

/** Whether a change is in a subnet with DHCP; elsewhere this is true. */
function isServed(inputs: Plain, { path }: Change): boolean {
  if (path[0] !== "ips" || typeof path[1] !== "number") return true;
  const ips = Array.isArray(inputs["ips"]) ? (inputs["ips"] as unknown[]) : [];
  const subnet = ips[path[1]];
  return isPlain(subnet) && subnet["dhcp"] !== undefined;
}
