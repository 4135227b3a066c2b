import type { HostDriver } from "../../driver/contract";
import type { Complaint } from "../../schema/table/gate";
import { hasUnknown } from "../../schema/table/unknown";
import { answered } from "../host/asked";
import type { Context } from "./handler";
import { nameIn } from "./inputs";
import type { Plain } from "../engine/state";

interface Used {
  readonly owner?: string;
  readonly usedBy: readonly string[];
}

type Find = (driver: HostDriver, name: string) => Promise<Used | undefined>;

/** What uses an object of the program as it is on the host now; nothing where the host does not answer. */
export async function usersOf(
  news: Plain,
  olds: Plain,
  context: Context,
  find: Find,
): Promise<readonly string[]> {
  const name = nameIn(olds);
  if (name === undefined || hasUnknown(news["host"])) return [];
  return (await answered(news, context, (driver) => find(driver, name)))?.usedBy ?? [];
}

/** LXD renames what nothing uses; told before anything is changed. */
export async function admitRename(
  news: Plain,
  olds: Plain,
  context: Context,
  find: Find,
): Promise<readonly Complaint[]> {
  const [before, after] = [nameIn(olds), nameIn(news)];
  if (before === undefined || after === undefined || before === after) return [];
  const users = await usersOf(news, olds, context, find);
  return users.length === 0
    ? []
    : [
        {
          path: ["name"],
          message: `cannot change from "${before}" while it is used or filled by ${users.join(", ")}`,
        },
      ];
}

/** The name that an object has on the host: a run that was cut off may have renamed it already. */
export async function nameNow(
  find: (name: string) => Promise<Used | undefined>,
  wanted: string,
  before: string,
  owner: string,
): Promise<string> {
  if (wanted === before) return before;
  return (await find(wanted))?.owner === owner ? wanted : before;
}
