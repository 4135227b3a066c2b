import { logicalName } from "../../../schema/table/owner";
import { isDeepStrictEqual } from "node:util";
import { choosePool, roomIn, type ChosenPool, type KnownPool, type NoPool } from "../../../capacity/pool";
import { isDriverError } from "../../../driver/errors";
import { sameHost } from "../../../schema/table/common";
import type { HostConnection } from "../../../schema/address/connection";
import type { Complaint } from "../../../schema/table/gate";
import { kindOf } from "../../../schema/address/hostKind";
import { hasUnknown, isUnknown } from "../../../schema/table/unknown";
import { DEFAULT_DISK_BYTES } from "../../../schema/vm/disk";
import { isAdopted } from "../../../schema/table/adopted";
import { announce } from "../../engine/announce";
import type { CheckedInputs, Context } from "../../kind/handler";
import { ledgerAt, notSeen } from "../../host/asked";
import type { PoolBooks } from "../../host/poolBooks";
import { isPlain, toState, type Plain } from "../../engine/state";

/** What a disk is when no volume is to be made for it. */
const EXISTING = ["volume", "path", "remote"] as const;

/**
 * Chooses pools for disks that name none, and looks whether all that are to be made, or to grow, fit; a choice that was made
 * is not made again. A VM that moves takes its disks along as the move decides.
 */
export async function poolVm(news: Plain, olds: Plain, context: Context): Promise<CheckedInputs> {
  const host = news["host"] as HostConnection;
  const stays = sameHost(olds["host"], host);
  const moves = olds["host"] !== undefined && !stays && news["migrate"] !== undefined;
  if (!Array.isArray(news["disks"]) || hasUnknown(host) || isAdopted(news) || moves)
    return { inputs: news, complaints: [] };
  const before = stays && Array.isArray(olds["disks"]) ? olds["disks"].filter(isPlain) : [];
  const disks = (news["disks"] as unknown[]).map((item) =>
    isPlain(item) && isMade(item) ? keptChoice(item, before) : item,
  );
  const asks = disks.map((item) => (isPlain(item) && isMade(item) ? askOf(item, before, host) : undefined));
  if (asks.every((ask) => ask === undefined)) return { inputs: { ...news, disks }, complaints: [] };
  const complaints: Complaint[] = [];
  const owner = String(news["owner"]);
  const ledger = ledgerAt(host, context);
  if (ledger === undefined || ledger.silent !== undefined)
    return { inputs: { ...news, disks }, complaints: [] };
  try {
    for (const [index, ask] of asks.entries()) {
      if (ask === undefined) continue;
      const item = disks[index] as Plain;
      const claim = `${owner} ${String(item["name"])}`;
      const answer = await context.observe(host, () => settled(ledger.storage, claim, ask, host));
      if (answer !== undefined && "refused" in answer) {
        complaints.push({ path: ["disks", index, answer.at], message: answer.refused });
        continue;
      }
      const pool = answer?.pool ?? ask.pool;
      if (pool !== undefined) ledger.storage.claim(claim, pool, ask.bytes ?? 0);
      if (answer === undefined) continue;
      disks[index] = { ...item, ...answer };
      announce(`VM ${logicalName(owner)}: ${String(item["name"])} in storage pool ${answer.chosen}`);
    }
  } catch (error) {
    if (!isDriverError(error)) throw error;
    notSeen(ledger, host, error);
  }
  return { inputs: { ...news, disks }, complaints };
}

/** What is to be found out about a disk. */
interface Ask {
  /** The pool that it names; absent where one is to be chosen. */
  readonly pool?: string;
  readonly pools?: readonly string[];
  /** What it adds; unknown where it is as large as its image. */
  readonly bytes?: number;
}

/** A volume is made for it. */
function isMade(item: Plain): boolean {
  const device = item["device"] ?? "disk";
  return device === "disk" && EXISTING.every((key) => item[key] === undefined);
}

function askOf(item: Plain, before: readonly Plain[], host: HostConnection): Ask | undefined {
  const { name, pool, pools, size } = item;
  if (isUnknown(pool) || hasUnknown(pools)) return undefined;
  const old = before.find((each) => each["name"] === name);
  const wanted = isUnknown(size) ? undefined : sizeOf(item, host);
  const made = old !== undefined && isMade(old) && old["pool"] === pool;
  if (!made)
    return {
      ...(typeof pool === "string" ? { pool } : {}),
      ...(Array.isArray(pools) ? { pools: pools as string[] } : {}),
      ...(wanted === undefined ? {} : { bytes: wanted }),
    };
  // One that is there stays where it is; what it grows by must be there.
  const had = sizeOf(old, host);
  return typeof pool === "string" && wanted !== undefined && had !== undefined && wanted > had
    ? { pool, bytes: wanted - had }
    : undefined;
}

function sizeOf({ size, backing, copyOf, image }: Plain, { address }: HostConnection): number | undefined {
  if (typeof size === "number") return size;
  return (backing ?? copyOf ?? image) === undefined ? DEFAULT_DISK_BYTES[kindOf(address)] : undefined;
}

/** What the program leaves open stays as it was decided, unless it prefers other pools by now. */
function keptChoice(item: Plain, before: readonly Plain[]): Plain {
  const old = before.find((each) => each["name"] === item["name"]);
  if (item["pool"] !== undefined || old?.["pool"] === undefined) return item;
  const [was, is] = [old, item].map((disk) => toState({ pools: disk["pools"] }));
  const fits = Array.isArray(item["pools"]) && item["pools"].includes(old["pool"]);
  if (!isDeepStrictEqual(was, is) && item["pools"] !== undefined && !fits) return item;
  return { ...item, pool: old["pool"], ...(old["chosen"] === undefined ? {} : { chosen: old["chosen"] }) };
}

/** The choice, or the refusal; nothing for a disk in a pool that it names. Looked at once more before anything is refused. */
async function settled(
  books: PoolBooks,
  claim: string,
  ask: Ask,
  host: HostConnection,
): Promise<ChosenPool | NoPool | undefined> {
  const decide = (pools: readonly KnownPool[]): ChosenPool | NoPool | undefined =>
    ask.pool === undefined
      ? choosePool(pools, ask, host.defaultStoragePool)
      : roomIn(pools, ask.pool, ask.bytes ?? 0);
  const early = decide(await books.known(claim, false));
  return early !== undefined && "refused" in early ? decide(await books.known(claim, true)) : early;
}

/** A pool that this program makes can be chosen before it is there. */
export function planPool(news: Plain, context: Context): void {
  const { host, name, active } = news;
  if (hasUnknown(host) || typeof name !== "string" || active === false) return;
  try {
    context.ledger(host as HostConnection).storage.planned.add(name);
  } catch (error) {
    if (!isDriverError(error)) throw error;
  }
}
