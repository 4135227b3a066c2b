import type { NamedSnapshotSpec, ObservedSnapshot, SnapshotDriver } from "../../driver/contract";
import { DriverError, hasCode, isDriverError } from "../../driver/errors";
import { doing, missing, taken } from "../common";
import {
  VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC,
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE,
} from "../rpc/constants.gen";
import type { LibvirtSession } from "../session";
import { lookupDomain, viewDomain, type DomainView } from "../vms/observe";
import { nameOf } from "../xml/domain";
import { describedAs, readSnapshotMarks, snapshotXml } from "../xml/snapshot";
import { formatXml } from "../xml/tree";
import { lookupSnapshot, observeSnapshot, redefine, snapshotElement } from "./find";
import { Turns, writeMarks } from "./marks";
import { planSnapshot, type SnapshotPlan } from "./plan";
import { refreshPools, removeSnapshot } from "./remove";
import { revertTo } from "./revert";

/** Memory and images are written out before the call returns. */
const TAKE_MS = 3_600_000;

export function createSnapshotDriver(session: LibvirtSession): SnapshotDriver {
  const turns = new Turns();

  const viewOf = async (vm: string, operation: string): Promise<DomainView> => {
    const dom = await lookupDomain(session, vm);
    const view = dom && (await viewDomain(session, dom));
    if (view === undefined) throw missing("VM", vm, operation);
    if (!view.persistent)
      throw new DriverError("it is transient: it has no definition in which its snapshots could be kept", {
        code: "invalid-state",
        remedy: "Make it persistent first: `virsh dumpxml <name> | virsh define /dev/stdin`.",
      });
    return view;
  };

  /** One at a time for each VM, in words that a person will read. */
  const working = <T>(
    operation: string,
    { vm, name }: { vm: string; name: string },
    work: (view: DomainView) => Promise<T>,
  ): Promise<T> =>
    doing(operation, `snapshot "${name}" of VM "${vm}"`, async () => {
      const { dom } = await viewOf(vm, operation);
      return turns.take(dom.uuid, async () => {
        const view = await viewOf(dom.uuid, operation);
        return doing(operation, `snapshot "${name}" of VM "${nameOf(view.configured)}"`, () => work(view));
      });
    });

  return {
    async obstacle(spec) {
      const dom = await lookupDomain(session, spec.vm);
      const view = dom && (await viewDomain(session, dom));
      if (view === undefined) return undefined;
      try {
        await planSnapshot(session, spec, view);
        return undefined;
      } catch (error) {
        if (isDriverError(error) && hasCode(error, "unsupported")) return error.message;
        // What else is in the way (it is off, its agent is silent) may be otherwise when it is taken.
        if (isDriverError(error) && !hasCode(error, "connection-lost", "unreachable")) return undefined;
        throw error;
      }
    },

    find: (vm, name) => observeSnapshot(session, vm, name),

    create: (spec, { owner }) =>
      working("take", spec, async (view) => {
        const marks = readSnapshotMarks(view.configured);
        const mine = marks.find(({ name }) => name === spec.name);
        const existing = await lookupSnapshot(session, view.dom, spec.name);
        if (existing !== undefined) {
          if (mine?.owner !== owner) throw taken("snapshot", spec.name, mine?.owner);
          if (mine.leaving === true) throw stillThere();
          return found(session, view.dom.uuid, spec.name);
        }
        const plan = await planSnapshot(session, spec, view);
        const others = marks.filter((mark) => mark !== mine);
        const note = (consistency: SnapshotPlan["consistency"]): Promise<void> =>
          writeMarks(session, view.dom.uuid, [
            ...others,
            { name: spec.name, owner, consistency, overlays: plan.overlays },
          ]);
        await note(plan.consistency);
        try {
          const reached = await take(session, view, spec, plan);
          if (reached !== plan.consistency) await note(reached);
        } catch (error) {
          if (!hasCode(error, "connection-lost", "unreachable", "timeout"))
            await writeMarks(session, view.dom.uuid, others).catch(() => undefined);
          throw error;
        }
        await refreshPools(session, plan.overlays);
        return found(session, view.dom.uuid, spec.name);
      }),

    change: (spec) =>
      working("change", spec, async ({ dom }) => {
        const snap = await lookupSnapshot(session, dom, spec.name);
        if (snap === undefined) throw missing("snapshot", spec.name, "change");
        const now = await found(session, dom.uuid, spec.name);
        if (now.spec.description === spec.description) return now;
        await redefine(session, snap, describedAs(await snapshotElement(session, snap), spec.description));
        return found(session, dom.uuid, spec.name);
      }),

    revert: (vm, name) => working("return to", { vm, name }, (view) => revertTo(session, view, name)),

    async remove(vm, name) {
      const dom = await lookupDomain(session, vm);
      // With the VM its snapshots are gone.
      if (dom === undefined || (await viewDomain(session, dom)) === undefined) return;
      await working("remove", { vm, name }, (view) => removeSnapshot(session, view, name));
    },
  };
}

function stillThere(): DriverError {
  return new DriverError("one of this name was removed, and goes with the later ones that stand on it", {
    code: "already-exists",
    remedy: "Choose another `name`, or remove the later snapshots first.",
  });
}

async function found(session: LibvirtSession, uuid: string, name: string): Promise<ObservedSnapshot> {
  const observed = await observeSnapshot(session, uuid, name);
  if (observed === undefined) throw missing("snapshot", name, "look at");
  return observed;
}

/** Takes it, with the agent's help where that was planned; what was reached in the end is the answer. */
async function take(
  session: LibvirtSession,
  { dom }: DomainView,
  spec: NamedSnapshotSpec,
  plan: SnapshotPlan,
): Promise<SnapshotPlan["consistency"]> {
  const xml = formatXml(snapshotXml(spec, plan.disks));
  const base =
    plan.kind === "external" ? VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY | VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC : 0;
  const attempt = async (flags: number): Promise<void> => {
    await session.call("domain_snapshot_create_xml", { dom, xml_desc: xml, flags }, { timeoutMs: TAKE_MS });
  };
  if (plan.consistency !== "quiesced") {
    await attempt(base);
    return plan.consistency;
  }
  try {
    await attempt(base | VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE);
    return "quiesced";
  } catch (error) {
    if (spec.quiesce !== "ifPossible" || !isAgents(error)) throw error;
    await attempt(base);
    return "crash";
  }
}

/** The agent went away, or could not freeze what is mounted; nothing has been taken then. */
function isAgents(error: unknown): boolean {
  return (
    hasCode(error, "guest-agent-unavailable") || (isDriverError(error) && /agent|freeze/i.test(error.message))
  );
}
