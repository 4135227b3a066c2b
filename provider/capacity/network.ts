import * as ipaddr from "ipaddr.js";
import type { Constraints } from "../schema/network/constraints";

export type { Constraints };

/** A network device of the host, with what the program knows of it beside what the hypervisor tells. */
export interface KnownInterface {
  readonly name: string;
  readonly type: "bridge" | "bond" | "vlan" | "physical";
  /** Whether DHCP that we control, or a relay to it, serves what it is plugged into. */
  readonly dhcp?: boolean;
  readonly vlan?: string;
  readonly fabric?: string;
  readonly space?: string;
  readonly subnets?: readonly string[];
  readonly tags?: readonly string[];
  /** Devices below it. */
  readonly ports?: readonly string[];
  /** Number of a VLAN device. */
  readonly vlanTag?: number;
  /** How many SR-IOV functions it can offer. */
  readonly virtualFunctions?: number;
  /** PCI addresses of those that are switched on. */
  readonly functions?: readonly string[];
  /** False: VMs get none of them. */
  readonly sriov?: boolean;
}

/** A virtual network of the host. */
export interface KnownNetwork {
  readonly name: string;
  readonly bridge?: string;
  readonly hasDhcp: boolean;
  /** Its DHCP tells guests what to boot. */
  readonly hasBootp?: boolean;
}

export interface Surroundings {
  readonly kind: "libvirt" | "lxd";
  readonly networks: readonly KnownNetwork[];
  readonly interfaces: readonly KnownInterface[];
  /** PCI addresses of functions that VMs have, running or not, or are about to have. */
  readonly taken?: ReadonlySet<string>;
}

/** What an interface of a VM is attached to, and why. */
export interface Attachment {
  readonly network?: string;
  readonly bridge?: string;
  readonly macvlan?: string;
  /** A function of a card on libvirt, the card itself on LXD. */
  readonly sriov?: string;
  readonly vlan?: { readonly tags: readonly number[] };
  readonly chosen: string;
}

export interface NoAttachment {
  readonly refused: string;
}

/** `legacy`: the networks `maas`, then `default`. `dhcp`: only what is known to have DHCP that is not libvirt's (R80, R81, R90). */
export type NetworkChoice = "legacy" | "dhcp";

/** For an interface of which nothing is said. */
export function chooseNetwork(host: Surroundings, choice?: NetworkChoice): Attachment | NoAttachment {
  const rule = choice ?? (host.interfaces.some(({ dhcp }) => dhcp !== undefined) ? "dhcp" : "legacy");
  const served = host.interfaces.filter(({ dhcp }) => dhcp === true);
  if (host.kind === "libvirt") {
    for (const name of ["maas", "default"]) {
      const network = host.networks.find((each) => each.name === name);
      if (network === undefined) continue;
      if (rule === "legacy") return { network: name, chosen: `the network "${name}"` };
      if (!network.hasDhcp && served.some((each) => each.name === network.bridge))
        return {
          network: name,
          chosen: `the network "${name}": its bridge ${network.bridge} has DHCP from outside`,
        };
    }
  }
  if (rule === "dhcp" || host.kind === "lxd") {
    const device = firstServed(host, served);
    if (device !== undefined) return attached(host, device, "the first with DHCP");
  }
  if (host.kind === "lxd") {
    const network =
      host.networks.find(({ name }) => name === "default") ?? host.networks.find((each) => each.hasDhcp);
    if (network !== undefined) return { network: network.name, chosen: `the network "${network.name}"` };
  }
  const advice =
    "name a `network`, `bridge` or `macvlan`, or make a network `maas` without DHCP of its own, whose bridge is on a VLAN with DHCP";
  return {
    refused: `nothing on the host is chosen for it (rule "${rule}"); ${advice}. There is ${listed(host)}`,
  };
}

/** The device that meets all constraints: a bridge before a bond before any other; to that, never to a virtual network (R83). */
export function chooseDevice(host: Surroundings, constraints: Constraints): Attachment | NoAttachment {
  const words = Object.entries(constraints)
    .filter(([key]) => key !== "mode")
    .map(([key, values]) => `${key}=${values.join("|")}`)
    .join(", ");
  const found = host.interfaces.filter((each) => meets(each, constraints));
  const device =
    ["bridge", "bond"].flatMap((type) => found.filter((each) => each.type === type))[0] ?? found[0];
  if (device !== undefined) return attached(host, device, words);
  return { refused: `no interface of the host meets ${words}; there is ${listed(host)}` };
}

