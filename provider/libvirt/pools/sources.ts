import { DriverError } from "../../driver/errors";
import { NETWORK_POOLS } from "../../schema/storage/poolTypes";
import type { RemoteSpec } from "../../schema/vm/disk/remote";
import { askedOnce } from "../askedOnce";
import { orAbsent } from "../common";
import type { RemoteNonnullStoragePool as Pool } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { poolSpec, readPool, type PoolFacts } from "../xml/pool";
import { attribute, find, readXml, type XmlElement } from "../xml/tree";

/** libvirt's numbers of what a secret is for. */
const USES: Readonly<Record<string, number>> = { rbd: 2, "iscsi-direct": 3 };

function definitionOf(session: LibvirtSession, pool: Pool): Promise<XmlElement> {
  return askedOnce(session, "storage", `place of pool ${pool.uuid}`, async () =>
    readXml((await session.call("storage_pool_get_xml_desc", { pool, flags: 0 })).xml),
  );
}

export async function placeOf(session: LibvirtSession, pool: Pool): Promise<PoolFacts> {
  return readPool(await definitionOf(session, pool));
}

/**
 * Where QEMU itself finds a volume of a pool that the host does not show as files or devices; nothing for other pools. libvirt
 * takes no such pool for a disk of type `volume`, so the disk says what the pool says.
 */
export async function remoteIn(
  session: LibvirtSession,
  pool: Pool,
  volume: string,
): Promise<RemoteSpec | undefined> {
  const definition = await definitionOf(session, pool);
  const { type } = readPool(definition);
  if (!NETWORK_POOLS.includes(type)) return undefined;
  const { source } = poolSpec(definition, false, true);
  const secret = find(definition, "source", "auth", "secret");
  const auth = source?.auth && {
    username: source.auth.username,
    secret:
      attribute(secret, "uuid") ?? (await secretOf(session, pool.name, type, attribute(secret, "usage"))),
  };
  const hosts = (source?.hosts ?? []) as RemoteSpec["hosts"];
  const where = source?.name ?? "";
  const image: Partial<RemoteSpec> =
    type === "rbd"
      ? { protocol: "rbd", name: `${where}/${volume}`, auth }
      : type === "gluster"
        ? { protocol: "gluster", name: `${where}/${source?.dir ?? ""}/${volume}`.replace(/\/+/g, "/") }
        : { protocol: "iscsi", name: unitOf(source?.iqn, volume), initiator: source?.initiator, auth };
  return { ...image, hosts } as RemoteSpec;
}

/** libvirt calls the units of an iSCSI target `unit:0:0:3`. */
function unitOf(iqn = "", volume: string): string {
  return `${iqn}/${volume.slice(volume.lastIndexOf(":") + 1)}`;
}

async function secretOf(
  session: LibvirtSession,
  pool: string,
  type: string,
  usage: string | undefined,
): Promise<string> {
  const asked = { usageType: USES[type] ?? 0, usageID: usage ?? "" };
  const found = await orAbsent(session.call("secret_lookup_by_usage", asked));
  if (found !== undefined) return found.secret.uuid;
  throw new DriverError(`storage pool "${pool}" logs in with a secret that the host has not`, {
    code: "not-found",
    remedy: "Look at `virsh secret-list` on the host, or declare it as a LibvirtSecret.",
  });
}
