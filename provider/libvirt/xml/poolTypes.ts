import { attribute, childrenOf, type XmlElement } from "./tree";

/** `<storagepoolCapabilities>`: the types of pool for which the daemon has its driver. */
export function readPoolTypes(capabilities: XmlElement): readonly string[] {
  return childrenOf(capabilities, "pool").flatMap((pool) =>
    attribute(pool, "supported") === "yes" ? [attribute(pool, "type") ?? ""] : [],
  );
}
