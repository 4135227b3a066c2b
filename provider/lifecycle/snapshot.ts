import type { HostDriver, NamedSnapshotSpec, ObservedSnapshot, SnapshotDriver } from "../driver/contract";
import { DriverError, hasCode, isDriverError } from "../driver/errors";
import type { HostConnection } from "../schema/connection";
import { objectOf } from "../schema/gate";
import { snapshotFields, type SnapshotSpec } from "../schema/snapshot";
import { hasUnknown } from "../schema/unknown";
import { isAnothers } from "./anothers";
import type { Handler, Made } from "./handler";
import { autoName } from "./naming";
import { fillName, hostIn, lookupId, seen } from "./simple";
import { STATE_VERSION, type Plain } from "./state";

export const snapshot: Handler<SnapshotSpec> = {
  kind: "Snapshot",
  fields: snapshotFields,
  type: objectOf(snapshotFields),
  fill: fillName,

  // What no snapshot of this kind can be taken of is said before anything else has happened.
  async admit(news, olds, context) {
    const { host, vm, name } = news;
    const known = typeof vm === "string" && !hasUnknown([host, vm, name]);
    if (!known || news["memory"] !== true || Object.keys(olds).length > 0) return [];
    try {
      const why = await context.observe(host as HostConnection, async ({ snapshots }) =>
        snapshots?.obstacle?.(news as unknown as NamedSnapshotSpec),
      );
      return why === undefined ? [] : [{ path: ["memory"], message: `cannot be true: ${why}` }];
    } catch (error) {
      if (isDriverError(error)) return [];
      throw error;
    }
  },

  async create(spec, context) {
    const named = { ...spec, name: spec.name ?? autoName(spec.owner) };
    const observed = await context.act(spec.host, async (driver) => {
      try {
        return await snapshotsOf(driver).create(named, { owner: spec.owner });
      } catch (error) {
        throw hasCode(error, "not-found") ? ((await withoutVm(driver, spec.vm)) ?? error) : error;
      }
    });
    return made(spec, observed);
  },

  async read(id, outs, context) {
    const observed = await context.observe(hostIn(outs), (driver) =>
      snapshotsOf(driver).find(String(outs["vm"]), lookupId(id)),
    );
    return observed && seen(this, outs, observed, computedOf(observed));
  },

  async update(_id, spec, olds, context) {
    const named = { ...spec, name: String(spec.name) };
    const observed = await context.act(spec.host, async (driver) => {
      const snapshots = snapshotsOf(driver);
      if (spec.revert !== undefined && spec.revert !== olds["revert"])
        await snapshots.revert(spec.vm, named.name);
      return snapshots.change(named);
    });
    return made(spec, observed);
  },

  async delete(id, outs, context) {
    const [vm, name] = [String(outs["vm"]), lookupId(id)];
    await context.act(hostIn(outs), async (driver) => {
      const snapshots = snapshotsOf(driver);
      const found = await snapshots.find(vm, name);
      if (!isAnothers(found, outs, "snapshot", "marked")) await snapshots.remove(vm, name);
    });
  },
};

async function withoutVm({ vms }: HostDriver, vm: string): Promise<DriverError | undefined> {
  if ((await vms.find(vm)) !== undefined) return undefined;
  return new DriverError("the host has no such VM", {
    code: "not-found",
    operation: "take a snapshot of",
    target: `VM "${vm}"`,
    remedy: "Check `vm`: a Vm of the program, or the name or UUID of a VM that is there.",
  });
}

function snapshotsOf({ kind, snapshots }: HostDriver): SnapshotDriver {
  if (snapshots !== undefined) return snapshots;
  throw new DriverError(`snapshots on ${kind} hosts are not known to this version`, {
    code: "unsupported",
    operation: "look for the snapshot",
  });
}

function made(spec: SnapshotSpec, observed: ObservedSnapshot): Made {
  const outs: Plain = { ...spec, name: observed.name, ...computedOf(observed), stateVersion: STATE_VERSION };
  return { id: observed.id, outs };
}

function computedOf({ vm, createdAt, kind, consistency }: ObservedSnapshot): Plain {
  return { vmUuid: vm, createdAt, kind, consistency };
}
