import { isDeepStrictEqual } from "node:util";
import {
  chooseDevice,
  chooseNetwork,
  type Constraints,
  type KnownInterface,
  type KnownNetwork,
  type Surroundings,
} from "../capacity/network";
import type { HostDriver } from "../driver/contract";
import { DriverError, isDriverError } from "../driver/errors";
import { sameHost } from "../schema/common";
import type { HostConnection } from "../schema/connection";
import { kindOf } from "../schema/hostKind";
import type { Complaint } from "../schema/gate";
import { hasUnknown } from "../schema/unknown";
import type { VmSpec } from "../schema/vm";
import { announce } from "./announce";
import { explain, hostLabel } from "./explain";
import type { CheckedInputs, Context } from "./handler";
import { isPlain, type Plain } from "./state";
import { warn } from "./warn";

const WAYS = ["network", "bridge", "macvlan", "sriov", "ethernet", "user"] as const;

/** Chooses what interfaces are attached to that name nothing; a choice that was made is not made again. */
export async function attachVm(news: Plain, olds: Plain, context: Context): Promise<CheckedInputs> {
  const items = Array.isArray(news["interfaces"]) ? (news["interfaces"] as unknown[]) : [];
  const host = news["host"] as HostConnection;
  if (!items.some((item) => isPlain(item) && isOpen(item)) || hasUnknown(host))
    return { inputs: news, complaints: [] };
  const stays = sameHost(olds["host"], host);
  const before = stays && Array.isArray(olds["interfaces"]) ? olds["interfaces"].filter(isPlain) : [];
  const kept = items.map((item) => (isPlain(item) && isOpen(item) ? keptChoice(item, before) : item));
  if (!kept.some((item) => isPlain(item) && isOpen(item)))
    return { inputs: { ...news, interfaces: kept }, complaints: [] };
  const around = await surroundings(host, context);
  if (around === undefined) return { inputs: { ...news, interfaces: kept }, complaints: [] };
  const complaints: Complaint[] = [];
  const interfaces = kept.map((item, index) => {
    if (!isPlain(item) || !isOpen(item)) return item;
    const constraints = item["constraints"] as Constraints | undefined;
    const choice =
      constraints === undefined
        ? chooseNetwork(around, host.networkChoice)
        : chooseDevice(around, constraints);
    if ("refused" in choice) {
      complaints.push({ path: ["interfaces", index], message: choice.refused });
      return item;
    }
    const owner = String(news["owner"]);
    announce(`VM ${owner.slice(owner.lastIndexOf("/") + 1)}: ${String(item["name"])} on ${choice.chosen}`);
    return { ...item, ...choice };
  });
  return { inputs: { ...news, interfaces }, complaints };
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
  const { network, bridge, macvlan, chosen } = old;
  return { ...item, network, bridge, macvlan, chosen };
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** What the host tells of itself, with what the program knows beside it; nothing where the host does not answer. */
async function surroundings(host: HostConnection, context: Context): Promise<Surroundings | undefined> {
  try {
    const ledger = context.ledger(host);
    if (ledger.silent !== undefined) return undefined;
    const { networks, interfaces } = await context.observe(host, () => ledger.network());
    const told = new Map<string, KnownInterface>(interfaces.map((each) => [each.name, each]));
    for (const known of (host.knownInterfaces ?? []) as (Partial<KnownInterface> & { name: string })[])
      told.set(known.name, { type: "physical", ...told.get(known.name), ...known });
    return {
      kind: kindOf(host.address),
      networks: [...networks, ...ledger.plannedNetworks.values()],
      interfaces: [...told.values()],
    };
  } catch (error) {
    if (!isDriverError(error)) throw error;
    warn(
      `could not choose networks on ${hostLabel(host)}, it does not answer: ${explain(error, hostLabel(host))}`,
    );
    return undefined;
  }
}

/** A network that this program makes can be chosen before it is there. */
export function planNetwork(
  { host, name }: Plain,
  known: Omit<KnownNetwork, "name"> | undefined,
  context: Context,
): void {
  if (hasUnknown(host) || typeof name !== "string" || known === undefined) return;
  try {
    context.ledger(host as HostConnection).plannedNetworks.set(name, { name, ...known });
  } catch (error) {
    if (!isDriverError(error)) throw error;
  }
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

export type NetworkFacts = Awaited<ReturnType<typeof networkFacts>>;

export async function networkFacts(driver: HostDriver) {
  const [networks, interfaces] = await Promise.all([driver.networks.list(), driver.interfaces()]);
  return { networks, interfaces };
}
