import type { LibvirtNetworkSpec } from "../../../schema/libvirtNetwork";
import { attribute, childrenOf, el, find, type XmlElement } from "../tree";

export type PortGroup = NonNullable<LibvirtNetworkSpec["portGroups"]>[number];
type Bandwidth = NonNullable<LibvirtNetworkSpec["bandwidth"]>;
type Rate = NonNullable<Bandwidth["inbound"]>;
type Vlan = NonNullable<LibvirtNetworkSpec["vlan"]>;
type VirtualPort = NonNullable<LibvirtNetworkSpec["virtualPort"]>;

export const numberOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);
/** libvirt says nothing, or `no`, of a switch that is off. */
export const isYes = (text: string | undefined): true | undefined => (text === "yes" ? true : undefined);
export const yesNo = (value: boolean | undefined): string | undefined =>
  value === undefined ? undefined : value ? "yes" : "no";

export function readBandwidth(bandwidth: XmlElement): Bandwidth {
  return { inbound: readRate(find(bandwidth, "inbound")), outbound: readRate(find(bandwidth, "outbound")) };
}

function readRate(rate: XmlElement | undefined): Rate | undefined {
  return (
    rate && {
      average: Number(attribute(rate, "average") ?? 0),
      peak: numberOf(attribute(rate, "peak")),
      burst: numberOf(attribute(rate, "burst")),
    }
  );
}

export function bandwidthXml({ inbound, outbound }: Bandwidth): XmlElement {
  const rate = (name: string, value: Rate | undefined) =>
    value && el(name, { average: value.average, peak: value.peak, burst: value.burst });
  return el("bandwidth", {}, rate("inbound", inbound), rate("outbound", outbound));
}

export function readVlan(vlan: XmlElement): Vlan {
  const tags = childrenOf(vlan, "tag").map((tag) => ({
    id: Number(attribute(tag, "id")),
    nativeMode: attribute(tag, "nativeMode") as Vlan["tags"][number]["nativeMode"],
  }));
  // Several tags make a trunk, said or not.
  return { trunk: tags.length > 1 ? undefined : isYes(attribute(vlan, "trunk")), tags };
}

export function vlanXml({ trunk, tags }: Vlan): XmlElement {
  return el(
    "vlan",
    { trunk: yesNo(trunk) },
    ...tags.map(({ id, nativeMode }) => el("tag", { id, nativeMode })),
  );
}

export function readVirtualPort(port: XmlElement): VirtualPort {
  const parameters = find(port, "parameters");
  const text = (name: string): string | undefined => attribute(parameters, name);
  return {
    type: (attribute(port, "type") ?? "") as VirtualPort["type"],
    managerId: numberOf(text("managerid")),
    typeId: numberOf(text("typeid")),
    typeIdVersion: numberOf(text("typeidversion")),
    instanceId: text("instanceid"),
    profileId: text("profileid"),
    interfaceId: text("interfaceid"),
  };
}

export function virtualPortXml(port: VirtualPort): XmlElement {
  const parameters = el("parameters", {
    managerid: port.managerId,
    typeid: port.typeId,
    typeidversion: port.typeIdVersion,
    instanceid: port.instanceId,
    profileid: port.profileId,
    interfaceid: port.interfaceId,
  });
  return el(
    "virtualport",
    { type: port.type },
    Object.keys(parameters.attributes).length === 0 ? undefined : parameters,
  );
}

export function readPortGroup(group: XmlElement): PortGroup {
  const [bandwidth, vlan, port] = ["bandwidth", "vlan", "virtualport"].map((name) => find(group, name));
  return {
    name: attribute(group, "name") ?? "",
    default: isYes(attribute(group, "default")),
    trustGuestRxFilters: isYes(attribute(group, "trustGuestRxFilters")),
    bandwidth: bandwidth && readBandwidth(bandwidth),
    vlan: vlan && readVlan(vlan),
    virtualPort: port && readVirtualPort(port),
  };
}

export function portGroupXml(group: PortGroup): XmlElement {
  const { name, bandwidth, vlan, virtualPort } = group;
  return el(
    "portgroup",
    { name, default: yesNo(group.default), trustGuestRxFilters: yesNo(group.trustGuestRxFilters) },
    virtualPort && virtualPortXml(virtualPort),
    bandwidth && bandwidthXml(bandwidth),
    vlan && vlanXml(vlan),
  );
}
