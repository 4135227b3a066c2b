import type { ObservedSnapshot } from "../../driver/contract";
import { orAbsent } from "../common";
import {
  VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT,
  VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
  VIR_DOMAIN_XML_INACTIVE,
} from "../rpc/constants.gen";
import type { RemoteNonnullDomain as Dom, RemoteNonnullDomainSnapshot as Snap } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { lookupDomain } from "../vms/observe";
import { readSnapshot, readSnapshotMarks } from "../xml/snapshot";
import { formatXml, readXml, type XmlElement } from "../xml/tree";

export async function lookupSnapshot(
  session: LibvirtSession,
  dom: Dom,
  name: string,
): Promise<Snap | undefined> {
  return (await orAbsent(session.call("domain_snapshot_lookup_by_name", { dom, name, flags: 0 })))?.snap;
}

/** With everything that libvirt needs to define it anew. */
export async function snapshotElement(session: LibvirtSession, snap: Snap): Promise<XmlElement> {
  // VIR_DOMAIN_SNAPSHOT_XML_SECURE
  return readXml((await session.call("domain_snapshot_get_xml_desc", { snap, flags: 1 })).xml);
}

/** What libvirt keeps about a snapshot is replaced; images and memory are not touched. */
export async function redefine(session: LibvirtSession, snap: Snap, element: XmlElement): Promise<void> {
  // Defined anew without the flag, the current snapshot would be the current one no more.
  const { current } = await session.call("domain_snapshot_is_current", { snap, flags: 0 });
  const flags =
    VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE | (current === 0 ? 0 : VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT);
  const args = { dom: snap.dom, xml_desc: formatXml(element), flags };
  await session.call("domain_snapshot_create_xml", args);
}

export async function observeSnapshot(
  session: LibvirtSession,
  vm: string,
  name: string,
): Promise<ObservedSnapshot | undefined> {
  const dom = await lookupDomain(session, vm);
  const snap = dom && (await lookupSnapshot(session, dom, name));
  if (dom === undefined || snap === undefined) return undefined;
  const answers = await orAbsent(
    Promise.all([
      snapshotElement(session, snap),
      session.call("domain_get_xml_desc", { dom, flags: VIR_DOMAIN_XML_INACTIVE }),
    ]),
  );
  if (answers === undefined) return undefined;
  const facts = readSnapshot(answers[0]);
  const mark = readSnapshotMarks(readXml(answers[1].xml)).find((each) => each.name === name);
  if (mark?.leaving === true) return undefined;
  return {
    id: `${dom.uuid}/${name}`,
    vm: dom.uuid,
    name,
    owner: mark?.owner,
    createdAt: facts.createdAt,
    kind: facts.external ? "external" : "internal",
    consistency: mark?.consistency ?? (facts.stopped ? "stopped" : facts.memory ? "memory" : "crash"),
    spec: { name, description: facts.description, memory: facts.memory },
  };
}
