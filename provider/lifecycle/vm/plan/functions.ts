import { functionPool, functionsHeld, type FunctionPool } from "../../../capacity/functionPool";
import type { VmSummary } from "../../../driver/contract";
import type { HostConnection } from "../../../schema/address/connection";
import { sameHost } from "../../../schema/table/common";
import type { Complaint } from "../../../schema/table/gate";
import { hasUnknown } from "../../../schema/table/unknown";
import type { VmSpec } from "../../../schema/vm";
import { hostLabel } from "../../engine/explain";
import { isPlain, type Plain } from "../../engine/state";
import { asked, ledgerAt } from "../../host/asked";
import type { Ledger, NetworkFacts } from "../../host/ledger";
import type { Context } from "../../kind/handler";
import { finder } from "./admission";
import { isToStartOnLibvirt } from "./toStart";

/**
 * More interfaces on a network of mode `hostdev` than its cards have SR-IOV functions for: a guest that finds none left does not start.
 * Of networks whose functions the host does not tell, nothing is said.
 */
export async function functionComplaints(
  news: Plain,
  olds: Plain,
  context: Context,
): Promise<readonly Complaint[]> {
  const host = news["host"] as HostConnection;
  if (!isToStartOnLibvirt(news, olds)) return [];
  const before = sameHost(olds["host"], host) ? namedIn(olds).map(({ network }) => network) : [];
  const named = namedIn(news);
  if (named.every(({ network }) => before.includes(network))) return [];
  const ledger = ledgerAt(host, context);
  if (ledger === undefined) return [];
  const mine: Mine = {
    owner: String(news["owner"]),
    named,
    before,
    find: finder(news as Partial<VmSpec>, olds),
  };
  const around = await asked(ledger, host, context, () => ledger.network());
  if (around === undefined || pooledIn(named, around).length === 0) {
    ledger.onFunctions.set(mine.owner, []);
    return [];
  }
  const guests = await asked(ledger, host, context, () => ledger.ready().then(() => ledger.guests.known));
  if (guests === undefined || judge(mine, around, guests, ledger, host).length === 0) return [];
  // What was read a while ago refuses nobody.
  const anew = await asked(ledger, host, context, () =>
    Promise.all([ledger.network({ anew: true }), ledger.guests.fresh()]),
  );
  return anew === undefined ? [] : judge(mine, ...anew, ledger, host);
}

interface Mine {
  readonly owner: string;
  readonly named: readonly Named[];
  readonly before: readonly string[];
  readonly find: (vms: readonly VmSummary[]) => VmSummary | undefined;
}

function judge(
  { owner, named, before, find }: Mine,
  around: NetworkFacts,
  guests: readonly VmSummary[],
  ledger: Ledger,
  host: HostConnection,
): readonly Complaint[] {
  const pooled = pooledIn(named, around);
  const mine = find(guests);
  const others = guests.filter(
    (vm) => vm !== mine && vm.state !== "stopped" && !ledger.onFunctions.has(vm.owner ?? ""),
  );
  const complaints = pooled.flatMap(({ network, index, pool }): Complaint[] => {
    if (before.includes(network)) return [];
    const onHost = others.map((vm) => functionsHeld(pool, vm.attachments ?? [], vm.pciDevices));
    const taken = [...onHost, ...plannedOn(ledger, owner, pool)].reduce((sum, count) => sum + count, 0);
    // Those before it in the list have theirs.
    const place = pooled.filter((each) => pool.networks.has(each.network) && each.index <= index).length;
    if (taken + place <= pool.functions.size) return [];
    return [
      {
        path: ["interfaces", index, "network"],
        message: `the network "${network}" of ${hostLabel(host)} has ${pool.functions.size} SR-IOV functions for guests, and none is left for this interface (other VMs have ${taken}); stop one of them, or switch more functions on (\`sriov_numvfs\` of the card)`,
      },
    ];
  });
  const names = pooled.map(({ network }) => network);
  ledger.onFunctions.set(owner, complaints.length === 0 ? names : []);
  return complaints;
}

interface Named {
  readonly network: string;
  readonly index: number;
}

/** Interfaces on networks of which the host tells how many functions they have. */
function pooledIn(
  named: readonly Named[],
  { networks, interfaces }: NetworkFacts,
): readonly (Named & { readonly pool: FunctionPool })[] {
  return named.flatMap((each) => {
    const pool = functionPool(each.network, networks, interfaces);
    return pool === undefined ? [] : [{ ...each, pool }];
  });
}

/** What each of the program's other VMs takes. */
function plannedOn({ onFunctions }: Ledger, owner: string, pool: FunctionPool): readonly number[] {
  return [...onFunctions].map(([each, networks]) =>
    each === owner
      ? 0
      : functionsHeld(
          pool,
          networks.map((network) => ({ network })),
        ),
  );
}

/** Networks that interfaces name, with the place of each. */
function namedIn({ interfaces }: Plain): readonly Named[] {
  const items = Array.isArray(interfaces) ? (interfaces as unknown[]) : [];
  return items.flatMap((item, index) => {
    const network = isPlain(item) ? item["network"] : undefined;
    return typeof network === "string" && !hasUnknown(network) ? [{ network, index }] : [];
  });
}
