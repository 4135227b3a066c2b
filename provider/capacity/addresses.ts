import * as ipaddr from "ipaddr.js";
import { contains, type Constraints, type KnownInterface } from "./network";

/** An interface of a VM, as far as its addresses go. */
export interface Addressed {
  readonly name: string;
  readonly mac: string;
  readonly constraints?: Constraints;
}

/** cloud-init's network configuration, version 2. */
export interface NetworkConfig {
  readonly version: 2;
  readonly ethernets: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * The network configuration of a guest whose interfaces are to have given addresses (`ip` among their constraints, R84), or
 * none (`mode=unconfigured`, R85); the others ask DHCP, as a guest that is told nothing does. Nothing where no interface says either.
 */
export function networkConfigFor(
  interfaces: readonly Addressed[],
  devices: readonly Pick<KnownInterface, "subnets">[],
): NetworkConfig | undefined {
  const subnets = devices.flatMap(({ subnets: known = [] }) => known);
  if (!interfaces.some(({ constraints }) => constraints?.["ip"] ?? constraints?.["mode"])) return undefined;
  const ethernets = interfaces
    .filter(({ constraints }) => constraints?.["mode"] === undefined)
    .map(({ name, mac, constraints }) => {
      const addresses = constraints?.["ip"]?.map((ip) => `${ip}/${prefixOf(ip, subnets)}`);
      const found = addresses === undefined ? { dhcp4: true } : { addresses };
      return [name, { match: { macaddress: mac }, ...found }] as const;
    });
  return { version: 2, ethernets: Object.fromEntries(ethernets) };
}

/** As long as that of the subnet it is in; alone where none is known. */
function prefixOf(ip: string, subnets: readonly string[]): number {
  const subnet = subnets.find((each) => contains(each, ip));
  if (subnet !== undefined) return ipaddr.parseCIDR(subnet)[1];
  return ip.includes(":") ? 128 : 32;
}
