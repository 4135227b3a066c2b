import type { Interruption } from "../../driver/contract";
import { VIR_DOMAIN_AFFECT_CONFIG, VIR_DOMAIN_METADATA_ELEMENT } from "../rpc/constants.gen";
import type { LibvirtSession } from "../session";
import { RESTART_NOTE, restartNoteElement } from "../xml/domain/restartNote";
import { formatXml, type XmlElement } from "../xml/tree";
import { domainOf } from "./observe";

/** Where a note stands in a VM's `<metadata>`: libvirt keeps one element of each namespace. */
export interface NotePlace {
  readonly key: string;
  readonly uri: string;
}

/** Writes a note of ours into the persistent definition, or takes it away; no other program's metadata is touched. */
export async function writeNote(
  session: LibvirtSession,
  uuid: string,
  { key, uri }: NotePlace,
  element: XmlElement | undefined,
): Promise<void> {
  await session.call("domain_set_metadata", {
    dom: domainOf(uuid),
    type: VIR_DOMAIN_METADATA_ELEMENT,
    metadata: element === undefined ? null : formatXml(element),
    key: element === undefined ? null : key,
    uri,
    flags: VIR_DOMAIN_AFFECT_CONFIG,
  });
}

/** That it is stopped for a change, and how it is to be started again. */
export function noteStop(
  session: LibvirtSession,
  uuid: string,
  stop: Interruption | undefined,
): Promise<void> {
  return writeNote(session, uuid, RESTART_NOTE, stop && restartNoteElement(stop));
}
