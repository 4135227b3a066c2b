import type { DeviceDriver } from "../../driver/devices";
import { hasCode } from "../../driver/errors";
import { orAbsent } from "../common";
import {
  VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV,
  VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_DEV,
} from "../rpc/constants.gen";
import type { LibvirtSession } from "../session";
import { hasIommuGroup, pciName, pciOfName, readUsb } from "../xml/nodeDevice";
import { readXml, type XmlElement } from "../xml/tree";

/** Names of the host's devices that can do what the flags say; of none where libvirt has no driver for them. */
export async function nodeDevices(session: LibvirtSession, flags: number): Promise<readonly string[]> {
  const { devices } = await session
    .call("connect_list_all_node_devices", { need_results: 1, flags })
    .catch((error: unknown) => {
      if (hasCode(error, "unsupported")) return { devices: [] };
      throw error;
    });
  return devices.map(({ name }) => name);
}

export async function nodeDevice(session: LibvirtSession, name: string): Promise<XmlElement | undefined> {
  const answer = await orAbsent(session.call("node_device_get_xml_desc", { name, flags: 0 }));
  return answer && readXml(answer.xml);
}

/** What guests can be given, as far as libvirt's node device driver tells. */
export function createDeviceDriver(session: LibvirtSession): DeviceDriver {
  return {
    async pci() {
      const names = await nodeDevices(session, VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV);
      return names.flatMap((name) => pciOfName(name) ?? []);
    },
    async isolated(pci) {
      const device = await nodeDevice(session, pciName(pci));
      return device !== undefined && hasIommuGroup(device);
    },
    async usb() {
      const kinds = VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV | VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_DEV;
      const names = await nodeDevices(session, kinds);
      // A machine that has neither tells of nothing: its driver may see no devices at all.
      if (names.length === 0) return undefined;
      const usb = names.filter((name) => pciOfName(name) === undefined);
      const found = await Promise.all(usb.map((name) => nodeDevice(session, name)));
      return found.flatMap((device) => (device && readUsb(device)) ?? []);
    },
  };
}
