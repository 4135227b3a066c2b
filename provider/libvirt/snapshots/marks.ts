import { VIR_DOMAIN_AFFECT_CONFIG, VIR_DOMAIN_METADATA_ELEMENT } from "../rpc/constants.gen";
import type { LibvirtSession } from "../session";
import { SNAPSHOTS_KEY, SNAPSHOTS_NAMESPACE, snapshotMarksElement, type SnapshotMark } from "../xml/snapshot";
import { formatXml } from "../xml/tree";
import { domainOf } from "../vms/observe";

/** Writes what we know of the VM's snapshots into its persistent definition; no other program's metadata is touched. */
export async function writeMarks(
  session: LibvirtSession,
  uuid: string,
  marks: readonly SnapshotMark[],
): Promise<void> {
  const element = snapshotMarksElement(marks);
  await session.call("domain_set_metadata", {
    dom: domainOf(uuid),
    type: VIR_DOMAIN_METADATA_ELEMENT,
    metadata: element === undefined ? null : formatXml(element),
    key: element === undefined ? null : SNAPSHOTS_KEY,
    uri: SNAPSHOTS_NAMESPACE,
    flags: VIR_DOMAIN_AFFECT_CONFIG,
  });
}

/** Work on the snapshots of one VM, one piece at a time: each reads what is there, and writes it back. */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  take<T>(uuid: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.last.get(uuid) ?? Promise.resolve()).then(work, work);
    this.last.set(uuid, mine);
    const done = (): void => {
      if (this.last.get(uuid) === mine) this.last.delete(uuid);
    };
    mine.then(done, done);
    return mine;
  }
}
