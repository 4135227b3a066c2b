import type { HostDriver } from "../../../driver/contract";
import { hasCode, isDriverError } from "../../../driver/errors";
import type { HostConnection } from "../../../schema/address/connection";
import type { Complaint } from "../../../schema/table/gate";
import { hasUnknown } from "../../../schema/table/unknown";
import { hostLabel } from "../../engine/explain";
import { asked, ledgerAt } from "../../host/asked";
import type { Context } from "../../kind/handler";
import { isPlain, type Plain } from "../../engine/state";

/** What this process knows of a host's network filters, and which the program has planned there. */
interface Filters {
  read?: Promise<ReadonlySet<string>>;
  readonly planned: Set<string>;
}

const known = new WeakMap<HostDriver, Filters>();

function filtersOf(driver: HostDriver): Filters {
  const filters = known.get(driver) ?? { planned: new Set<string>() };
  known.set(driver, filters);
  return filters;
}

/** A filter that this program makes can be named before it is there. */
export async function planFilter({ host, name }: Plain, context: Context): Promise<void> {
  if (typeof name !== "string" || hasUnknown(host)) return;
  await context.observe(host as HostConnection, async (driver) => {
    filtersOf(driver).planned.add(name);
  });
}

/**
 * libvirt takes any name into a definition, and finds out at the start that there is no such filter (R138). A host that
 * does not answer refuses nothing: it is asked again before anything is made.
 */
export async function filterComplaints(
  news: Plain,
  olds: Plain,
  context: Context,
): Promise<readonly Complaint[]> {
  const host = news["host"] as HostConnection;
  const named = newNames(news, olds);
  if (hasUnknown(host) || named.length === 0) return [];
  const ledger = ledgerAt(host, context);
  const lacking = ledger && (await asked(ledger, host, context, (driver) => lackingOn(driver, named)));
  return (lacking ?? []).map(({ index, filter }) => ({
    path: ["interfaces", index, "filter"],
    message: `${hostLabel(host)} has no network filter "${filter}"; where this program makes it, give the NwFilter itself`,
  }));
}

/** Those that are not on the host, and not planned there; none where the host tells of no filters, whatever its reason. */
async function lackingOn(driver: HostDriver, named: readonly NamedFilter[]): Promise<readonly NamedFilter[]> {
  if (driver.nwFilters === undefined) return [];
  const lacking = async (anew: boolean): Promise<readonly NamedFilter[]> => {
    const [there, { planned }] = [await namesOn(driver, anew), filtersOf(driver)];
    return named.filter(({ filter }) => !there.has(filter) && !planned.has(filter));
  };
  try {
    // What was read a while ago refuses nobody.
    return (await lacking(false)).length === 0 ? [] : await lacking(true);
  } catch (error) {
    if (!isDriverError(error) || hasCode(error, "unreachable", "connection-lost", "timeout")) throw error;
    return [];
  }
}

/** A filter, and the place of the interface that names it. */
interface NamedFilter {
  readonly index: number;
  readonly filter: string;
}

/** Filters that interfaces have not had before. */
function newNames(news: Plain, olds: Plain): readonly NamedFilter[] {
  const itemsOf = (inputs: Plain): readonly unknown[] =>
    Array.isArray(inputs["interfaces"]) ? (inputs["interfaces"] as unknown[]) : [];
  const before = new Set(itemsOf(olds).map((item) => (isPlain(item) ? item["filter"] : undefined)));
  return itemsOf(news).flatMap((item, index) => {
    const filter = isPlain(item) ? item["filter"] : undefined;
    return typeof filter === "string" && !hasUnknown(filter) && !before.has(filter)
      ? [{ index, filter }]
      : [];
  });
}

function namesOn(driver: HostDriver, anew: boolean): Promise<ReadonlySet<string>> {
  const filters = filtersOf(driver);
  if (anew || filters.read === undefined) {
    const read = (driver.nwFilters?.() ?? Promise.resolve([])).then(
      (all) => new Set(all.map(({ name }) => name)),
    );
    filters.read = read;
    read.catch(() => {
      if (filters.read === read) delete filters.read;
    });
  }
  return filters.read;
}
