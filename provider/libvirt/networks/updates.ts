import { isDeepStrictEqual } from "node:util";
import type { LibvirtNetworkSpec } from "../../schema/libvirtNetwork";
import {
  VIR_NETWORK_SECTION_DNS_HOST,
  VIR_NETWORK_SECTION_DNS_SRV,
  VIR_NETWORK_SECTION_DNS_TXT,
  VIR_NETWORK_SECTION_IP_DHCP_HOST,
  VIR_NETWORK_SECTION_IP_DHCP_RANGE,
  VIR_NETWORK_SECTION_PORTGROUP,
  VIR_NETWORK_UPDATE_AFFECT_CONFIG,
  VIR_NETWORK_UPDATE_AFFECT_LIVE,
  VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST,
  VIR_NETWORK_UPDATE_COMMAND_DELETE,
} from "../rpc/constants.gen";
import { dnsHostXml, serviceXml, textXml } from "../xml/network/places";
import { hostXml, rangeXml } from "../xml/network/subnet";
import { portGroupXml } from "../xml/network/switch";
import { formatXml, type XmlElement } from "../xml/tree";

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

/** What libvirt changes in a running network, one entry at a time; DHCP's entries belong to a subnet. */
const SECTIONS: readonly (readonly [number, (network: Network) => readonly XmlElement[]])[] = [
  [VIR_NETWORK_SECTION_DNS_HOST, ({ dns }) => (dns?.hosts ?? []).map(dnsHostXml)],
  [VIR_NETWORK_SECTION_DNS_TXT, ({ dns }) => (dns?.txt ?? []).map(textXml)],
  [VIR_NETWORK_SECTION_DNS_SRV, ({ dns }) => (dns?.srv ?? []).map(serviceXml)],
  [VIR_NETWORK_SECTION_PORTGROUP, ({ portGroups }) => (portGroups ?? []).map(portGroupXml)],
];
const SUBNET_SECTIONS: readonly (readonly [number, (ip: Ip) => readonly XmlElement[]])[] = [
  [VIR_NETWORK_SECTION_IP_DHCP_HOST, ({ dhcp }) => (dhcp?.hosts ?? []).map(hostXml)],
  [VIR_NETWORK_SECTION_IP_DHCP_RANGE, ({ dhcp }) => (dhcp?.ranges ?? []).map(rangeXml)],
];

/**
 * The calls that bring a network from one configuration to the other without touching its bridge, or `undefined` when
 * that is not possible.
 */
export function updatesFor(
  before: Network,
  after: Network,
): readonly ((active: boolean) => NetworkUpdate)[] | undefined {
  if (!isDeepStrictEqual(rest(before), rest(after))) return undefined;
  const whole = SECTIONS.flatMap(([section, entries]) =>
    difference(section, -1, entries(before).map(formatXml), entries(after).map(formatXml)),
  );
  const subnets = (after.ips ?? []).flatMap((ip, index) => {
    const old = before.ips?.[index];
    return SUBNET_SECTIONS.flatMap(([section, entries]) =>
      difference(
        section,
        index,
        old === undefined ? [] : entries(old).map(formatXml),
        entries(ip).map(formatXml),
      ),
    );
  });
  return [...whole, ...subnets];
}

/** All that such a call cannot change. */
function rest({ ips, dns, portGroups: _groups, ...others }: Network): unknown {
  const { hosts: _hosts, txt: _txt, srv: _srv, ...server } = dns ?? { enabled: true };
  const subnets = (ips ?? []).map(({ dhcp, ...ip }) => {
    const { ranges: _ranges, hosts: _fixed, ...more } = dhcp ?? {};
    return { ...ip, served: dhcp !== undefined, ...more };
  });
  return JSON.parse(JSON.stringify({ ...others, server, subnets }));
}

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
