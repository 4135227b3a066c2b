import type { LibvirtNetworkSpec } from "../libvirtNetwork";

/** What of a network's description interfaces on it hang on: kinds of switch, and what can be guaranteed of its `bandwidth.inbound`. */
export function switchTraits({
  virtualPort,
  portGroups = [],
  bandwidth,
}: Pick<Partial<LibvirtNetworkSpec>, "virtualPort" | "portGroups" | "bandwidth">): {
  readonly switches?: readonly string[];
  readonly inboundLimit?: number;
} {
  const kinds = [virtualPort, ...portGroups.map((group) => group.virtualPort)];
  const switches = kinds.flatMap((port) => port?.type ?? []);
  const { average, peak } = bandwidth?.inbound ?? {};
  const limit = peak ?? average;
  return {
    ...(switches.length === 0 ? {} : { switches: [...new Set(switches)] }),
    ...(limit === undefined ? {} : { inboundLimit: limit }),
  };
}
