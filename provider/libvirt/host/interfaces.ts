import type { HostInterface } from "../../driver/contract";
import { hasCode } from "../../driver/errors";
import { Turns } from "../../driver/turns";
import { orAbsent } from "../common";
import {
  VIR_CONNECT_LIST_INTERFACES_ACTIVE,
  VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET,
} from "../rpc/constants.gen";
import { nodeDevice, nodeDevices } from "./devices";
import type { LibvirtSession } from "../session";
import { readHostInterface } from "../xml/hostInterface";
import { readCard, type Card } from "../xml/nodeDevice";
import { find, readXml, textOf } from "../xml/tree";

/**
 * What VMs could be attached to, as far as libvirt's interface and node device drivers tell (R63).
 *
 * The interface driver is asked one question at a time: it counts its users of libudev without a lock, and a daemon that is asked
 * by several threads at once (seen with libvirt 9.0) gives the library's memory away while it is in use, and crashes some time later.
 */
export function hostInterfaces(session: LibvirtSession): () => Promise<readonly HostInterface[]> {
  const turns = new Turns(1);
  return async () => {
    const [told, cards] = await Promise.all([turns.run(() => interfacesOf(session)), cardsOf(session)]);
    return told.map((each) => ({ ...each, ...cards.get(each.name) }));
  };
}

/** Ends of guests' cables, by the names that libvirt gives them; there may be hundreds, and nothing is attached to them. */
const OF_GUESTS = /^(vnet|macvtap|macvlan)\d+$/;

async function interfacesOf(session: LibvirtSession): Promise<readonly HostInterface[]> {
  const all = await listed(session, 0);
  const running = new Set(
    (await listed(session, VIR_CONNECT_LIST_INTERFACES_ACTIVE)).map(({ name }) => name),
  );
  const found: HostInterface[] = [];
  for (const iface of all) {
    const { name, mac } = iface;
    if (name === "lo" || OF_GUESTS.test(name)) continue;
    const answer = await orAbsent(session.call("interface_get_xml_desc", { iface, flags: 0 }));
    if (answer === undefined) continue;
    found.push({
      name,
      ...readHostInterface(readXml(answer.xml)),
      mac: mac === "" ? undefined : mac,
      active: running.has(name),
    });
  }
  return found;
}

/** Hosts without libvirt's interface driver know none. */
async function listed(
  session: LibvirtSession,
  flags: number,
): Promise<readonly { readonly name: string; readonly mac: string }[]> {
  const { ifaces } = await session
    .call("connect_list_all_interfaces", { need_results: 1, flags })
    .catch((error: unknown) => {
      if (hasCode(error, "unsupported")) return { ifaces: [] };
      throw error;
    });
  return ifaces;
}

/** What the cards behind network devices can do, by the device's name (R172, R174). */
async function cardsOf(session: LibvirtSession): Promise<ReadonlyMap<string, Card>> {
  const names = await nodeDevices(session, VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET);
  const cards = await Promise.all(
    names.map(async (name): Promise<[string, Card] | undefined> => {
      const net = await nodeDevice(session, name);
      const device = textOf(find(net, "capability", "interface"));
      const parent = textOf(find(net, "parent"));
      if (device === undefined || parent === undefined || !parent.startsWith("pci_")) return undefined;
      const pci = await nodeDevice(session, parent);
      return pci && [device, readCard(pci)];
    }),
  );
  return new Map(cards.filter((card) => card !== undefined));
}
