import type { HostInterface } from "../driver/contract";
import { hasCode } from "../driver/errors";
import { orAbsent } from "./common";
import {
  VIR_CONNECT_LIST_INTERFACES_ACTIVE,
  VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET,
} from "./rpc/constants.gen";
import type { LibvirtSession } from "./session";
import { attribute, childrenOf, find, readXml, textOf, type XmlElement } from "./xml/tree";

const TYPES: Readonly<Record<string, HostInterface["type"]>> = {
  bridge: "bridge",
  bond: "bond",
  vlan: "vlan",
};

/** What VMs could be attached to, as far as libvirt's interface and node device drivers tell (R63). */
export async function hostInterfaces(session: LibvirtSession): Promise<readonly HostInterface[]> {
  const [all, active, functions] = await Promise.all([
    described(session, 0),
    described(session, VIR_CONNECT_LIST_INTERFACES_ACTIVE),
    virtualFunctions(session),
  ]);
  const running = new Set(active.map(({ name }) => name));
  return all
    .filter(({ name }) => name !== "lo")
    .map(({ name, mac, xml }) => ({
      name,
      type: TYPES[attribute(xml, "type") ?? ""] ?? "physical",
      mac,
      active: running.has(name),
      ports: childrenOf(find(xml, "bridge") ?? find(xml, "bond"), "interface").flatMap(
        (port) => attribute(port, "name") ?? [],
      ),
      virtualFunctions: functions.get(name),
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

/** SR-IOV: how many functions a device can offer, by its name (R174). */
async function virtualFunctions(session: LibvirtSession): Promise<ReadonlyMap<string, number>> {
  const listed = await session
    .call("connect_list_all_node_devices", { need_results: 1, flags: VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET })
    .catch((error: unknown) => {
      if (hasCode(error, "unsupported")) return { devices: [] };
      throw error;
    });
  const counts = await Promise.all(
    listed.devices.map(async ({ name }): Promise<[string, number] | undefined> => {
      const net = await xmlOf(session, name);
      const device = textOf(find(net, "capability", "interface"));
      const parent = textOf(find(net, "parent"));
      if (device === undefined || parent === undefined || !parent.startsWith("pci_")) return undefined;
      const pci = find(await xmlOf(session, parent), "capability");
      const offered = childrenOf(pci, "capability").find(
        (capability) => attribute(capability, "type") === "virt_functions",
      );
      return (
        offered && [device, Number(attribute(offered, "maxCount") ?? childrenOf(offered, "address").length)]
      );
    }),
  );
  return new Map(counts.filter((count) => count !== undefined));
}

async function xmlOf(session: LibvirtSession, name: string): Promise<XmlElement | undefined> {
  const answer = await orAbsent(session.call("node_device_get_xml_desc", { name, flags: 0 }));
  return answer && readXml(answer.xml);
}
