import { hasCode } from "../../driver/errors";
import { orAbsent } from "../common";
import type { LibvirtSession } from "../session";
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
