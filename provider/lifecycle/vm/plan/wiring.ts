import { isLinkTo } from "../../../capacity/network";
import { BRIDGE_VLANS_SINCE, unmet, type NetworkTraits, type Wishes } from "../../../capacity/wiring";
import type { HostDriver } from "../../../driver/contract";
import { isDriverError } from "../../../driver/errors";
import type { HostConnection } from "../../../schema/address/connection";
import { sameHost } from "../../../schema/table/common";
import type { Complaint } from "../../../schema/table/gate";
import { closest } from "../../../schema/table/suggest";
import { hasUnknown } from "../../../schema/table/unknown";
import { hostLabel } from "../../engine/explain";
import { isPlain, type Plain } from "../../engine/state";
import type { Context } from "../../kind/handler";
import { ledgerAt } from "../../host/asked";
import { isBefore } from "../../host/needs";
import type { NetworkFacts } from "../../host/ledger";
import { knownTo } from "./surroundings";
import { isToStartOnLibvirt } from "./toStart";

/** A network that the program makes: its traits may hang on what is not known yet. */
interface Planned {
  readonly active: boolean;
  /** Its bridge, where the program names one. */
  readonly bridge?: string;
  readonly traits?: NetworkTraits;
}

/** By session: networks that the program makes there, and what was read again because something was missing. */
interface Wires {
  readonly planned: Map<string, Planned>;
  again?: Promise<NetworkFacts>;
}

const known = new WeakMap<HostDriver, Wires>();

function wiresOf(driver: HostDriver): Wires {
  const wires = known.get(driver) ?? { planned: new Map<string, Planned>() };
  known.set(driver, wires);
  return wires;
}

/** Interfaces may be on a network that this program makes before it is there; `traits` where all of them are known. */
export async function planWiring(
  { host, name, adopt, active, bridge }: Plain,
  traits: Omit<NetworkTraits, "name"> | undefined,
  context: Context,
): Promise<void> {
  if (hasUnknown(host)) return;
  const device = isPlain(bridge) ? bridge["name"] : undefined;
  const plan = (each: string): Planned => ({
    active: active !== false,
    ...(typeof device === "string" ? { bridge: device } : {}),
    ...(traits === undefined ? {} : { traits: { name: each, ...traits } }),
  });
  try {
    await context.observe(host as HostConnection, async (driver) => {
      for (const each of [name, adopt])
        if (typeof each === "string") wiresOf(driver).planned.set(each, plan(each));
    });
  } catch (error) {
    if (!isDriverError(error)) throw error;
  }
}

/**
 * libvirt takes into a definition whatever an interface says of networks and devices of the host, and finds out at the start what is not
 * there. What was there before is not judged again. A host that does not answer refuses nothing.
 */
export async function wiringComplaints(
  news: Plain,
  olds: Plain,
  context: Context,
): Promise<readonly Complaint[]> {
  const host = news["host"] as HostConnection;
  if (!isToStartOnLibvirt(news, olds)) return [];
  const wires = newWires(news, olds);
  if (wires.length === 0) return [];
  const ledger = ledgerAt(host, context);
  if (ledger === undefined || ledger.silent !== undefined) return [];
  try {
    return await context.observe(host, async (driver) => {
      const { version } = await ledger.about();
      const judge = (facts: NetworkFacts): readonly Complaint[] =>
        wires.flatMap((wire) => [
          ...complaintsOf(wire, {
            facts,
            host,
            planned: wiresOf(driver).planned,
            bridgeVlans: !isBefore(version, BRIDGE_VLANS_SINCE),
          }),
        ]);
      // What was read a while ago refuses nobody.
      if (judge(await ledger.network()).length === 0) return [];
      const mine = wiresOf(driver);
      mine.again ??= ledger.network({ anew: true }).finally(() => delete mine.again);
      return judge(await mine.again);
    });
  } catch (error) {
    if (!isDriverError(error)) throw error;
    return [];
  }
}

interface Wire {
  readonly item: Plain;
  readonly index: number;
}

const JUDGED = [
  ...["network", "bridge", "macvlan", "portGroup", "vlan", "virtualPort", "bandwidth", "isolated", "filter"],
] as const;

/** Interfaces that are new, or on something else than before. */
function newWires({ host, interfaces }: Plain, olds: Plain): readonly Wire[] {
  const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
  const before = sameHost(olds["host"], host) ? listIn(olds["interfaces"]).filter(isPlain) : [];
  const said = (item: Plain): string => JSON.stringify(JUDGED.map((key) => item[key] ?? null));
  return listIn(interfaces).flatMap((item, index) => {
    if (!isPlain(item) || JUDGED.some((key) => hasUnknown(item[key]))) return [];
    const old = before.find(({ name }) => name === item["name"]);
    return old !== undefined && said(old) === said(item) ? [] : [{ item, index }];
  });
}

