import { DriverError, hasCode } from "../../driver/errors";
import { doing, orAbsent, untilFree } from "../common";
import { lookupPool } from "../pools";
import {
  VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA,
  VIR_DOMAIN_UNDEFINE_MANAGED_SAVE,
  VIR_DOMAIN_UNDEFINE_NVRAM,
  VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA,
} from "../rpc/constants.gen";
import type { LibvirtSession } from "../session";
import { nameOf } from "../xml/domain";
import { readMark } from "../xml/metadata";
import { lookupDomain, viewDomain } from "./observe";

const EVERYTHING =
  VIR_DOMAIN_UNDEFINE_MANAGED_SAVE |
  VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
  VIR_DOMAIN_UNDEFINE_NVRAM |
  VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA;
const STOP_MS = 120_000;

/** Off, undefined with all that libvirt keeps for it, and then the volumes that were made for it; absent is done. */
export async function removeDomain(session: LibvirtSession, id: string): Promise<void> {
  const dom = await lookupDomain(session, id);
  const view = dom && (await viewDomain(session, dom));
  if (dom === undefined || view === undefined) return;
  const name = nameOf(view.configured);
  await doing("remove", `VM "${name}"`, async () => {
    if (view.live !== undefined) await off(session, dom.uuid);
    // The list of volumes is in the definition: they go first, so that a run cut off here finds them again.
    await Promise.all((readMark(view.configured)?.volumes ?? []).map(({ key }) => removeOwned(session, key)));
    if (view.persistent) await undefine(session, dom.uuid);
  });
}

async function off(session: LibvirtSession, uuid: string): Promise<void> {
  await orAbsent(
    session.call(
      "domain_destroy_flags",
      { dom: { name: uuid, uuid, id: -1 }, flags: 0 },
      { timeoutMs: STOP_MS },
    ),
  ).catch((error: unknown) => {
    if (!hasCode(error, "invalid-state")) throw error;
  });
}

async function undefine(session: LibvirtSession, uuid: string): Promise<void> {
  const dom = { name: uuid, uuid, id: -1 };
  try {
    await orAbsent(session.call("domain_undefine_flags", { dom, flags: EVERYTHING }));
  } catch (error) {
    // Drivers without firmware or checkpoints refuse the flags themselves.
    if (!hasCode(error, "unsupported", "invalid-argument")) throw error;
    await orAbsent(session.call("domain_undefine_flags", { dom, flags: 0 }));
  }
}

/** `pool/name` of a volume that a VM owns; a pool or volume that is gone already is fine. */
export async function removeOwned(session: LibvirtSession, key: string): Promise<void> {
  const [poolName, name] = [key.slice(0, key.indexOf("/")), key.slice(key.indexOf("/") + 1)];
  const pool = await lookupPool(session, poolName);
  if (pool === undefined) return;
  const found = await orAbsent(session.call("storage_vol_lookup_by_name", { pool, name })).catch(
    (error: unknown) => {
      if (hasCode(error, "invalid-state")) throw inactive(poolName, name);
      throw error;
    },
  );
  if (found !== undefined)
    await untilFree(() => orAbsent(session.call("storage_vol_delete", { vol: found.vol, flags: 0 })));
}

function inactive(pool: string, name: string): DriverError {
  return new DriverError(`its volume "${name}" is in storage pool "${pool}", which is not active`, {
    code: "invalid-state",
    remedy: `Start the pool: \`virsh pool-start ${pool}\`, then run again.`,
  });
}
