/** What a virtual network of libvirt is to the interfaces on it. */
export interface NetworkTraits {
  readonly name: string;
  readonly forwardMode: string;
  /** Devices of the host that guests go straight to. */
  readonly parents?: readonly string[];
  /** The kinds of switch (`<virtualport type>`) that it has, of its own or of a port group. */
  readonly switches?: readonly string[];
  /** KiB in a second that can be guaranteed to its guests together: its inbound `peak`, else its `average`. */
  readonly inboundLimit?: number;
}

/** What an interface asks of the network that it is on. */
export interface Wishes {
  readonly vlan?: unknown;
  readonly virtualPort?: { readonly type?: string };
  readonly floor?: number;
  readonly isolated?: boolean;
  readonly filter?: string;
  readonly bandwidth?: unknown;
}

export interface Unmet {
  readonly path: readonly string[];
  readonly message: string;
}

/** How guests are plugged in: a bridge of libvirt's own, one of the host, a macvtap, a function of an SR-IOV card. */
type Plug = "routed" | "bridge" | "macvtap" | "function";

function plugOf({ forwardMode, parents = [] }: NetworkTraits): Plug {
  if (forwardMode === "hostdev") return "function";
  if (forwardMode === "bridge") return parents.length > 0 ? "macvtap" : "bridge";
  return ["private", "vepa", "passthrough"].includes(forwardMode) ? "macvtap" : "routed";
}

const SWITCHES: Readonly<Record<Plug, readonly string[]>> = {
  routed: [],
  bridge: ["openvswitch", "midonet"],
  macvtap: ["802.1Qbg", "802.1Qbh"],
  function: ["802.1Qbh"],
};

/** Since then libvirt sets VLANs of ports of a Linux bridge. */
export const BRIDGE_VLANS_SINCE = "11.0.0";

/**
 * What the network cannot give; libvirt takes it into a definition, and finds out when the guest starts.
 * `bridgeVlans`: the host's libvirt sets VLANs of ports of a Linux bridge.
 */
export function* unmet(
  network: NetworkTraits,
  { vlan, virtualPort, floor, isolated, filter, bandwidth }: Wishes,
  { bridgeVlans }: { readonly bridgeVlans: boolean },
): Iterable<Unmet> {
  const plug = plugOf(network);
  const { forwardMode: mode, switches = [], inboundLimit } = network;
  const called = `the network "${network.name}" (${mode})`;
  const type = virtualPort?.type;
  const kinds = type === undefined ? switches : [type];
  if (vlan !== undefined && !takesVlans(plug, mode, kinds, bridgeVlans))
    yield {
      path: ["vlan"],
      message: `${called} has no VLANs for each interface; networks of Open vSwitch, of SR-IOV functions and of macvtap in mode passthrough have (libvirt's rule)`,
    };
  if (type !== undefined && !SWITCHES[plug].includes(type))
    yield {
      path: ["virtualPort", "type"],
      message: `${called} leads to no switch of type ${type} (libvirt's rule)`,
    };
  const floored = ["bandwidth", "inbound", "floor"];
  if (floor !== undefined && plug !== "routed")
    yield {
      path: floored,
      message: `needs a network of mode nat, route, open or none (libvirt's rule); ${called} is another`,
    };
  else if (floor !== undefined && inboundLimit === undefined)
    yield {
      path: floored,
      message: `needs \`bandwidth.inbound\` on ${called}, of which it is a part (libvirt's rule)`,
    };
  else if (floor !== undefined && floor > Number(inboundLimit))
    yield {
      path: floored,
      message: `${floor} KiB/s is above the ${inboundLimit} of ${called}`,
    };
  if (isolated === true && (plug === "macvtap" || plug === "function"))
    yield { path: ["isolated"], message: `needs a bridge, and ${called} has none (libvirt's rule)` };
  if (filter !== undefined && (plug === "macvtap" || plug === "function"))
    yield { path: ["filter"], message: `needs a bridge, and ${called} has none (libvirt's rule)` };
  if (bandwidth !== undefined && floor === undefined && plug === "function")
    yield {
      path: ["bandwidth"],
      message: `means nothing on ${called}, whose guests have a card of their own`,
    };
}

function takesVlans(plug: Plug, mode: string, kinds: readonly string[], bridgeVlans: boolean): boolean {
  if (plug === "function") return true;
  if (plug === "macvtap") return mode === "passthrough";
  return plug === "bridge" && (bridgeVlans || kinds.includes("openvswitch"));
}
