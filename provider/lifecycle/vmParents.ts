import { isDriverError } from "../driver/errors";
import type { HostConnection } from "../schema/connection";
import type { Complaint } from "../schema/gate";
import { hasUnknown } from "../schema/unknown";
import type { Context } from "./handler";
import { isPlain, type Plain } from "./state";

/** A device in macvlan mode `passthru` belongs to one guest alone (R96); the host would say so only when it starts. */
export function parentComplaints(news: Plain, olds: Plain, context: Context): readonly Complaint[] {
  const items = Array.isArray(news["interfaces"]) ? (news["interfaces"] as unknown[]) : [];
  const host = news["host"] as HostConnection;
  if (hasUnknown(host) || !items.some((item) => isPlain(item) && item["macvlan"] !== undefined)) return [];
  const parents = parentsAt(host, context);
  if (parents === undefined) return [];
  const old = Array.isArray(olds["interfaces"]) ? olds["interfaces"].filter(isPlain) : [];
  return items.flatMap((item, index): Complaint[] => {
    if (!isPlain(item) || typeof item["macvlan"] !== "string" || hasUnknown(item)) return [];
    const made = old.some(({ name, macvlan }) => name === item["name"] && macvlan === item["macvlan"]);
    // One that is there keeps the mode that it was made with, whatever the host's default is now.
    const alone = (item["macvlanMode"] ?? (made ? undefined : host.defaultMacvlanMode)) === "passthru";
    const guests = parents.get(item["macvlan"]) ?? new Map<string, boolean>();
    const mine = `${String(news["owner"])} ${String(item["name"])}`;
    const other = [...guests].find(([guest, only]) => guest !== mine && (only || alone));
    parents.set(item["macvlan"], guests.set(mine, alone));
    if (other === undefined) return [];
    const [owner = "", name = ""] = other[0].split(" ");
    return [
      {
        path: ["interfaces", index, "macvlan"],
        message: `"${item["macvlan"]}" in mode passthru is for one guest alone; interface "${name}" of VM "${owner.slice(owner.lastIndexOf("/") + 1)}" is on it too`,
      },
    ];
  });
}

function parentsAt(host: HostConnection, context: Context): Map<string, Map<string, boolean>> | undefined {
  try {
    return context.ledger(host).parents;
  } catch (error) {
    if (isDriverError(error)) return undefined;
    throw error;
  }
}
