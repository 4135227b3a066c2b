import type { HostInterface } from "../../driver/summaries";
import { attribute, childrenOf, find, type XmlElement } from "./tree";

const TYPES: Readonly<Record<string, HostInterface["type"]>> = {
  bridge: "bridge",
  bond: "bond",
  vlan: "vlan",
};

/** What `virInterfaceGetXMLDesc` tells of a network device: its kind, what is below it, and a VLAN's number (R63). */
export function readHostInterface(xml: XmlElement): Pick<HostInterface, "type" | "ports" | "vlanTag"> {
  const vlan = find(xml, "vlan");
  const tag = Number(attribute(vlan, "tag") ?? Number.NaN);
  return {
    type: TYPES[attribute(xml, "type") ?? ""] ?? "physical",
    ports: childrenOf(find(xml, "bridge") ?? find(xml, "bond") ?? vlan, "interface").flatMap(
      (port) => attribute(port, "name") ?? [],
    ),
    ...(Number.isInteger(tag) ? { vlanTag: tag } : {}),
  };
}
