import { logicalName } from "../../../schema/table/owner";
import { isDeepStrictEqual } from "node:util";
import {
  chooseDevice,
  chooseNetwork,
  isLinkTo,
  type Constraints,
  type Surroundings,
} from "../../../capacity/network";
import { DriverError } from "../../../driver/errors";
import { sameHost } from "../../../schema/table/common";
import type { HostConnection } from "../../../schema/address/connection";
import type { Complaint } from "../../../schema/table/gate";
import { hasUnknown } from "../../../schema/table/unknown";
import type { VmSpec } from "../../../schema/vm";
import { announce } from "../../engine/announce";
import { hostLabel } from "../../engine/explain";
import type { CheckedInputs, Context } from "../../kind/handler";
import { isPlain, type Plain } from "../../engine/state";
import { withAddresses } from "./addresses";
import { knownTo, surroundings } from "./surroundings";
import { warn } from "../../../driver/warn";

const WAYS = ["network", "bridge", "macvlan", "sriov", "ethernet", "user", "vhostUser"] as const;

/** Chooses what interfaces are attached to that name nothing; a choice that was made is not made again. */
export async function attachVm(news: Plain, olds: Plain, context: Context): Promise<CheckedInputs> {
  const items = Array.isArray(news["interfaces"]) ? (news["interfaces"] as unknown[]) : [];
  const host = news["host"] as HostConnection;
  if (!items.some((item) => isPlain(item) && isOpen(item)) || hasUnknown(host))
    return { inputs: news, complaints: [] };
  const stays = sameHost(olds["host"], host);
  const before = stays && Array.isArray(olds["interfaces"]) ? olds["interfaces"].filter(isPlain) : [];
  const kept = items.map((item) => (isPlain(item) && isOpen(item) ? keptChoice(item, before) : item));
  const around = await surroundings(host, context);
  const devices = around?.interfaces ?? knownTo(host);
  if (around === undefined)
    return { inputs: withAddresses({ ...news, interfaces: kept }, devices), complaints: [] };
  const owner = String(news["owner"]);
  const vm = logicalName(owner);
  const complaints: Complaint[] = [];
  // Chosen one after the other, so that no two interfaces are given the same function.
  const given = context.ledger(host).functions;
  const interfaces = kept.map((item, index) => {
    if (!isPlain(item) || !isOpen(item)) {
      if (isPlain(item) && item !== items[index]) tellOfLoss(vm, item, around, host);
      return item;
    }
    const mine = `${owner} ${String(item["name"])}`;
    const choice = choiceFor(item, mine, { around, given, host });
    if ("refused" in choice) {
      complaints.push({ path: ["interfaces", index], message: choice.refused });
      return item;
    }
    announce(`VM ${vm}: ${String(item["name"])} on ${choice.chosen}`);
    if (choice.sriov !== undefined) given.set(choice.sriov, mine);
    return { ...item, ...choice };
  });
  return { inputs: withAddresses({ ...news, interfaces }, devices), complaints };
}

/** Why interfaces of the VM that name nothing could not be attached on this host. Nothing is settled by asking. */
export async function unattachable(news: Plain, context: Context): Promise<readonly string[]> {
  const host = news["host"] as HostConnection;
  const items = Array.isArray(news["interfaces"]) ? news["interfaces"].filter(isPlain).filter(isOpen) : [];
  const around = items.length === 0 ? undefined : await surroundings(host, context);
  if (around === undefined) return [];
  const given = new Map(context.ledger(host).functions);
  return items.flatMap((item) => {
    const mine = `${String(news["owner"])} ${String(item["name"])}`;
    const choice = choiceFor(item, mine, { around, given, host });
    if ("refused" in choice) return [`${String(item["name"])}: ${choice.refused}`];
    if (choice.sriov !== undefined) given.set(choice.sriov, mine);
    return [];
  });
}

interface Place {
  readonly host: HostConnection;
  readonly around: Surroundings;
  readonly given: ReadonlyMap<string, string>;
}

function choiceFor(item: Plain, mine: string, { around, given, host }: Place) {
  const constraints = item["constraints"] as Constraints | undefined;
  const seen = seenBy(item, mine, around, given);
  return constraints === undefined
    ? chooseNetwork(seen, host.networkChoice)
    : chooseDevice(seen, constraints);
}

/** What means nothing for a device that the guest has for itself. */
const NOT_FOR_FUNCTIONS = [
  ...[
    "macvlanMode",
    "model",
    "targetDev",
    "filter",
    "bandwidth",
    "script",
    "queues",
    "driver",
    "mtu",
    "link",
  ],
  ...["trustGuestRxFilters", "isolated", "vlan"],
];

/** The host as an interface can use it: without functions that others were given, or without any where it asks for what they cannot do. */
function seenBy(
  item: Plain,
  mine: string,
  around: Surroundings,
  given: ReadonlyMap<string, string>,
): Surroundings {
  const others = [...given].flatMap(([address, whose]) => (whose === mine ? [] : [address]));
  const none = NOT_FOR_FUNCTIONS.some((key) => item[key] !== undefined);
  return {
    ...around,
    taken: new Set([...(around.taken ?? []), ...others]),
    interfaces: none ? around.interfaces.map((each) => ({ ...each, sriov: false })) : around.interfaces,
  };
}

/** A choice is kept also when what was chosen is gone; then it is said, because the next start will fail (R89). */
function tellOfLoss(vm: string, item: Plain, around: Surroundings, host: HostConnection): void {
  const { name, network, bridge, macvlan, sriov } = item;
  const device = bridge ?? macvlan ?? sriov;
  const there =
    network === undefined
      ? device === undefined || around.interfaces.some((each) => isLinkTo(each, String(device)))
      : around.networks.some((each) => each.name === network);
  if (there) return;
  warn(
    `VM "${vm}": ${String(name)} was put on ${network === undefined ? String(device) : `the network "${String(network)}"`}, which ${hostLabel(host)} has no more; name another, or change its constraints, to have it moved`,
  );
}

function isOpen(item: Plain): boolean {
  return (
    WAYS.every((way) => item[way] === undefined || item[way] === false) && !hasUnknown(item["constraints"])
  );
}

function keptChoice(item: Plain, before: readonly Plain[]): Plain {
  const old = before.find(({ name }) => name === item["name"]);
  if (
    old?.["chosen"] === undefined ||
    !isDeepStrictEqual(plain(old["constraints"]), plain(item["constraints"]))
  )
    return item;
  const { network, bridge, macvlan, sriov, vlan, chosen } = old;
  // The VLAN was chosen with the function; else it is the program's.
  return { ...item, network, bridge, macvlan, sriov, ...(sriov === undefined ? {} : { vlan }), chosen };
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** Nothing goes to the host without it: a preview may have had no answer. */
export function refuseUnattached({ interfaces, name }: Pick<VmSpec, "interfaces" | "name">): void {
  const open = (interfaces ?? []).find((item) =>
    WAYS.every((way) => item[way] === undefined || item[way] === false),
  );
  if (open === undefined) return;
  throw new DriverError(`nothing was chosen for interface "${open.name}", because the host did not answer`, {
    code: "unreachable",
    operation: "attach",
    target: `VM "${name ?? ""}"`,
    remedy: "Run again when the host answers, or name a `network`, `bridge` or `macvlan`.",
  });
}
