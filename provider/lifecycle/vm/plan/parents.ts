import { logicalName } from "../../../schema/table/owner";
import type { VmSummary } from "../../../driver/contract";
import type { HostConnection } from "../../../schema/address/connection";
import type { Complaint } from "../../../schema/table/gate";
import { hasUnknown } from "../../../schema/table/unknown";
import type { VmSpec } from "../../../schema/vm";
import type { Context } from "../../kind/handler";
import type { Ledger } from "../../host/ledger";
import { isPlain, type Plain } from "../../engine/state";
import { asked, ledgerAt } from "../../host/asked";
import { finder } from "./admission";
import { warn } from "../../../driver/warn";

/** Another interface on the device. */
interface Neighbour {
  readonly vm: string;
  readonly nic: string;
  /** It wants the device for itself. */
  readonly alone: boolean;
}

/**
 * A device in macvlan mode `passthru` belongs to one guest alone (R96), whoever made the others; the host would say so only when
 * the second one starts.
 */
export async function parentComplaints(
  news: Plain,
  olds: Plain,
  context: Context,
  { plans = true }: { readonly plans?: boolean } = {},
): Promise<readonly Complaint[]> {
  const items = Array.isArray(news["interfaces"]) ? (news["interfaces"] as unknown[]) : [];
  const host = news["host"] as HostConnection;
  if (hasUnknown(host) || !items.some((item) => isPlain(item) && item["macvlan"] !== undefined)) return [];
  const ledger = ledgerAt(host, context);
  if (ledger === undefined) return [];
  const owner = String(news["owner"]);
  // Of the program's own VMs counts what it says of them.
  const guests =
    (await asked(ledger, host, context, () => ledger.ready().then(() => ledger.guests.known))) ?? [];
  const mine = finder(news as Partial<VmSpec>, olds)(guests);
  const others = guests.filter((vm) => vm !== mine && (vm.owner === undefined || !ledger.plans(vm.owner)));
  const old = Array.isArray(olds["interfaces"]) ? olds["interfaces"].filter(isPlain) : [];
  return items.flatMap((item, index): Complaint[] => {
    if (!isPlain(item) || typeof item["macvlan"] !== "string" || hasUnknown(item)) return [];
    const device = item["macvlan"];
    const made = old.some(({ name, macvlan }) => name === item["name"] && macvlan === device);
    // One that is there keeps the mode that it was made with, whatever the host's default is now.
    const alone = (item["macvlanMode"] ?? (made ? undefined : host.defaultMacvlanMode)) === "passthru";
    const neighbours = [
      ...plannedOn(device, ledger, `${owner} ${String(item["name"])}`),
      ...foundOn(device, others),
    ];
    if (plans) {
      const there = ledger.parents.get(device) ?? new Map<string, boolean>();
      ledger.parents.set(device, there.set(`${owner} ${String(item["name"])}`, alone));
      tellOfVepa(item, made ? old : [], news);
    }
    const other = neighbours.find((each) => alone || each.alone);
    if (other === undefined) return [];
    return [
      {
        path: ["interfaces", index, "macvlan"],
        message: `"${device}" in mode passthru is for one guest alone; interface "${other.nic}" of VM "${other.vm}" is on it too`,
      },
    ];
  });
}

/** A mode that needs a switch which few have (R97). */
function tellOfVepa(item: Plain, before: readonly Plain[], { host, owner }: Plain): void {
  const mode = item["macvlanMode"] ?? (host as HostConnection).defaultMacvlanMode;
  const had = before.some(
    ({ name, macvlanMode }) => name === item["name"] && macvlanMode === item["macvlanMode"],
  );
  if (mode !== "vepa" || had) return;
  const vm = String(owner).split("/").at(-1) ?? "";
  warn(
    `VM "${vm}": ${String(item["name"])} is on ${String(item["macvlan"])} in macvlan mode vepa, in which guests of one device reach each other only through a switch that sends frames back (VEPA, "hairpin"); \`bridge\` needs none`,
  );
}

/** What this program has on the device. */
function plannedOn(device: string, { parents }: Ledger, mine: string): Neighbour[] {
  return [...(parents.get(device) ?? [])].flatMap(([key, alone]) => {
    if (key === mine) return [];
    const [owner = "", nic = ""] = key.split(" ");
    return [{ vm: logicalName(owner), nic, alone }];
  });
}

/** What else the host has on it, running or not. */
function foundOn(device: string, vms: readonly VmSummary[]): Neighbour[] {
  return vms.flatMap(({ name, attachments = [] }) =>
    attachments
      .filter((each) => each.macvlanMode !== undefined && each.device === device)
      .map((each) => ({ vm: name, nic: each.name, alone: each.macvlanMode === "passthru" })),
  );
}
