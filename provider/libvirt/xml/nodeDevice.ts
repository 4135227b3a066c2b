import type { HostInterface } from "../../driver/summaries";
import { pciText } from "./modelPassthrough";
import { attribute, childrenOf, find, type XmlElement } from "./tree";

/** What the card behind a network device tells of it. */
export type Card = Pick<HostInterface, "numaNode" | "virtualFunctions" | "functions">;

/** A PCI device of `virNodeDeviceGetXMLDesc`: `<numa node>` and its SR-IOV functions, `<capability type='virt_functions' maxCount>`. */
export function readCard(device: XmlElement): Card {
  const pci = find(device, "capability");
  const numaNode = attribute(find(pci, "numa"), "node");
  const offered = childrenOf(pci, "capability").find((each) => attribute(each, "type") === "virt_functions");
  const functions = childrenOf(offered, "address").flatMap((address) => pciText(address) ?? []);
  return {
    ...(numaNode === undefined ? {} : { numaNode: Number(numaNode) }),
    ...(offered === undefined
      ? {}
      : { virtualFunctions: Number(attribute(offered, "maxCount") ?? functions.length), functions }),
  };
}
