import type { HostDriver, InterfaceAddresses, NamedVmSpec, ObservedVm } from "../driver/contract";
import { objectOf, type Complaint } from "../schema/table/gate";
import { vmFields, vmRules, type VmSpec } from "../schema/vm";
import { isAnothers } from "./kind/anothers";
import { adoptedChanges, foundIn, isAdopted, tellAdopted } from "./kind/adoption";
import { restartNotice } from "./engine/announce";
import { explain, HalfDone, hostLabel } from "./engine/explain";
import type { Context, Handler, Made, Seen } from "./kind/handler";
import { waitingFor } from "./status/sharedLine";
import { hostIn, lookupId, seen } from "./kind/simple";
import { inputsOf, isPlain, STATE_VERSION, type Plain } from "./engine/state";
import { fillVm, shapeVm } from "./vm/shape";
import { admitVm, growsBy, withinLimits } from "./vm/plan/admission";
import { attachVm, refuseUnattached } from "./vm/plan/networks";
import { netbootOf } from "./vm/plan/netboot";
import { refuseUntied, tellNuma, tieVm } from "./vm/plan/numa";
import { parentComplaints } from "./vm/plan/parents";
import { placeVm } from "./vm/plan/place";
import { filterComplaints } from "./vm/plan/filters";
import { poolVm } from "./vm/plan/pools";
import { emptiedDrives, withDrives } from "./vm/drives";
import { guardVm } from "./vm/guard";
import { hostComplaints } from "./host/can";
import { imageVm, sendImages, withImages } from "./vm/plan/image";
import { checkGuest, guestOuts, GuestWork } from "./vm/guest";
import { withLxdFates } from "./vm/onLxd";
import { tellSameMacs } from "./vm/plan/macs";
import { createVm, shrinkBack } from "./vm/act/create";
import { moveComplaints, movedVm, movesFrom, withMove } from "./vm/act/move";
import { renameComplaints, renaming } from "./vm/act/rename";
import { isOn, setPower, shutDown, shutdownRules } from "./vm/act/power";
import { mustRestart, restarted } from "./vm/act/restart";
import { Pause } from "./vm/act/whileOff";
import { addressesNow, ofFamily, waitForAddress, type AddressWait } from "./vm/guest/address";

export const vm: Handler<VmSpec> = {
  kind: "Vm",
  fields: vmFields,
  type: objectOf(vmFields, vmRules),
  shape: shapeVm,
  fill: fillVm,
  refine: (changes, news, olds) =>
    withLxdFates(
      withImages(withMove(withDrives(adoptedChanges(changes, news, olds), news, olds), news, olds)),
      news,
    ),
  guard: guardVm,
  says: (changes, news) => restartNotice("VM", changes, news),
  async place(news, olds, context) {
    const imaged = await imageVm(news);
    if (imaged.complaints.length > 0) return imaged;
    const placed = await placeVm(imaged.inputs, olds, context);
    if (placed.complaints.length > 0) return placed;
    const tied = await tieVm(placed.inputs, olds, context);
    const attached = await attachVm(tied.inputs, olds, context);
    const { inputs, complaints } =
      attached.complaints.length > 0 ? attached : await netbootOf(attached.inputs, olds, context);
    tellSameMacs(inputs);
    await tellNuma(inputs, olds, context);
    const pooled = await poolVm(inputs, olds, context);
    const held = await checkGuest(pooled.inputs, olds);
    return {
      inputs: held.inputs,
      complaints: [
        ...tied.complaints,
        ...complaints,
        ...(await parentComplaints(inputs, olds, context)),
        ...pooled.complaints,
        ...(await filterComplaints(inputs, olds, context)),
        ...(await hostComplaints(inputs, olds, context)),
        ...held.complaints,
      ],
    };
  },
  async admit(news, olds, context) {
    const missing = await tellAdopted(news, olds, context, (given) => complaintsOf(news, given));
    if (missing.length > 0) return missing;
    return [
      ...(await renameComplaints(news, olds, context)),
      ...(await moveComplaints(news, olds, context)),
      ...(await admitVm(news, olds, context)),
    ];
  },

  async create(spec, context) {
    refuseUnattached(spec);
    refuseUntied(spec);
    await sendImages(spec, context);
    const observed = await context.act(spec.host, (driver) =>
      createVm(driver, spec, context.ledger(spec.host)),
    );
    return finish(spec, observed, context);
  },

  async read(id, outs, context) {
    const wanted = lookupId(id);
    const [observed, addresses] = await context.observe(hostIn(outs), async (driver) => {
      const known = await driver.vms.find(wanted, { many: true });
      return [
        known,
        known && wantsAddresses(outs) ? await addressesNow(driver, known.id, "any") : undefined,
      ] as const;
    });
    return observed && seenVm(outs, observed, addresses);
  },

  async update(id, spec, olds, context) {
    refuseUnattached(spec);
    refuseUntied(spec);
    const named: NamedVmSpec = { ...spec, name: String(spec.name) };
    const news = spec as unknown as Plain;
    const ledger = context.ledger(spec.host);
    const pause = new Pause(id, named);
    const change = async (driver: HostDriver): Promise<ObservedVm> => {
      const emptied = emptiedDrives(news, olds);
      const changed = await renaming(driver, { id, spec: named, olds, pause }, () =>
        driver.vms.change(id, named, { owner: spec.owner, emptied }),
      );
      // A creation that got no further than this object is completed first.
      const wanted = spec.running ?? (olds["unfinished"] === true ? true : undefined);
      await setPower(driver, id, wanted, shutdownRules(spec), changed.state);
      return mustRestart(spec, olds, changed) ? restarted(driver, changed, named, olds) : changed;
    };
    const from = movesFrom(spec, olds);
    const observed = await (from !== undefined
      ? movedVm({ id, from, to: named, olds, pause }, context, change)
      : context.act(spec.host, (driver) =>
          growsBy(spec, olds)
            ? withinLimits(spec, ledger, {
                find: (vms) => vms.find((vm) => vm.id === id),
                make: () => change(driver),
                undo: (_made, before) => shrinkBack(driver, id, named, before),
              })
            : change(driver),
        ));
    return finish(spec, observed, context, olds);
  },

  async delete(id, outs, context) {
    await context.act(hostIn(outs), async (driver) => {
      if (outs["shutdownOnDestroy"] === true) {
        const found = await driver.vms.find(id);
        if (isAnothers(found, outs, "VM")) return;
        if (isOn(found?.state)) await shutDown(driver, id, shutdownRules({ ...outs, host: hostIn(outs) }));
      }
      await driver.vms.remove(id, { spared: (found) => isAnothers(found, outs, "VM") });
    });
    context.ledger(hostIn(outs)).gone(id);
  },
};

