import { DriverError, isDriverError } from "../../driver/errors";
import type { RemoteNonnullStoragePool as Pool } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { readPool } from "../xml/pool";
import { definitionOf } from "./definition";

/** libvirt has no code of its own for it. */
export function saysMissing(error: unknown): boolean {
  return isDriverError(error) && /No such file|does not exist/i.test(error.message);
}

/** What is to be said of a pool in a folder that had one and has none now; of others, what the host says. */
export async function whereFolderIs(session: LibvirtSession, pool: Pool, error: unknown): Promise<unknown> {
  if (!isDriverError(error) || !saysMissing(error)) return error;
  const { type, path = "" } = readPool(await definitionOf(session, pool));
  if (type !== "dir") return error;
  return new DriverError(
    `its folder ${path} is not there on the host, and no other one is made in its place`,
    {
      code: "invalid-state",
      target: `storage pool "${pool.name}"`,
      remedy:
        "Mount it, or move it back, and run `pulumi up` again; where all that was in it is to be given up, make an empty folder there.",
      hostCode: error.hostCode,
      cause: error,
    },
  );
}

/**
 * Has the host look through a pool before something in it counts as gone: when its folder was moved away, or is not mounted, nothing
 * in it is. libvirt switches such a pool off when it finds that out. A pool that is busy is as it was last seen.
 */
export async function lookThrough(session: LibvirtSession, pool: Pool): Promise<void> {
  try {
    await session.call("storage_pool_refresh", { pool, flags: 0 });
  } catch (error) {
    const told = await whereFolderIs(session, pool, error);
    if (told !== error) throw told;
  }
}
