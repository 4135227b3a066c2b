import type { ObservedVm } from "../../driver/contract";
import type { HostConnection } from "../../schema/address/connection";
import type { Foreseen } from "../../schema/table/beside";
import { hasUnknown, UNKNOWN } from "../../schema/table/unknown";
import type { VmSpec } from "../../schema/vm";
import type { Change } from "../engine/diff";
import { NONE } from "../engine/foresee";
import { isPlain, type Plain } from "../engine/state";
import type { Context } from "../kind/handler";
import { hostKindIn, nameIn } from "../kind/inputs";
import { addressesNow, ofFamily, waitOf } from "./guest/address";
import { diskOuts, outsOf } from "./outputs";

/** Changes after which a guest may have other addresses, or start anew. */
const ADDRESSING = new Set([
  ...["interfaces", "waitFor", "running", "restartTrigger", "host", "hosts", "target", "name"],
  ...["cloudInit", "files", "exec", "raw", "config", "profiles", "devices"],
]);

/** Outputs that a VM has not where the program asks for nothing of the kind. */
export function neverOfVm(news: Plain): readonly string[] {
  const asks = { execResults: "exec", placement: "placement", netbootReady: "netbootReady" };
  const names = Object.entries(asks).flatMap(([output, input]) =>
    news[input] === undefined ? [output] : [],
  );
  const own = news["description"] === undefined ? ["description"] : [];
  return [...names, ...own, ...(asksAddress(news) ? [] : ["address"])];
}

function asksAddress(news: Plain): boolean {
  const { waitFor } = news;
  return waitFor !== undefined && (hasUnknown(waitFor) || waitOf(news as unknown as VmSpec) !== undefined);
}

/** The outputs of a VM as a preview can know them. */
export async function foreseeVm(
  changes: readonly Change[],
  news: Plain,
  olds: Plain,
  context: Context,
): Promise<Foreseen> {
  const name = nameIn(olds);
  const moves = changes.some(({ path: [field] }) => field === "host" || field === "target");
  const now = name === undefined || moves ? undefined : await lookAt(name, changes, news, context);
  const open = elements(news, now);
  if (now === undefined) return open;
  const { observed } = now;
  const pending = observed.restartRequired.length > 0 || changes.some(({ fate }) => fate === "restart");
  const renamed = hostKindIn(news) === "lxd" && changes.some(({ path: [field] }) => field === "name");
  return {
    ...open,
    ...(renamed ? {} : { uuid: observed.id }),
    ...(pending ? {} : { restartRequired: [] }),
  };
}

interface Now {
  readonly observed: ObservedVm;
  /** Outputs with the guest's addresses, which stay; absent where they may be others. */
  readonly outs?: Plain;
}

async function lookAt(
  name: string,
  changes: readonly Change[],
  news: Plain,
  context: Context,
): Promise<Now | undefined> {
  const spec = news as unknown as VmSpec;
  return context.observe(news["host"] as HostConnection, async (driver) => {
    const observed = await driver.vms.find(name);
    if (observed === undefined) return undefined;
    const restarts = news["restart"] === "ifNeeded" && changes.some(({ fate }) => fate === "restart");
    const wait = hasUnknown(news["waitFor"]) ? undefined : waitOf(spec);
    if (wait === undefined || restarts || changes.some(({ path: [field] }) => ADDRESSING.has(String(field))))
      return { observed };
    // One that is off and stays so tells none; the last ones of one that the program holds are in state.
    if (observed.state !== "running")
      return news["running"] === undefined ? { observed, outs: outsOf(spec, observed) } : { observed };
    if (news["running"] !== undefined && news["running"] !== true) return { observed };
    const found = await addressesNow(driver, observed.id, wait.source);
    const known = found.some(({ addresses }) => addresses.some((each) => ofFamily(each, wait.family)));
    return known ? { observed, outs: outsOf(spec, observed, found) } : { observed };
  });
}

/** The address, and what is computed of interfaces and disks. */
function elements(news: Plain, now: Now | undefined): Plain {
  const { interfaces, disks } = news;
  const asks = asksAddress(news);
  const outs = now?.outs ?? { address: asks ? UNKNOWN : undefined };
  const nics = isList(outs["interfaces"]) ? outs["interfaces"] : undefined;
  return {
    address: outs["address"] ?? NONE,
    ...(isList(interfaces)
      ? {
          interfaces: interfaces.map((_nic, index) => ({
            addresses: nics === undefined ? (asks ? UNKNOWN : []) : nics[index]?.["addresses"],
          })),
        }
      : {}),
    ...(isList(disks) ? { disks: disks.map((disk) => placeOf(disk, now?.observed)) } : {}),
  };
}

/** Where the image of a disk is; one that is still to be made is nowhere yet. */
function placeOf({ name }: Plain, observed: ObservedVm | undefined): Plain {
  const found = observed?.volumes[String(name)];
  return found === undefined ? { location: UNKNOWN, inPool: UNKNOWN } : diskOuts(found);
}

function isList(value: unknown): value is readonly Plain[] {
  return Array.isArray(value) && value.every(isPlain);
}
