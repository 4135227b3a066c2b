import { randomUUID } from "node:crypto";
import type { NetworkDriver, Observed } from "../../../provider/driver/contract";
import { libvirtNetworkFields, type LibvirtNetworkSpec } from "../../../provider/schema/libvirtNetwork";
import { switchTraits } from "../../../provider/schema/network/switchTraits";
import { absent, configuration, copy, taken } from "./configuration";
import { byIdOrName, type MemoryNetwork, type Witness } from "./state";

type Spec = Partial<LibvirtNetworkSpec>;

/** Modes in which guests sit on a device of the host; the others have a bridge of their own. */
const DIRECT = new Set(["bridge", "private", "vepa", "passthrough", "hostdev"]);

export function memoryNetworks({ networks }: Witness): NetworkDriver {
  const observe = (network: MemoryNetwork): Observed<LibvirtNetworkSpec> => copy({ ...network });
  const keep = (
    network: MemoryNetwork,
    spec: LibvirtNetworkSpec,
    owner: string,
  ): Observed<LibvirtNetworkSpec> => {
    network.owner = owner;
    network.spec = withBridge(configuration(libvirtNetworkFields, spec), network, networks);
    networks.set(network.id, network);
    return observe(network);
  };
  return {
    async list() {
      return [...networks.values()].map(({ id, name, spec }) => ({
        id,
        name,
        active: spec.active ?? false,
        ...(spec.bridge?.name === undefined ? {} : { bridge: spec.bridge.name }),
        forwardMode: spec.forward?.mode ?? "none",
        hasDhcp: (spec.ips ?? []).some(({ dhcp }) => dhcp !== undefined),
        ...((spec.ips ?? []).some(({ dhcp }) => dhcp?.bootp !== undefined) ? { hasBootp: true } : {}),
        subnets: (spec.ips ?? []).map(({ cidr }) => cidr),
        ...switchTraits(spec),
      }));
    },
    async find(idOrName) {
      const network = byIdOrName(networks, idOrName);
      return network && observe(network);
    },
    async create(spec, { owner }) {
      const network = byIdOrName(networks, spec.name);
      if (network !== undefined && network.owner !== owner) throw taken("network", spec.name, network.owner);
      return keep(network ?? { id: randomUUID(), name: spec.name, spec: {} }, { ...spec }, owner);
    },
    async change(id, spec, { owner }) {
      const network = networks.get(id);
      if (network === undefined) throw absent("network", id, "change the network");
      return keep(network, { ...spec }, owner);
    },
    async remove(id) {
      const network = byIdOrName(networks, id);
      if (network !== undefined) networks.delete(network.id);
    },
  };
}

/** As libvirt does, the host chooses a bridge's name where the program gives none, and stays with it. */
function withBridge(spec: Spec, { spec: before }: MemoryNetwork, networks: Witness["networks"]): Spec {
  if (DIRECT.has(spec.forward?.mode ?? "none") || spec.bridge?.name !== undefined) return spec;
  const used = new Set([...networks.values()].map((other) => other.spec.bridge?.name));
  let number = 0;
  while (used.has(`virbr${number}`)) number++;
  return {
    ...spec,
    bridge: { stp: true, delay: 0, ...spec.bridge, name: before.bridge?.name ?? `virbr${number}` },
  };
}
