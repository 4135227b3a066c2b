import { orAbsent } from "./common";
import { VIR_CONNECT_LIST_DOMAINS_ACTIVE, VIR_DOMAIN_AFFECT_LIVE } from "./rpc/constants.gen";
import type { LibvirtSession } from "./session";
import { interfacesOf } from "./xml/domainInterfaces";
import { attribute, find, formatXml, parseXml } from "./xml/tree";

/**
 * A network that was stopped and started has a new bridge, and running guests hang on none. Updating each of their
 * interfaces with what it is already plugs it in again: same MAC, same device, the guest sees at most a blink.
 */
export async function replug(session: LibvirtSession, network: string): Promise<void> {
  const { domains } = await session.call("connect_list_all_domains", {
    need_results: 1,
    flags: VIR_CONNECT_LIST_DOMAINS_ACTIVE,
  });
  await Promise.all(
    domains.map(async (dom) => {
      const found = await orAbsent(session.call("domain_get_xml_desc", { dom, flags: 0 }));
      if (found === undefined) return;
      const affected = interfacesOf(parseXml(found.xml)).filter(
        (nic) => attribute(find(nic, "source"), "network") === network,
      );
      for (const nic of affected) {
        await orAbsent(
          session.call("domain_update_device_flags", {
            dom,
            xml: formatXml(nic),
            flags: VIR_DOMAIN_AFFECT_LIVE,
          }),
        );
      }
    }),
  );
}
