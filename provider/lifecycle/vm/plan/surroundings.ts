import type { KnownInterface, KnownNetwork, Surroundings } from "../../../capacity/network";
import { isDriverError } from "../../../driver/errors";
import type { HostConnection } from "../../../schema/address/connection";
import { kindOf } from "../../../schema/address/hostKind";
import { hasUnknown } from "../../../schema/table/unknown";
import { ledgerAt, notSeen } from "../../host/asked";
import type { Context } from "../../kind/handler";
import type { Ledger } from "../../host/ledger";
import type { Plain } from "../../engine/state";

/** What the host tells of itself, with what the program knows beside it; nothing where the host does not answer. */
export async function surroundings(
  host: HostConnection,
  context: Context,
): Promise<Surroundings | undefined> {
  const ledger = ledgerAt(host, context);
  if (ledger === undefined || ledger.silent !== undefined) return undefined;
  try {
    const { networks, interfaces } = await context.observe(host, () => ledger.network());
    const told = new Map<string, KnownInterface>(
      interfaces.map((each) => [
        each.name,
        { ...each, ...(each.vlanTag === undefined ? {} : { vlan: String(each.vlanTag) }) },
      ]),
    );
    for (const known of knownTo(host))
      told.set(known.name, { type: "physical", ...told.get(known.name), ...known });
    return {
      kind: kindOf(host.address),
      networks: [...networks, ...ledger.plannedNetworks.values()],
      interfaces: [...told.values()],
      ...(interfaces.some(({ functions = [] }) => functions.length > 0)
        ? { taken: await takenFunctions(ledger, host, context) }
        : {}),
    };
  } catch (error) {
    if (!isDriverError(error)) throw error;
    notSeen(ledger, host, error);
    return undefined;
  }
}

/** What the program says of the host's devices. */
export function knownTo(
  host: HostConnection,
): readonly (Partial<KnownInterface> & Pick<KnownInterface, "name">)[] {
  return (host.knownInterfaces ?? []) as (Partial<KnownInterface> & Pick<KnownInterface, "name">)[];
}

/** PCI addresses that VMs of the host have, running or not. */
async function takenFunctions(
  ledger: Ledger,
  host: HostConnection,
  context: Context,
): Promise<ReadonlySet<string>> {
  await context.observe(host, () => ledger.ready());
  const taken = ledger.guests.known.flatMap(({ attachments = [], pciDevices = [] }) => [
    ...pciDevices,
    ...attachments.flatMap(({ sriov, device }) => (sriov === true ? (device ?? []) : [])),
  ]);
  return new Set(taken);
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
