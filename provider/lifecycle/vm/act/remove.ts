import type { Plain } from "../../engine/state";
import { isAnothers } from "../../kind/anothers";
import type { Context } from "../../kind/handler";
import { hostIn } from "../../kind/inputs";
import { isOn, shutDown, shutdownRules } from "./power";

/** Away with all that is its own, unless it belongs to another program by now. */
export async function removeVm(id: string, outs: Plain, context: Context): Promise<void> {
  const host = hostIn(outs);
  await context.act(host, async (driver) => {
    if (outs["shutdownOnDestroy"] === true) {
      const found = await driver.vms.find(id);
      if (isAnothers(found, outs, "VM")) return;
      if (isOn(found?.state)) await shutDown(driver, id, shutdownRules({ ...outs, host }));
    }
    await driver.vms.remove(id, { spared: (found) => isAnothers(found, outs, "VM") });
  });
  context.ledger(host).guests.gone(id);
}
