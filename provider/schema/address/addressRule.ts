import { isDriverError } from "../../driver/errors";
import { parseAddress } from "./address";
import type { Complaint } from "../table/gate";
import { kindOf } from "./hostKind";
import { parseLxdAddress } from "./lxdAddress";
import { isUnknown } from "../table/unknown";

/** A host's address is taken apart at the gate already: a mistake in it is told in preview (R13, R14). */
export function* addressRule({ address }: { readonly address?: string }): Iterable<Complaint> {
  if (address === undefined || isUnknown(address)) return;
  try {
    if (kindOf(address) === "lxd") parseLxdAddress(address);
    else parseAddress(address);
  } catch (error) {
    if (!isDriverError(error)) throw error;
    yield { path: ["address"], message: [error.message, error.remedy].filter(Boolean).join("; ") };
  }
}
