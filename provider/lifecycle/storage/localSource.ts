import type { Complaint } from "../../schema/table/gate";
import { isUrl } from "../../schema/storage/url";
import { unreadable } from "../content/localFile";
import type { Plain } from "../engine/state";

/** A file that is to be sent must be there when it is named; later it may go, as it is sent no more. */
export async function sourceComplaints({ source }: Plain, olds: Plain): Promise<readonly Complaint[]> {
  if (typeof source !== "string" || source === olds["source"] || isUrl(source)) return [];
  const message = await unreadable(source);
  return message === undefined ? [] : [{ path: ["source"], message }];
}
