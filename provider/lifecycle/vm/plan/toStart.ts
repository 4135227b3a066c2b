import type { HostConnection } from "../../../schema/address/connection";
import { kindOf } from "../../../schema/address/hostKind";
import { hasUnknown } from "../../../schema/table/unknown";
import type { Plain } from "../../engine/state";

/** A start is ahead at which libvirt finds out what its definition has taken unseen, on a host that is known. */
export function isToStartOnLibvirt(news: Plain, olds: Plain): boolean {
  const host = news["host"] as HostConnection;
  return !hasUnknown(host) && kindOf(host.address) === "libvirt" && isToStart(news, olds);
}

/** One that stays off may be given what is not there yet; one that is made is started once to prove that it can be. */
export function isToStart({ running, validateStart, adopt }: Plain, olds: Plain): boolean {
  const made = Object.keys(olds).length === 0;
  if (made && adopt !== undefined && adopt !== false) return false;
  return isToRun({ running }) || (made && validateStart !== false);
}

/** It is on when all is done, as far as the program says. */
export function isToRun({ running }: Plain): boolean {
  return running !== false && running !== "saved";
}
