import type { ObservedVm } from "../../driver/contract";
import {
  VIR_DOMAIN_SHUTOFF_CRASHED,
  VIR_DOMAIN_SHUTOFF_DAEMON,
  VIR_DOMAIN_SHUTOFF_DESTROYED,
  VIR_DOMAIN_SHUTOFF_FAILED,
  VIR_DOMAIN_SHUTOFF_SHUTDOWN,
  VIR_DOMAIN_SHUTOFF_UNKNOWN,
} from "../rpc/constants.gen";
import type { RemoteNonnullDomain as Dom } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { readRestartNote } from "../xml/domain/restartNote";
import type { XmlElement } from "../xml/tree";

/** Why a domain may be off that was asked to shut down; unknown since libvirtd was started anew. */
const ITS_OWN_END: ReadonlySet<number> = new Set([
  VIR_DOMAIN_SHUTOFF_UNKNOWN,
  VIR_DOMAIN_SHUTOFF_SHUTDOWN,
  VIR_DOMAIN_SHUTOFF_CRASHED,
  VIR_DOMAIN_SHUTOFF_DAEMON,
  VIR_DOMAIN_SHUTOFF_FAILED,
]);

/**
 * What a run that was cut off has left to do. libvirt counts no starts, but keeps why a domain is off: one that was switched off hard,
 * saved or taken back to a snapshot has had somebody else's care since.
 */
export async function interruptedIn(
  session: LibvirtSession,
  {
    dom,
    configured,
    live,
  }: { readonly dom: Dom; readonly configured: XmlElement; readonly live?: XmlElement },
): Promise<ObservedVm["interrupted"]> {
  const note = readRestartNote(configured);
  if (note === undefined) return undefined;
  if (live !== undefined) return "over";
  const { reason } = await session.call("domain_get_state", { dom, flags: 0 });
  const stands = ITS_OWN_END.has(reason) || (note.hard && reason === VIR_DOMAIN_SHUTOFF_DESTROYED);
  return stands ? note.was : "over";
}
