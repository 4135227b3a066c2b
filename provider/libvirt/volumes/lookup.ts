import { DriverError } from "../../driver/errors";
import { askedOnce } from "../askedOnce";
import { doing, orAbsent } from "../common";
import { activePool } from "../pools";
import { lookThrough } from "../pools/away";
import type { RemoteNonnullStoragePool as Pool, RemoteNonnullStorageVol as Vol } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { readXml } from "../xml/tree";
import { readVolume, type VolumeFacts } from "../xml/volume";

export async function volumeFacts(session: LibvirtSession, vol: Vol): Promise<VolumeFacts> {
  return readVolume(readXml((await session.call("storage_vol_get_xml_desc", { vol, flags: 0 })).xml));
}

/** By name in an active pool. The pool is looked through once more before a volume counts as gone. */
export async function findVolume(
  session: LibvirtSession,
  poolName: string,
  name: string,
): Promise<Vol | undefined> {
  return findVolumeIn(session, await activePool(session, poolName), name);
}

export async function findVolumeIn(
  session: LibvirtSession,
  pool: Pool,
  name: string,
): Promise<Vol | undefined> {
  const lookUp = () => orAbsent(session.call("storage_vol_lookup_by_name", { pool, name }));
  const found = await lookUp();
  if (found !== undefined) return found.vol;
  await lookThrough(session, pool);
  return (await lookUp())?.vol;
}

/** An image as the program names it: `pool/name`, or a path on the host (which need not be in any pool). */
export async function resolveImage(
  session: LibvirtSession,
  reference: string,
  use: string,
): Promise<VolumeFacts> {
  // Who asks is said outside: an answer, or a refusal, may be for several.
  return doing("find", use, () =>
    askedOnce(session, "storage", `image ${reference}`, () => findImage(session, reference)),
  );
}

async function findImage(session: LibvirtSession, reference: string): Promise<VolumeFacts> {
  if (reference.startsWith("/")) {
    const found = await orAbsent(session.call("storage_vol_lookup_by_path", { path: reference }));
    if (found !== undefined) return volumeFacts(session, found.vol);
    const format = /\.qcow2$/i.test(reference) ? "qcow2" : "raw";
    return {
      name: "",
      path: reference,
      format,
      capacityBytes: 0,
      allocationBytes: 0,
      block: reference.startsWith("/dev/"),
      encrypted: false,
    };
  }
  const slash = reference.indexOf("/");
  if (slash <= 0) {
    throw new DriverError(`"${reference}" names no volume`, {
      code: "invalid-argument",
      remedy: 'Write it as "pool/name", as an absolute path on the host, or pass a StorageVolume.',
    });
  }
  const [pool, name] = [reference.slice(0, slash), reference.slice(slash + 1)];
  const vol = await findVolume(session, pool, name);
  if (vol === undefined) {
    throw new DriverError(`there is no volume "${name}" in pool "${pool}"`, {
      code: "not-found",
      remedy: "Check its name with `virsh vol-list`, or declare it as a StorageVolume.",
    });
  }
  return volumeFacts(session, vol);
}