/** What the gate has to say of a description of the VM. */
function complaintsOf(news: Plain, given: Plain): readonly Complaint[] {
  const { host, owner, name, adopt } = news;
  const result = vm.type.safeParse({ ...given, host, owner, name, adopt });
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => ({ path: path as (string | number)[], message }));
}

/** Waits for what the program wants to wait for, and brings the inside of it up to date; the VM stays in state whatever comes of it. */
async function finish(spec: VmSpec, observed: ObservedVm, context: Context, olds: Plain = {}): Promise<Made> {
  const work = new GuestWork(spec, olds);
  let addresses = previousAddresses(olds);
  const outs = (): Plain => ({ ...outsOf(spec, observed, addresses), ...work.outs });
  const wait = spec.running === undefined || spec.running === true ? waitOf(spec) : undefined;
  const updating = olds["uuid"] !== undefined && olds["unfinished"] !== true;
  const { id, name } = observed;
  try {
    if (wait !== undefined)
      addresses = await context.observe(spec.host, async (driver) => {
        // A VM whose power is not ours may well be off when something else of it changes.
        if (updating && (await driver.vms.state(id)) !== "running") return [];
        return waitingFor(`the address of ${name}`, wait.timeoutSeconds, () =>
          waitForAddress(driver, id, macsOf(spec), wait),
        );
      });
    if (work.wanted) await context.observe(spec.host, (driver) => work.bring(driver, id, name, updating));
    return { id, outs: outs() };
  } catch (error) {
    throw new HalfDone(id, { ...outs(), unfinished: true }, [explain(error, hostLabel(spec.host))]);
  }
}

function waitOf({ waitFor }: VmSpec): AddressWait | undefined {
  if (waitFor === undefined || waitFor.address === false) return undefined;
  const family = waitFor.address === true ? "any" : waitFor.address;
  return { family, source: waitFor.source, timeoutSeconds: waitFor.timeout };
}

function macsOf(spec: VmSpec): string[] {
  return (spec.interfaces ?? []).flatMap(({ mac }) => mac ?? []);
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
  const result = seen(vm, outs, withPower(observed, outs), {});
  const spec = { ...result.outs } as unknown as VmSpec;
  const kept =
    observed.state === "running" && addresses !== undefined && addresses.length > 0
      ? addresses
      : previousAddresses(outs);
  return { ...result, outs: { ...outsOf(spec, observed, kept), ...guestOuts(outs) } };
}

/** Power counts as configuration only where the program manages it. */
function withPower(observed: ObservedVm, outs: Plain): ObservedVm {
  if (outs["running"] === undefined) return observed;
  // Whether a guest that is off has its memory on disk is for its next start alone.
  const off = outs["running"] === "saved" ? "saved" : false;
  const running = observed.state === "running" ? true : observed.state === "paused" ? "paused" : off;
  return { ...observed, spec: { ...observed.spec, running } };
}

function outsOf(spec: VmSpec, observed: ObservedVm, addresses: readonly InterfaceAddresses[] = []): Plain {
  const byMac = new Map(addresses.map((found) => [found.mac, found.addresses]));
  const interfaces = (spec.interfaces ?? []).map((item) => ({
    ...item,
    addresses: byMac.get(item.mac ?? "") ?? [],
  }));
  const disks = (spec.disks ?? []).map((item) => {
    const { pool, volume, path, serial } = observed.volumes[item.name] ?? {};
    return {
      ...item,
      location: path ?? (pool === undefined ? undefined : `${pool}/${volume}`),
      inPool: pool,
      ...(serial === undefined ? {} : { serial }),
    };
  });
  const all = interfaces.flatMap((item) => item.addresses);
  const family = waitOf(spec)?.family ?? "any";
  const best = all.find((address) => ofFamily(address, family === "any" ? "ipv4" : family)) ?? all[0];
  return {
    ...inputsOf(vmFields, spec as unknown as Plain),
    name: observed.name,
    uuid: observed.id,
    interfaces,
    disks,
    address: best,
    restartRequired: observed.restartRequired,
    ...(isAdopted(spec as unknown as Plain) ? { asFound: foundIn(observed, spec as unknown as Plain) } : {}),
    stateVersion: STATE_VERSION,
  };
}

function previousAddresses(outs: Plain): readonly InterfaceAddresses[] {
  const interfaces = Array.isArray(outs["interfaces"]) ? outs["interfaces"].filter(isPlain) : [];
  return interfaces.flatMap(({ mac, addresses }) =>
    typeof mac === "string" && Array.isArray(addresses) && addresses.length > 0
      ? [{ mac, addresses: addresses as string[] }]
      : [],
  );
}
