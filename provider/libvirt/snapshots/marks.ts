import type { LibvirtSession } from "../session";
import { writeNote } from "../vms/note";
import { SNAPSHOTS_KEY, SNAPSHOTS_NAMESPACE, snapshotMarksElement, type SnapshotMark } from "../xml/snapshot";

/** Writes what we know of the VM's snapshots into its persistent definition. */
export async function writeMarks(
  session: LibvirtSession,
  uuid: string,
  marks: readonly SnapshotMark[],
): Promise<void> {
  const place = { key: SNAPSHOTS_KEY, uri: SNAPSHOTS_NAMESPACE };
  await writeNote(session, uuid, place, snapshotMarksElement(marks));
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
