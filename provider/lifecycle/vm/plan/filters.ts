import type { HostDriver } from "../../../driver/contract";
import { isDriverError } from "../../../driver/errors";
import type { HostConnection } from "../../../schema/address/connection";
import type { Complaint } from "../../../schema/table/gate";
import { hasUnknown } from "../../../schema/table/unknown";
import { hostLabel } from "../../engine/explain";
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
  try {
    return await context.observe(host, async (driver) => {
      const lacks = async (anew: boolean): Promise<typeof named> => {
        const [there, { planned }] = [await namesOn(driver, anew), filtersOf(driver)];
        return named.filter(({ filter }) => !there.has(filter) && !planned.has(filter));
      };
      // What was read a while ago refuses nobody.
      if (driver.nwFilters === undefined || (await lacks(false)).length === 0) return [];
      return (await lacks(true)).map(({ index, filter }) => ({
        path: ["interfaces", index, "filter"],
        message: `${hostLabel(host)} has no network filter "${filter}"; where this program makes it, give the NwFilter itself`,
      }));
    });
  } catch (error) {
    if (!isDriverError(error)) throw error;
    return [];
  }
}

/** Filters that interfaces have not had before. */
function newNames(news: Plain, olds: Plain): readonly { readonly index: number; readonly filter: string }[] {
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