/** MAAS's order: on LXD a card with functions comes right behind the bridges (R81). */
function firstServed(host: Surroundings, served: readonly KnownInterface[]): KnownInterface | undefined {
  const bridge = served.find(({ type }) => type === "bridge");
  const card = served.find((each) => host.kind === "lxd" && functionFor(host, each) !== undefined);
  return bridge ?? card ?? served[0];
}

/** Whether that is what an interface of a VM is put on. */
export function isLinkTo({ name, functions = [] }: KnownInterface, wanted: string): boolean {
  return name === wanted || functions.includes(wanted);
}

/** A bridge as it is, a card with SR-IOV functions by one that is free, anything else by macvtap (R83, R175). */
function attached(host: Surroundings, device: KnownInterface, why: string): Attachment {
  const { name, type } = device;
  if (type === "bridge") return { bridge: name, chosen: `the bridge ${name}: ${why}` };
  const found = functionFor(host, device);
  if (found === undefined) return { macvlan: name, chosen: `a macvtap on ${name}: ${why}` };
  const { sriov, card } = found;
  const vlan = device.vlanTag === undefined ? {} : { vlan: { tags: [device.vlanTag] } };
  const what = sriov === card ? `a function of ${card}` : `the function ${sriov} of ${card}`;
  const where = card === name ? "" : `, VLAN ${device.vlanTag ?? ""} of ${name}`;
  return { sriov, ...vlan, chosen: `${what}${where}: ${why}` };
}

/** A function of the device's card, or of the card below a VLAN. LXD finds a free one by itself. */
function functionFor(
  host: Surroundings,
  device: KnownInterface,
): { readonly sriov: string; readonly card: string } | undefined {
  const below = device.type === "vlan" ? device.ports?.[0] : device.name;
  const card = host.interfaces.find(({ name }) => name === below);
  if (card === undefined || card.sriov === false || device.sriov === false) return undefined;
  if (device.type === "vlan" && device.vlanTag === undefined) return undefined;
  if (host.kind === "lxd")
    return (card.virtualFunctions ?? 0) > 0 ? { sriov: card.name, card: card.name } : undefined;
  const free = (card.functions ?? []).find((address) => !host.taken?.has(address));
  return free === undefined ? undefined : { sriov: free, card: card.name };
}

function meets(device: KnownInterface, constraints: Constraints): boolean {
  return Object.entries(constraints).every(([key, values]) => {
    // For the guest, not for the choice of a device.
    if (key === "mode") return true;
    const not = key.startsWith("not_");
    return values.some((value) => is(device, not ? key.slice(4) : key, value)) !== not;
  });
}

function is(device: KnownInterface, key: string, value: string): boolean {
  const { subnets = [], tags = [] } = device;
  switch (key) {
    case "name":
      return device.name === value;
    case "type":
      return device.type === value;
    case "tag":
      return tags.includes(value);
    case "space":
      return device.space === value;
    case "fabric":
      return device.fabric === value;
    case "vlan":
      return device.vlan === value;
    case "subnet":
      return subnets.includes(value) || subnets.some((subnet) => contains(subnet, value));
    case "ip":
      return subnets.some((subnet) => contains(subnet, value));
    default:
      return false;
  }
}

export function contains(subnet: string, address: string): boolean {
  if (!ipaddr.isValid(address) || !ipaddr.isValidCIDR(subnet)) return false;
  const [one, [network, bits]] = [ipaddr.parse(address), ipaddr.parseCIDR(subnet)];
  return one.kind() === network.kind() && one.match(network, bits);
}

function listed({ networks, interfaces }: Surroundings): string {
  const devices = interfaces.map((device) => {
    const { name, type, dhcp, vlan, fabric, space, subnets = [], tags = [] } = device;
    const facts = Object.entries({ vlan, fabric, space, subnet: subnets.join("|"), tag: tags.join("|") })
      .filter(([, value]) => value !== undefined && value !== "")
      .map(([key, value]) => `, ${key}=${value ?? ""}`);
    return `${name} (${type}${dhcp === true ? ", DHCP" : ""}${facts.join("")})`;
  });
  const nets = networks.map(
    ({ name, hasDhcp }) => `network "${name}"${hasDhcp ? " (with DHCP of its own)" : ""}`,
  );
  return [...devices, ...nets].join(", ") || "no interface that is known, and no network";
}
