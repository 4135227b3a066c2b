import { logicalName } from "../../../schema/table/owner";
import { Owners } from "../../engine/owners";
import type { HostConnection } from "../../../schema/address/connection";
import { isAdopted } from "../../../schema/table/adopted";
import { sameHost } from "../../../schema/table/common";
import type { Complaint } from "../../../schema/table/gate";
import { hasUnknown } from "../../../schema/table/unknown";
import { hostLabel } from "../../engine/explain";
import type { Plain } from "../../engine/state";
import { asked, ledgerAt } from "../../host/asked";
import type { Context } from "../../kind/handler";

/** By program, host and UUID: the VM that has it. */
const owners = new Owners();

/** A UUID is one VM's on a host: refused where another of this program, or one that is there, has it. */
export async function uuidComplaints(
  news: Plain,
  olds: Plain,
  context: Context,
): Promise<readonly Complaint[]> {
  const { uuid, owner } = news;
  const host = news["host"] as HostConnection;
  // One that is taken over has its own.
  if (typeof uuid !== "string" || typeof owner !== "string" || isAdopted(news)) return [];
  if (hasUnknown([uuid, host])) return [];
  const taken = (whose: string): readonly Complaint[] => [
    {
      path: ["uuid"],
      message: `is that of ${whose}; choose another, or leave it out and libvirt chooses one`,
    },
  ];
  const program = owner.split("/").slice(0, -2).join("/");
  const other = owners.take(JSON.stringify([program, host.address, uuid]), owner);
  if (other !== undefined) return taken(`VM "${logicalName(other)}" of this program too, on the same host`);
  if (olds["uuid"] === uuid && sameHost(olds["host"], host)) return [];
  const ledger = ledgerAt(host, context);
  const guests =
    ledger && (await asked(ledger, host, context, () => ledger.ready().then(() => ledger.guests.known)));
  const there = guests?.find((vm) => vm.id === uuid && vm.owner !== owner);
  return there === undefined ? [] : taken(`VM "${there.name}", which is on ${hostLabel(host)} already`);
}
