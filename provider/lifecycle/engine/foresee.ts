import { rm, writeFile } from "node:fs/promises";
import type { HostConnection } from "../../schema/address/connection";
import type { Beside, Foreseen } from "../../schema/table/beside";
import { hasUnknown } from "../../schema/table/unknown";
import { answerOf } from "../host/asked";
import type { Context, Handler } from "../kind/handler";
import { changesOf } from "./check";
import { toState, type Plain } from "./state";

/** An output that there will not be. */
export const NONE = null;

/**
 * In a preview: outputs that stay as they are, as the host tells them, for the program to go on with. A preview asks dynamic
 * providers for no outputs, so check leaves them where the program looks.
 */
export async function tellForeseen(
  handler: Handler<never>,
  { foresight }: Beside,
  news: Plain,
  olds: Plain,
  context: Context,
): Promise<void> {
  if (foresight === undefined) return;
  const never = Object.fromEntries((handler.never?.(news) ?? []).map((name) => [name, NONE]));
  const told = toState({ ...never, ...(await foreseen(handler, news, olds, context)) });
  const text = JSON.stringify(told);
  await (text === "{}" ? rm(foresight, { force: true }) : writeFile(foresight, text, { mode: 0o600 })).catch(
    () => undefined,
  );
}

async function foreseen(
  handler: Handler<never>,
  news: Plain,
  olds: Plain,
  context: Context,
): Promise<Foreseen> {
  if (handler.foresee === undefined || hasUnknown(news["host"] ?? news)) return {};
  const updating = Object.keys(olds).length > 0;
  const changes = updating ? changesOf(handler, olds, news) : [];
  // One that does not change has its outputs in state; one that is made anew is checked again, as new.
  if (updating && (changes.length === 0 || changes.some(({ fate }) => fate === "replace"))) return {};
  const ask = async (): Promise<Foreseen | undefined> => handler.foresee?.(changes, news, olds, context);
  // A VmHost is the host itself.
  const host = (news["host"] ?? news) as HostConnection;
  return (await answerOf(host, context, ask)) ?? {};
}
