import type { HostInterface } from "../../driver/contract";
import { hasCode } from "../../driver/errors";
import { orAbsent } from "../common";
import {
  VIR_CONNECT_LIST_INTERFACES_ACTIVE,
  VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET,
} from "../rpc/constants.gen";
import { nodeDevice, nodeDevices } from "./devices";
import type { LibvirtSession } from "../session";
import { readHostInterface } from "../xml/hostInterface";
import { readCard, type Card } from "../xml/nodeDevice";
import { find, readXml, textOf, type XmlElement } from "../xml/tree";

/** What VMs could be attached to, as far as libvirt's interface and node device drivers tell (R63). */
export async function hostInterfaces(session: LibvirtSession): Promise<readonly HostInterface[]> {
  const [all, active, cards] = await Promise.all([
    described(session, 0),
    described(session, VIR_CONNECT_LIST_INTERFACES_ACTIVE),
    cardsOf(session),
  ]);
  const running = new Set(active.map(({ name }) => name));
  return all
    .filter(({ name }) => name !== "lo")
    .map(({ name, mac, xml }) => ({
      name,
      ...readHostInterface(xml),
      mac,
      active: running.has(name),
      ...cards.get(name),
    }));
}

interface Described {
  readonly name: string;
  readonly mac?: string;
  readonly xml: XmlElement;
}

/** Hosts without libvirt's interface driver know none. */
async function described(session: LibvirtSession, flags: number): Promise<readonly Described[]> {
  const listed = await session
    .call("connect_list_all_interfaces", { need_results: 1, flags })
    .catch((error: unknown) => {
      if (hasCode(error, "unsupported")) return { ifaces: [] };
      throw error;
    });
  const found = await Promise.all(
    listed.ifaces.map(async (iface) => {
      const answer = await orAbsent(session.call("interface_get_xml_desc", { iface, flags: 0 }));
      return (
        answer && {
          name: iface.name,
          mac: iface.mac === "" ? undefined : iface.mac,
          xml: readXml(answer.xml),
        }
      );
    }),
  );
  return found.filter((each) => each !== undefined);
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
