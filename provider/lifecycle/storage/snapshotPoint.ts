import type {
  Consistency,
  HostDriver,
  ObservedSnapshot,
  ObservedVolumeSnapshot,
  Ownership,
  SnapshotDriver,
} from "../../driver/contract";
import { DriverError, hasCode } from "../../driver/errors";
import type { SnapshotSpec } from "../../schema/snapshot";
import type { Plain } from "../engine/state";

type Named = SnapshotSpec & { readonly name: string };

/** A snapshot on its host, of whatever it is. */
export interface Point {
  find(name: string): Promise<Observed | undefined>;
  create(spec: Named, owned: Ownership): Promise<Observed>;
  change(spec: Named): Promise<Observed>;
  revert(name: string): Promise<void>;
  remove(name: string): Promise<void>;
}

type Observed = ObservedSnapshot | ObservedVolumeSnapshot;

/** Snapshots of the VM, or of the volume, that the inputs or outputs of a resource name. */
export function pointOf(driver: HostDriver, { vm, volume }: Plain): Point {
  return typeof volume === "string" ? ofVolume(driver, volume) : ofVm(driver, String(vm));
}

function ofVm(driver: HostDriver, vm: string): Point {
  const snapshots = snapshotsOf(driver);
  return {
    find: (name) => snapshots.find(vm, name),
    async create(spec, owned) {
      try {
        return await snapshots.create({ ...spec, vm }, owned);
      } catch (error) {
        throw hasCode(error, "not-found") ? ((await withoutVm(driver, vm)) ?? error) : error;
      }
    },
    change: (spec) => snapshots.change({ ...spec, vm }),
    revert: (name) => snapshots.revert(vm, name),
    remove: (name) => snapshots.remove(vm, name),
  };
}

function ofVolume({ kind, volumes: { snapshots } }: HostDriver, volume: string): Point {
  if (snapshots === undefined) throw unknownOn(kind, "of volumes ");
  return {
    find: (name) => snapshots.find(volume, name),
    create: (spec, owned) => snapshots.create({ ...spec, volume }, owned),
    change: (spec) => snapshots.change({ ...spec, volume }),
    revert: (name) => snapshots.revert(volume, name),
    remove: (name) => snapshots.remove(volume, name),
  };
}

/** What the host tells of a snapshot beside its inputs. */
export function computedOf(observed: Observed): Plain {
  const { createdAt, consistency } = observed;
  const common: { createdAt: string | undefined; consistency: Consistency } = { createdAt, consistency };
  return "volume" in observed
    ? { ...common, kind: "internal" }
    : { ...common, vmUuid: observed.vm, kind: observed.kind };
}

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
  throw unknownOn(kind, "");
}

function unknownOn(kind: string, of: string): DriverError {
  return new DriverError(`snapshots ${of}on ${kind} hosts are not known to this version`, {
    code: "unsupported",
    operation: "look for the snapshot",
  });
}
