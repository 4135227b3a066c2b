import type { PowerState } from "../../driver/contract";
import { DriverError, hasCode, isDriverError } from "../../driver/errors";
import { doing } from "../common";
import { VIR_DOMAIN_START_PAUSED } from "../rpc/constants.gen";
import type { RemoteNonnullDomain as Dom } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { nameOf } from "../xml/domain";
import { explainStart } from "./define";
import { domainOf, powerState, viewDomain } from "./observe";

const START_MS = 300_000;
const STOP_MS = 120_000;
const SAVE_MS = 600_000;

/** Pauses or resumes. Drivers differ in how they refuse: a guest that is so already counts as done, one that is off is `invalid-state`. */
export async function toggle(
  session: LibvirtSession,
  id: string,
  call: "domain_suspend" | "domain_resume",
  wanted: PowerState,
): Promise<void> {
  const dom = domainOf(id);
  try {
    await session.call(call, { dom });
  } catch (error) {
    if (!isDriverError(error) || !hasCode(error, "invalid-state", "failed")) throw error;
    const now = powerState((await session.call("domain_get_state", { dom, flags: 0 })).state);
    if (now === wanted) return;
    throw now === "stopped" ? error.with({ code: "invalid-state" }) : error;
  }
}

export async function start(session: LibvirtSession, id: string, paused: boolean): Promise<void> {
  const dom = domainOf(id);
  try {
    await session.call(
      "domain_create_with_flags",
      { dom, flags: paused ? VIR_DOMAIN_START_PAUSED : 0 },
      { timeoutMs: START_MS },
    );
  } catch (error) {
    const view = await viewDomain(session, dom).catch(() => undefined);
    if (hasCode(error, "invalid-state") && view?.live !== undefined) return;
    if (!isDriverError(error)) throw error;
    const name = view === undefined ? id : nameOf(view.configured);
    throw (view === undefined ? error : explainStart(error, view.configured)).with({
      operation: "start",
      target: `VM "${name}"`,
    });
  }
}

/** Asks the guest, or switches it off; one that is off by then is what was asked for. */
export function stop(session: LibvirtSession, id: string, hard: boolean): Promise<void> {
  return whileOn(session, id, hard ? "switch off" : "shut down", async (dom) => {
    try {
      if (hard) await session.call("domain_destroy_flags", { dom, flags: 0 }, { timeoutMs: STOP_MS });
      else await session.call("domain_shutdown_flags", { dom, flags: 0 });
    } catch (error) {
      if (!hasCode(error, "invalid-state", "failed")) throw error;
      const { state } = await session.call("domain_get_state", { dom, flags: 0 });
      if (powerState(state) !== "stopped") throw error;
    }
  });
}

/** One that is off by then has nothing left to save. */
export function save(session: LibvirtSession, id: string): Promise<void> {
  return whileOn(session, id, "save", async (dom) => {
    await session.call("domain_managed_save", { dom, flags: 0 }, { timeoutMs: SAVE_MS });
  });
}

async function whileOn(
  session: LibvirtSession,
  id: string,
  operation: string,
  step: (dom: Dom) => Promise<void>,
): Promise<void> {
  const dom = domainOf(id);
  const view = await viewDomain(session, dom);
  if (view?.live === undefined) return;
  const name = nameOf(view.configured);
  if (!view.persistent) throw transient(name);
  await doing(operation, `VM "${name}"`, () => step(dom));
}

/** Such a VM is not ours to stop. */
export function transient(name: string): DriverError {
  return new DriverError("it is transient: it has no definition and would vanish when it stops", {
    code: "invalid-state",
    target: `VM "${name}"`,
    remedy: "Make it persistent first: `virsh dumpxml <name> | virsh define /dev/stdin`.",
  });
}
