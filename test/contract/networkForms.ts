import type { Named, Ownership } from "../../provider/driver/contract";
import type { LibvirtNetworkSpec } from "../../provider/schema/libvirtNetwork";
import type { LxdNetworkSpec } from "../../provider/schema/lxdNetwork";
import type { CurrentBench } from "./bench";

type Inputs = Readonly<Record<string, unknown>>;

interface Seen {
  readonly id: string;
  readonly name: string;
  readonly owner?: string;
  readonly spec: object;
}

/** What both kinds of networks have in common, in the words of each one's table. */
export interface NetworkForm {
  readonly kind: "network" | "lxdNetwork";
  find(name: string): Promise<Seen | undefined>;
  /** Makes it for its owner, or for somebody else. */
  create(name: string, inputs: Inputs, owner?: string): Promise<Seen>;
  change(id: string, name: string, inputs: Inputs): Promise<Seen>;
  remove(id: string): Promise<void>;
  /** The inputs as a driver gets them. */
  spec(name: string, inputs: Inputs): object;
  owner(name: string): string;
  /** With addresses handed out from .10 to the end. */
  served(subnet: string, end?: number): Inputs;
  addressed(subnet: string): Inputs;
  readonly bare: Inputs;
  domain(name: string): Inputs;
  /** What a driver tells of a network that serves. */
  readonly told: readonly string[];
  bridgeOf(seen: Seen): string | undefined;
}

interface Driver<S extends { name: string | undefined }> {
  find(name: string): Promise<Seen | undefined>;
  create(spec: Named<S>, owned: Ownership): Promise<Seen>;
  change(id: string, spec: Named<S>, owned: Ownership): Promise<Seen>;
  remove(id: string): Promise<void>;
}

type Words = Pick<NetworkForm, "kind" | "served" | "addressed" | "bare" | "domain" | "told" | "bridgeOf">;

function formOf<S extends { name: string | undefined }>(
  networks: () => Driver<S>,
  spec: (name: string, inputs: Inputs) => Named<S>,
  owner: (name: string) => string,
  words: Words,
): NetworkForm {
  return {
    ...words,
    spec,
    owner,
    find: (name) => networks().find(name),
    create: (name, inputs, by = owner(name)) => networks().create(spec(name, inputs), { owner: by }),
    change: (id, name, inputs) => networks().change(id, spec(name, inputs), { owner: owner(name) }),
    remove: (id) => networks().remove(id),
  };
}

export function libvirtForm(bench: CurrentBench): NetworkForm {
  const words: Words = {
    kind: "network",
    served: (subnet, end = 100) => ({
      forward: { mode: "nat", natPorts: { start: 2000, end: 3000 } },
      bridge: { stp: false, delay: 2 },
      domain: "contract.test",
      dns: { enabled: false },
      ips: [
        {
          cidr: `${subnet}.1/24`,
          dhcp: {
            ranges: [{ start: `${subnet}.10`, end: `${subnet}.${end}` }],
            hosts: [{ mac: "52:54:00:00:00:07", ip: `${subnet}.7`, name: "seven" }],
          },
        },
      ],
    }),
    addressed: (subnet) => ({ ips: [{ cidr: `${subnet}.1/24` }] }),
    bare: { active: false, autostart: false },
    domain: (domain) => ({ domain }),
    told: ["forward", "bridge", "domain", "ips", "autostart", "active"],
    bridgeOf: ({ spec }) => (spec as LibvirtNetworkSpec).bridge?.name,
  };
  return formOf<LibvirtNetworkSpec>(
    () => bench().driver.networks,
    (name, inputs) => bench().network(name, inputs),
    (name) => bench().owner("LibvirtNetwork", name),
    words,
  );
}

export function lxdForm(bench: CurrentBench): NetworkForm {
  const none = { address: "none" };
  const words: Words = {
    kind: "lxdNetwork",
    served: (subnet, end = 100) => ({
      ipv4: {
        address: `${subnet}.1/24`,
        nat: true,
        ranges: [{ start: `${subnet}.10`, end: `${subnet}.${end}` }],
        leaseTime: "2h",
      },
      ipv6: none,
      dns: { domain: "contract.test" },
      mtu: 1400,
    }),
    addressed: (subnet) => ({ ipv4: { address: `${subnet}.1/24` }, ipv6: none }),
    bare: { ipv4: none, ipv6: none },
    domain: (domain) => ({ dns: { domain } }),
    told: ["type", "ipv4", "ipv6", "dns", "mtu"],
    bridgeOf: ({ name }) => name,
  };
  return formOf<LxdNetworkSpec>(
    () => {
      const { lxdNetworks } = bench().driver;
      if (lxdNetworks === undefined) throw new Error("The driver has no networks of LXD's");
      return lxdNetworks;
    },
    (name, inputs) => bench().lxdNetwork(name, inputs),
    (name) => bench().owner("LxdNetwork", name),
    words,
  );
}
