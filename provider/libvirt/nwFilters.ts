import type { NwFilterSummary } from "../driver/contract";
import { hasCode } from "../driver/errors";
import type { LibvirtSession } from "./session";

/** By name; none where libvirt runs without its filter driver. */
export async function listNwFilters(session: LibvirtSession): Promise<readonly NwFilterSummary[]> {
  try {
    const { filters } = await session.call("connect_list_all_nwfilters", { need_results: 1, flags: 0 });
    return filters.map(({ uuid, name }) => ({ id: uuid, name })).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (hasCode(error, "unsupported")) return [];
    throw error;
  }
}