interface Place {
  readonly facts: NetworkFacts;
  readonly host: HostConnection;
  readonly planned: ReadonlyMap<string, Planned>;
  readonly bridgeVlans: boolean;
}

function* complaintsOf({ item, index }: Wire, place: Place): Iterable<Complaint> {
  const at = ["interfaces", index];
  const { network, bridge, macvlan } = item;
  if (typeof network === "string") yield* onNetwork(item, network, at, place);
  if (typeof bridge === "string") yield* onBridge(item, bridge, at, place);
  if (typeof macvlan === "string") yield* onDevice("macvlan", macvlan, at, place);
}

type At = readonly (string | number)[];

function* onNetwork(item: Plain, name: string, at: At, place: Place): Iterable<Complaint> {
  const { facts, host, planned, bridgeVlans } = place;
  const plan = planned.get(name);
  const there = facts.networks.find((each) => each.name === name);
  if (plan === undefined && there === undefined) {
    const near = closest(
      name,
      facts.networks.map((each) => each.name),
    );
    yield {
      path: [...at, "network"],
      message: `${hostLabel(host)} has no network "${name}"${near === undefined ? "" : `; did you mean "${near}"?`}; where this program makes it, give the name of the LibvirtNetwork itself`,
    };
    return;
  }
  if (!(plan?.active ?? there?.active ?? true))
    yield {
      path: [...at, "network"],
      message: `the network "${name}" of ${hostLabel(host)} is off, and the VM would not start; start it, or set \`running: false\` and \`validateStart: false\``,
    };
  const traits = plan === undefined ? there : plan.traits;
  if (traits === undefined) return;
  const bandwidth = isPlain(item["bandwidth"]) ? item["bandwidth"] : undefined;
  const inbound = isPlain(bandwidth?.["inbound"]) ? bandwidth["inbound"] : undefined;
  const wishes: Wishes = { ...item, bandwidth, floor: inbound?.["floor"] as number | undefined };
  for (const { path, message } of unmet(traits, wishes, { bridgeVlans }))
    yield { path: [...at, ...path], message };
}

function* onBridge(item: Plain, bridge: string, at: At, place: Place): Iterable<Complaint> {
  const { facts, host, bridgeVlans } = place;
  const port = item["virtualPort"];
  const other = isPlain(port) && port["type"] !== undefined;
  if (item["vlan"] !== undefined && !other && !bridgeVlans)
    yield {
      path: [...at, "vlan"],
      message: `a Linux bridge has VLANs per port since libvirt ${BRIDGE_VLANS_SINCE} only; use a bridge of the VLAN, or \`virtualPort: { type: "openvswitch" }\``,
    };
  // Of Open vSwitch libvirt knows only the name.
  if (!other) yield* onDevice("bridge", bridge, at, place);
  const found = facts.interfaces.find(({ name }) => name === bridge);
  const said = knownTo(host).find(({ name }) => name === bridge);
  if (found !== undefined && said === undefined && !other && found.type !== "bridge")
    yield {
      path: [...at, "bridge"],
      message: `${bridge} of ${hostLabel(host)} is no bridge; \`macvlan: "${bridge}"\` puts the VM on it without one`,
    };
}

/** Whether the host has the device; one that tells of none at all refuses nothing. */
function* onDevice(key: "bridge" | "macvlan", device: string, at: At, place: Place): Iterable<Complaint> {
  const { facts, host, planned } = place;
  const { interfaces, networks } = facts;
  // libvirt chooses the bridge of a network that names none.
  const chosen = /^virbr\d+$/.test(device) && planned.size > 0;
  if (chosen || [...planned.values()].some((plan) => plan.bridge === device)) return;
  const names = [...interfaces, ...knownTo(host)].map(({ name }) => name);
  const bridges = networks.flatMap(({ bridge }) => bridge ?? []);
  if (interfaces.length === 0 || [...names, ...bridges].includes(device)) return;
  if (interfaces.some((each) => isLinkTo(each, device))) return;
  const near = closest(device, key === "bridge" ? [...names, ...bridges] : names);
  yield {
    path: [...at, key],
    message: `${hostLabel(host)} has no device "${device}"${near === undefined ? "" : `; did you mean "${near}"?`}; what is made before the VM in another way, name in \`knownInterfaces\` of the VmHost`,
  };
}
