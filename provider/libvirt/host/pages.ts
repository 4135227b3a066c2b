import type { PageCount } from "../../driver/summaries";
import type { LibvirtSession } from "../session";

/** All NUMA nodes together, for libvirt. */
const WHOLE_HOST = { startCell: -1, cellCount: 1 };

/** Huge pages of these sizes (KiB) that nobody has taken now. */
export async function freePages(
  session: LibvirtSession,
  sizes: readonly number[],
): Promise<readonly PageCount[]> {
  if (sizes.length === 0) return [];
  const { counts } = await session.call("node_get_free_pages", {
    pages: [...sizes],
    ...WHOLE_HOST,
    flags: 0,
  });
  return sizes.map((pageKiB, index) => ({ pageKiB, pages: Number(counts[index] ?? 0) }));
}
