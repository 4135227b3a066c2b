import { isLinkTo, type KnownInterface, type Surroundings } from "./network";

/** What an interface of a VM is attached to. */
export interface Link {
  readonly name: string;
  readonly network?: string;
  readonly bridge?: string;
  readonly macvlan?: string;
  readonly sriov?: string;
  readonly user?: boolean;
}

/**
 * Who could tell a guest on it what to boot: DHCP that is known to (`served`), the hypervisor's own without a boot file
 * (`own`), nobody (`none`), or somebody of whom nothing is known (`unknown`).
 */
export type BootService = "served" | "own" | "none" | "unknown";

export function bootServiceOf(host: Surroundings, link: Link): BootService {
  if (link.user === true) return "none";
  const network = host.networks.find(({ name, bridge, hasDhcp }) =>
    link.network === undefined
      ? bridge === link.bridge && bridge !== undefined && hasDhcp
      : name === link.network,
  );
  if (network?.hasDhcp === true) return network.hasBootp === true ? "served" : "own";
  const wanted = link.network === undefined ? (link.bridge ?? link.macvlan ?? link.sriov) : network?.bridge;
  if (wanted === undefined) return "unknown";
  const device = host.interfaces.find((each) => isLinkTo(each, wanted));
  return device?.dhcp === undefined
    ? tellsOfDhcp(host.interfaces)
      ? "none"
      : "unknown"
    : device.dhcp
      ? "served"
      : "none";
}

/** A program that says of one device that it has DHCP has said of the others that they have none. */
function tellsOfDhcp(interfaces: readonly KnownInterface[]): boolean {
  return interfaces.some(({ dhcp }) => dhcp !== undefined);
}

export interface BootVerdict {
  readonly ready: boolean;
  /** No interface can: nothing to boot from. */
  readonly refused?: string;
  readonly warning?: string;
}

/** Whether a VM can boot from the network: one interface that is served is enough (R82, R88). */
export function judgeNetboot(host: Surroundings, links: readonly Link[]): BootVerdict {
  const services = links.map((link) => ({ link, service: bootServiceOf(host, link) }));
  const those = (wanted: BootService): string =>
    services.flatMap(({ link, service }) => (service === wanted ? [place(link)] : [])).join(", ");
  if (services.some(({ service }) => service === "served")) return { ready: true };
  if (services.some(({ service }) => service === "own"))
    return {
      ready: false,
      warning: `DHCP of ${those("own")} is the hypervisor's own and names no boot file; give the network \`bootp\`, or take its DHCP away and serve it from outside`,
    };
  if (services.some(({ service }) => service === "unknown"))
    return {
      ready: false,
      warning: `nothing is known of DHCP on ${those("unknown")}; \`knownInterfaces\` of the VmHost say of a device that it has (\`{ name: "br0", dhcp: true }\`)`,
    };
  const where =
    links.length === 0 ? "it has no interface" : `none of its interfaces has any: ${those("none")}`;
  return {
    ready: false,
    refused: `needs DHCP that tells the guest what to boot, and ${where}; serve one, and say so in \`knownInterfaces\` of the VmHost (\`{ name: "br0", dhcp: true }\`)`,
  };
}

function place({ name, network, bridge, macvlan, sriov }: Link): string {
  if (network !== undefined) return `${name} (network "${network}")`;
  return `${name} (${bridge ?? macvlan ?? sriov ?? "QEMU's own network"})`;
}
