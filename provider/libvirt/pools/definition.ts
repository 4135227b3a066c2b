import { hasCode } from "../../driver/errors";
import { VIR_STORAGE_XML_INACTIVE } from "../rpc/constants.gen";
import type { RemoteNonnullStoragePool as Pool } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { readXml, type XmlElement } from "../xml/tree";

/** Making a file system, or looking through a large pool, takes its time. */
export const SLOW_MS = 600_000;

/** The definition by which the pool starts next. */
export async function definitionOf(session: LibvirtSession, pool: Pool): Promise<XmlElement> {
  const answer = await session
    .call("storage_pool_get_xml_desc", { pool, flags: VIR_STORAGE_XML_INACTIVE })
    .catch((error: unknown) => {
      // libvirt's test driver has one definition of a pool, and no flag to ask for it.
      if (!hasCode(error, "invalid-argument", "unsupported")) throw error;
      return session.call("storage_pool_get_xml_desc", { pool, flags: 0 });
    });
  return readXml(answer.xml);
}
