import type {
  NamedVmSpec,
  ObservedVm,
  PowerState,
  VmChange,
  VmCreation,
  VmDriver,
} from "../../driver/contract";
import { isAdopted } from "../../schema/table/adopted";
import { hasCode } from "../../driver/errors";
import { doing, missing, orAbsent, refuseAnothers, taken } from "../common";
import type { RemoteNonnullStorageVol as Vol } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { readDomain } from "../xml/domain/read";
import { nameOf } from "../xml/domain";
import { readMark } from "../xml/metadata";
import type { XmlElement } from "../xml/tree";
import { removeVolume } from "../volumes/marks";
import { define, definitionOf, type Machinery } from "./define";
import { planDisks, planSeed, type PlannedDisk } from "./disks";
import { growDisks } from "./disks/grow";
import { makeVolumes } from "./disks/make";
import { syncLive } from "./live";
import { domainOf, lookupDomain, observed, viewDomain, type DomainView } from "./observe";
import { noteStop } from "./note";
import { dropDetached, putBack, removeDomain, removeOwned } from "./remove";
import { save, start, stop, toggle, transient } from "./power";
import { nameHeld, renamed } from "./rename";
import { SEED_DISK, seedDisk, seedOf } from "./seed";

/** What changes something on the host. */
type Changes = Required<Omit<VmDriver, "list" | "find" | "state" | "hasAcpi" | "addresses" | "toward">>;

export function createChanges(session: LibvirtSession, machinery: () => Promise<Machinery>): Changes {
  /** What the VM stands on, cloud-init's seed among its disks. */
  const plan = async (
    given: NamedVmSpec,
    { owner, emptied }: VmChange,
    current?: XmlElement,
  ): Promise<Plan> => {
    const planned = planDisks(session, given, owner, current, emptied);
    const [disks, machine] = await Promise.all([planned, machinery()]);
    const seed = seedOf(given, owner);
    if (seed === undefined) return { spec: given, disks, machine };
    const drive = seedDisk(given, given.os?.arch ?? machine.arch, current);
    const seeded = await planSeed(session, given, owner, drive, seed, disks, current);
    return { spec: { ...given, disks: [...(given.disks ?? []), drive] }, disks: [...disks, seeded], machine };
  };

  /** Intent first: the definition names the volumes before they are there, so whatever happens they are known as ours. */
  const make = async (given: NamedVmSpec, { owner, defined, older }: VmCreation): Promise<ObservedVm> => {
    const { spec, disks, machine } = await plan(given, { owner });
    const dom = await define(session, await definitionOf(session, spec, owner, disks, machine));
    defined?.();
    const made: Vol[] = [];
    try {
      await makeVolumes(session, disks, made);
      const there = disks.filter(isThere(made));
      older?.(there.flatMap(({ own }) => (own === undefined || own.content !== undefined ? [] : own.key)));
      await growDisks(session, dom, undefined, there);
      return await settle(session, spec, dom.uuid, { state: "stopped", autostart: false });
    } catch (error) {
      if (!hasCode(error, "connection-lost", "unreachable")) {
        await Promise.all(made.map((vol) => removeVolume(session, vol).catch(() => undefined)));
        await orAbsent(session.call("domain_undefine_flags", { dom, flags: 0 })).catch(() => undefined);
      }
      throw error;
    }
  };

  const sync = async (view: DomainView, given: NamedVmSpec, change: VmChange): Promise<ObservedVm> => {
    if (!view.persistent) throw transient(given.name);
    const { spec, disks, machine } = await plan(given, change, view.configured);
    const wanted = await definitionOf(session, spec, change.owner, disks, machine, view.configured);
    await define(session, wanted, { validate: !isAdopted(spec) });
    const made: Vol[] = [];
    try {
      await makeVolumes(session, disks, made);
      if (view.live !== undefined) await syncLive(session, view, view.live, wanted, spec);
      await growDisks(session, view.dom, view.live, disks.filter(isThere(made)));
    } catch (error) {
      if (!hasCode(error, "connection-lost", "unreachable"))
        await undo(session, view, made).catch(() => undefined);
      throw error;
    }
    await removeOldSeeds(session, view.configured, disks);
    await dropDetached(session, spec, wanted, view.dom);
    return settle(session, spec, view.dom.uuid, { autostart: view.autostart });
  };

  return {
    create: (spec, owned) =>
      doing("create", `VM "${spec.name}"`, async () => {
        const { owner, wasThere } = owned;
        const dom = await lookupDomain(session, spec.name);
        const view = dom && (await viewDomain(session, dom));
        if (view === undefined) return make(spec, owned);
        const theirs = readMark(view.configured)?.owner;
        if (theirs !== owner) throw taken("VM", spec.name, theirs);
        wasThere?.();
        return sync(view, spec, { owner });
      }),

    change: (id, spec, change) =>
      doing("change", `VM "${spec.name}"`, async () => {
        const view = await viewDomain(session, domainOf(id));
        if (view === undefined) throw missing("VM", spec.name, "change");
        refuseAnothers("VM", nameOf(view.configured), readMark(view.configured)?.owner, change);
        return sync(await renamed(session, view, spec.name), spec, change);
      }),
    nameHeld: (id) => nameHeld(session, domainOf(id)),

    start: (id, options = {}) => start(session, id, options.paused ?? false),
    pause: (id) => toggle(session, id, "domain_suspend", "paused"),
    resume: (id) => toggle(session, id, "domain_resume", "running"),

    stop: (id, { hard }) => stop(session, id, hard),
    noteStop: (id, stopped) => doing("write a note on", `VM "${id}"`, () => noteStop(session, id, stopped)),

    save: (id) => save(session, id),

    remove: (id, options) => removeDomain(session, id, options),
  };
}

/** What the guest has taken of a change that was refused is taken from it again, as far as it goes along. */
async function undo(session: LibvirtSession, view: DomainView, made: readonly Vol[]): Promise<void> {
  const now = await viewDomain(session, view.dom);
  if (now?.live !== undefined)
    await syncLive(session, view, now.live, view.configured, readDomain(view.configured)).catch(
      () => undefined,
    );
  await putBack(session, view, made);
}

interface Plan {
  readonly spec: NamedVmSpec;
  readonly disks: readonly PlannedDisk[];
  readonly machine: Machinery;
}

/** What was made just now has its size. */
function isThere(made: readonly Vol[]): (disk: PlannedDisk) => boolean {
  return ({ own }) => !made.some(({ pool, name }) => pool === own?.pool.name && name === own.shape.name);
}

/** A changed seed is a new volume; the one before it has done its work. */
async function removeOldSeeds(
  session: LibvirtSession,
  before: XmlElement,
  disks: readonly PlannedDisk[],
): Promise<void> {
  const current = new Set(disks.flatMap(({ own }) => own?.key ?? []));
  const old = (readMark(before)?.volumes ?? []).filter(
    ({ key, disk }) => disk === SEED_DISK && !current.has(key),
  );
  await Promise.all(old.map((volume) => removeOwned(session, volume)));
}

async function settle(
  session: LibvirtSession,
  spec: NamedVmSpec,
  uuid: string,
  known: { readonly autostart: boolean; readonly state?: PowerState },
): Promise<ObservedVm> {
  const dom = domainOf(uuid);
  const autostart = spec.autostart ?? known.autostart;
  if (autostart !== known.autostart)
    await session.call("domain_set_autostart", { dom, autostart: autostart ? 1 : 0 });
  const view = await viewDomain(session, dom, { ...known, autostart, persistent: true });
  if (view === undefined) throw missing("VM", spec.name, "look at");
  return observed(session, view);
}
