import { FOLDER_POOLS } from "../../../schema/storage/poolTypes";
import type { RemoteSpec } from "../../../schema/vm/disk/remote";
import { activePool } from "../../pools";
import { placeOf, remoteIn } from "../../pools/sources";
import type { RemoteNonnullStoragePool as Pool } from "../../rpc/procedures.gen";
import type { LibvirtSession } from "../../session";
import { resolveImage } from "../../volumes/lookup";
import type { DiskSource } from "../../xml/domain/disks";

/** An image that is there: in a file, on a device, or on a server, as the pool says that has it. */
export async function existing(
  session: LibvirtSession,
  reference: string,
  format: string | undefined,
  use: string,
): Promise<DiskSource> {
  const facts = await resolveImage(session, reference, use);
  const [pool = "", ...name] = reference.split("/");
  if (pool !== "" && !facts.block) {
    const remote = await remoteIn(session, await activePool(session, pool), name.join("/"));
    if (remote !== undefined) return onServer(remote, format ?? facts.format);
  }
  return { path: facts.path, format: format ?? facts.format, block: facts.block };
}

/** Where a volume of that name in the pool is, or will be. */
export async function ownSource(
  session: LibvirtSession,
  pool: Pool,
  name: string,
  format: string,
): Promise<DiskSource> {
  const remote = await remoteIn(session, pool, name);
  if (remote !== undefined) return onServer(remote, format);
  const { path, type } = await placeOf(session, pool);
  return { path: `${path ?? ""}/${name}`, format, block: !FOLDER_POOLS.includes(type) };
}

export function onServer(remote: RemoteSpec, format = "raw"): DiskSource {
  return { path: `${remote.protocol}:${remote.name ?? ""}`, format, block: false, remote };
}
