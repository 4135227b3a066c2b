import type { InterfaceAddresses, ObservedVm } from "../../driver/contract";
import { vmFields, type VmSpec } from "../../schema/vm";
import { isPlain, type Plain } from "../engine/state";
import type { Context, Seen } from "../kind/handler";
import { hostIn, lookupId } from "../kind/inputs";
import { seen } from "../kind/seen";
import { guestOuts } from "./guest";
import { addressesNow } from "./guest/address";
import { outsOf, previousAddresses } from "./outputs";

/** The VM as the host has it now; nothing where it is not there. */
export async function readVm(id: string, outs: Plain, context: Context): Promise<Seen | undefined> {
  const wanted = lookupId(id);
  const [observed, addresses] = await context.observe(hostIn(outs), async (driver) => {
    const known = await driver.vms.find(wanted, { many: true });
    return [
      known,
      known && wantsAddresses(outs) ? await addressesNow(driver, known.id, "any") : undefined,
    ] as const;
  });
  return observed && seenVm(outs, observed, addresses);
}

/** Addresses cost a question to the host, so they are asked only where somebody waits for them. */
function wantsAddresses(outs: Plain): boolean {
  const waitFor = outs["waitFor"];
  return outs["owner"] === undefined || (isPlain(waitFor) && waitFor["address"] !== false);
}

function seenVm(
  outs: Plain,
  observed: ObservedVm,
  addresses: readonly InterfaceAddresses[] | undefined,
): Seen {
  const result = seen({ fields: vmFields }, outs, withPower(observed, outs), {});
  const spec = { ...result.outs } as unknown as VmSpec;
  const told = observed.state === "running" && addresses !== undefined && addresses.length > 0;
  const kept = told ? addresses : wantsAddresses(outs) ? previousAddresses(outs) : [];
  const { interrupted } = observed;
  const left = interrupted === undefined || outs["owner"] === undefined ? {} : { interrupted };
  return { ...result, outs: { ...outsOf(spec, observed, kept), ...guestOuts(outs), ...left } };
}

/** Power counts as configuration only where the program manages it. */
function withPower(observed: ObservedVm, outs: Plain): ObservedVm {
  if (outs["running"] === undefined) return observed;
  // Whether a guest that is off has its memory on disk is for its next start alone.
  const off = outs["running"] === "saved" ? "saved" : false;
  const running = observed.state === "running" ? true : observed.state === "paused" ? "paused" : off;
  return { ...observed, spec: { ...observed.spec, running } };
}
