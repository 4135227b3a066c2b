import { isDeepStrictEqual } from "node:util";
import type { LibvirtNetworkSpec } from "../schema/libvirtNetwork";
import {
  VIR_NETWORK_SECTION_IP_DHCP_HOST,
  VIR_NETWORK_SECTION_IP_DHCP_RANGE,
  VIR_NETWORK_UPDATE_AFFECT_CONFIG,
  VIR_NETWORK_UPDATE_AFFECT_LIVE,
  VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST,
  VIR_NETWORK_UPDATE_COMMAND_DELETE,
} from "./rpc/constants.gen";
import { hostXml, rangeXml } from "./xml/network";
import { formatXml, type XmlElement } from "./xml/tree";

/** The arguments of one virNetworkUpdate call. */
export interface NetworkUpdate {
  readonly command: number;
  readonly section: number;
  readonly parentIndex: number;
  readonly xml: string;
  readonly flags: number;
}

type Network = Partial<LibvirtNetworkSpec>;
type Ip = LibvirtNetworkSpec["ips"][number];

/**
 * The calls that bring a network from one configuration to the other without touching its bridge, or `undefined` when
 * that is not possible. libvirt can change DHCP ranges and hosts of a subnet that has DHCP already.
 */
export function updatesFor(
  before: Network,
  after: Network,
): readonly ((active: boolean) => NetworkUpdate)[] | undefined {
  const [a, b] = [before.ips ?? [], after.ips ?? []];
  if (!isDeepStrictEqual({ ...before, ips: undefined }, { ...after, ips: undefined })) return undefined;
  if (
    a.length !== b.length ||
    a.some(
      ({ cidr, dhcp }, index) =>
        cidr !== b[index]?.cidr || (dhcp === undefined) !== (b[index]?.dhcp === undefined),
    )
  )
    return undefined;
  return b.flatMap((ip, index) => {
    const old = a[index];
    return old === undefined
      ? []
      : [
          ...difference(VIR_NETWORK_SECTION_IP_DHCP_HOST, index, hostsOf(old), hostsOf(ip)),
          ...difference(VIR_NETWORK_SECTION_IP_DHCP_RANGE, index, rangesOf(old), rangesOf(ip)),
        ];
  });
}

const rangesOf = ({ dhcp }: Ip): string[] => (dhcp?.ranges ?? []).map((range) => text(rangeXml(range)));
const hostsOf = ({ dhcp }: Ip): string[] => (dhcp?.hosts ?? []).map((host) => text(hostXml(host)));
const text = (element: XmlElement): string => formatXml(element);

function difference(
  section: number,
  parentIndex: number,
  before: readonly string[],
  after: readonly string[],
): ((active: boolean) => NetworkUpdate)[] {
  const update = (command: number, xml: string) => (active: boolean) => ({
    command,
    section,
    parentIndex,
    xml,
    // Live alone is lost at the next start, configuration alone is not seen by the running network.
    flags: VIR_NETWORK_UPDATE_AFFECT_CONFIG | (active ? VIR_NETWORK_UPDATE_AFFECT_LIVE : 0),
  });
  return [
    ...before
      .filter((xml) => !after.includes(xml))
      .map((xml) => update(VIR_NETWORK_UPDATE_COMMAND_DELETE, xml)),
    ...after
      .filter((xml) => !before.includes(xml))
      .map((xml) => update(VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST, xml)),
  ];
}
