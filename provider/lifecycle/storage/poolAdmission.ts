import type { HostDriver } from "../../driver/contract";
import { hasCode, isDriverError } from "../../driver/errors";
import type { HostConnection } from "../../schema/address/connection";
import type { Complaint } from "../../schema/table/gate";
import { hasUnknown } from "../../schema/table/unknown";
import type { Change } from "../engine/diff";
import { explain, hostLabel } from "../engine/explain";
import type { Context } from "../kind/handler";
import type { Plain } from "../engine/state";
import { warn } from "../../driver/warn";

/** What hosts have said of the types of pool that they can run: asked once by a process. */
const known = new WeakMap<HostDriver, Promise<readonly string[] | undefined>>();

/** A type that the host has no driver for is refused with what it has, before anything is made. A host that does not answer refuses nothing. */
export async function typeComplaints(news: Plain, context: Context): Promise<readonly Complaint[]> {
  const { host, type } = news as { host: HostConnection; type: string };
  // Every host has folders.
  if (hasUnknown([host, type]) || type === "dir") return [];
  const types = await answerTo(host, context, "whether it has such pools", typesOf);
  if (types === undefined || types.includes(type)) return [];
  return [
    {
      path: ["type"],
      message: `"${type}" is not possible on ${hostLabel(host)}, whose daemon has no driver for it; it has ${types.join(", ")}`,
    },
  ];
}

function typesOf(driver: HostDriver): Promise<readonly string[] | undefined> {
  const asked = known.get(driver) ?? driver.pools.types?.() ?? Promise.resolve(undefined);
  known.set(driver, asked);
  asked.catch(() => known.delete(driver));
  return asked;
}

/** A pool with volumes in it is not put elsewhere unless the program says that it may be: the new one has them not. */
export async function replaceComplaints(
  changes: readonly Change[],
  news: Plain,
  olds: Plain,
  context: Context,
): Promise<readonly Complaint[]> {
  const replacing = changes.filter(({ fate }) => fate === "replace");
  if (replacing.length === 0 || news["allowDataLoss"] === true || hasUnknown(news)) return [];
  const host = olds["host"] as HostConnection;
  const name = String(olds["name"]);
  const count = await answerTo(host, context, `what is in storage pool "${name}"`, async ({ volumes }) => {
    try {
      return (await volumes.list(name)).length;
    } catch (error) {
      // One that is gone, or off, shows none.
      if (hasCode(error, "not-found", "invalid-state")) return 0;
      throw error;
    }
  });
  if (count === undefined || count === 0) return [];
  const volumes = count === 1 ? "1 volume" : `${count} volumes`;
  return replacing.map(({ path }) => ({
    path,
    message: `would replace the pool, which has ${volumes} in it: they would stay where they are, and the new pool would not have them; set \`allowDataLoss: true\` to allow it`,
  }));
}

/** A pool that is to be larger is refused where its host cannot do that to one which is there. */
export async function growthComplaints(
  changes: readonly Change[],
  news: Plain,
  context: Context,
): Promise<readonly Complaint[]> {
  const grown = changes.find(({ path: [field], fate }) => field === "size" && fate === "live");
  if (grown?.before === undefined || hasUnknown(news["host"])) return [];
  const host = news["host"] as HostConnection;
  const reason = await answerTo(host, context, "whether pools can grow", async ({ pools }) =>
    pools.noGrowth?.(),
  );
  if (reason === undefined) return [];
  return [{ path: grown.path, message: `cannot become larger on ${hostLabel(host)}: ${reason}` }];
}

/** Nothing from a host that does not answer, of which a line tells. */
async function answerTo<T>(
  host: HostConnection,
  context: Context,
  what: string,
  question: (driver: HostDriver) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await context.observe(host, question);
  } catch (error) {
    if (!isDriverError(error)) throw error;
    warn(`could not ask ${hostLabel(host)} ${what}: ${explain(error, hostLabel(host))}`);
    return undefined;
  }
}
