import { taken } from "../../driver/refusals";
import type { HostConnection } from "../../schema/address/connection";
import { adoptedAs, isAdopted } from "../../schema/table/adopted";
import type { Complaint } from "../../schema/table/gate";
import { hasUnknown } from "../../schema/table/unknown";
import { explain, hostLabel } from "../engine/explain";
import type { Plain } from "../engine/state";
import { warn } from "../../driver/warn";
import { answerOf } from "../host/asked";
import type { Context, Existing, Standing } from "./handler";
import { notThere } from "./ensure";
import { nameIn } from "./inputs";

/** The host's answer that there is none. */
const ABSENT: Standing = { name: "" };

/** Names of resources that are in state, by owner: what they have on the host stands in nobody's way when they are made anew. */
const inState = new Map<string, string | undefined>();

/**
 * For an object that is to be made, or to be taken over: refuses in the preview what its host would refuse, because of what is there
 * by its name or is not. Objects of the same stack may have made room by then; a host that does not answer refuses nothing.
 */
export async function existingComplaints(
  existing: Existing | undefined,
  news: Plain,
  olds: Plain,
  context: Context,
): Promise<readonly Complaint[]> {
  const owner = String(news["owner"]);
  const name = nameIn(news);
  if (Object.keys(olds).length > 0) {
    inState.set(owner, nameIn(olds));
    return [];
  }
  if (existing === undefined || (inState.has(owner) && inState.get(owner) === name)) return [];
  if (hasUnknown(["host", "name", "adopt", "pool", "vm", "volume", "usage"].map((key) => news[key])))
    return [];
  const host = news["host"] as HostConnection;
  const wanted = adoptedAs(news, name) ?? name ?? "";
  const found = await answerOf(
    host,
    context,
    async () => (await existing.find(wanted, news, context)) ?? ABSENT,
  );
  if (found === undefined) return [];
  if (isAdopted(news)) {
    if (found === ABSENT)
      return [{ path: ["adopt"], message: explain(notThere(existing.noun, wanted), hostLabel(host)) }];
    if (found.owner !== undefined && found.owner !== owner)
      warn(`${existing.noun} "${found.name}" belongs to ${found.owner}, and is taken over from it`);
    return [];
  }
  if (found === ABSENT || found.own === true || found.owner === owner) return [];
  if (found.owner?.startsWith(`${owner.split("/").slice(0, 2).join("/")}/`) === true) return [];
  const message = explain(taken(existing.noun, found.name, found.owner), hostLabel(host));
  return [{ path: [name === undefined ? "usage" : "name"], message }];
}
