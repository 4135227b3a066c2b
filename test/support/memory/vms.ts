import { randomUUID } from "node:crypto";
import type { NamedVmSpec, ObservedVm, VmDriver, VmSummary } from "../../../provider/driver/contract";
import { DriverError, hasCode } from "../../../provider/driver/errors";
import { refuseAnothers } from "../../../provider/driver/refusals";
import { cpusOf, numbersIn, pinnedCoresOf } from "../../../provider/schema/vm/cpuset";
import { vmFields, type VmSpec } from "../../../provider/schema/vm";
import { absent, configuration, copy, differing, liveAfter, taken } from "./configuration";
import type { Faults } from "./faults";
import { byIdOrName, type HostOptions, type MemoryVm, type Witness } from "./state";
import { makeVolumes, pathOf, planDisks, refuseForeign, volumesOf, type PlannedDisk } from "./vmDisks";
import { memoryPower, switchOff } from "./vmPower";

function placeOf({ maxCores, cores, cpu, numa }: Partial<VmSpec>): Partial<VmSummary> {
  const count = maxCores ?? cores ?? 1;
  const [cpus, pinnedCores] = [cpusOf(cpu?.pin, count), pinnedCoresOf(cpu?.pin, count)];
  const memoryNodes = numbersIn(numa?.nodes ?? "");
  return {
    ...(cpus === undefined ? {} : { cpus }),
    ...(pinnedCores === undefined ? {} : { pinnedCores }),
    ...(memoryNodes === undefined ? {} : { memoryNodes }),
  };
}

/** What it has for itself while it is on. */
function heldBy({ graphics, hostDevices = [] }: Partial<VmSpec>): Partial<VmSummary> {
  return {
    ...(graphics?.port === undefined ? {} : { screenPorts: [graphics.port] }),
    pciDevices: hostDevices.flatMap(({ pci }) => pci ?? []),
    usbDevices: hostDevices.flatMap(({ usb }) => usb ?? []),
  };
}

/** Kept in the VM's metadata on a real host. */
const METADATA = ["zone", "resourcePool", "tags"];

export function memoryVms(witness: Witness, faults: Faults, { kvmAvailable }: HostOptions): VmDriver {
  const { vms, files } = witness;

  const plan = (vm: MemoryVm, spec: NamedVmSpec): PlannedDisk[] => {
    const disks = planDisks(witness, vm, spec.disks ?? [], spec.host.defaultStoragePool);
    refuseForeign(witness, vm, disks);
    return disks;
  };
  /** Write the definition with its planned volumes, then make the volumes. */
  const define = async (vm: MemoryVm, spec: NamedVmSpec, disks: readonly PlannedDisk[]): Promise<void> => {
    await faults.run("vms/define", () => {
      const domainType = spec.domainType ?? vm.spec.domainType ?? (kvmAvailable ? "kvm" : "qemu");
      const wanted = configuration(
        vmFields,
        { ...spec, domainType, disks: disks.map((disk) => disk.spec) },
        METADATA,
        ["running"],
      );
      vm.spec = withKept(vm.spec, wanted);
      vm.planned = [
        ...new Set([
          ...vm.planned,
          ...disks.flatMap(({ path, owned }) => (owned && path !== undefined ? [path] : [])),
        ]),
      ];
      vms.set(vm.id, vm);
    });
    await makeVolumes(witness, vm, disks, faults);
  };

  return {
    async list() {
      return [...vms.values()].map(({ id, name, owner, state, spec }) => ({
        id,
        name,
        state,
        cores: spec.maxCores ?? spec.cores ?? 1,
        memoryMiB: spec.maxMemory ?? spec.memory ?? 0,
        ...(spec.tags === undefined ? {} : { tags: spec.tags }),
        ...(spec.hugepages === undefined ? {} : { hugepages: spec.hugepages }),
        ...(owner === undefined ? {} : { owner }),
        ...placeOf(spec),
        ...heldBy(spec),
        attachments: (spec.interfaces ?? []).map(
          ({ name: nic, network, bridge, macvlan, macvlanMode, sriov }) => ({
            name: nic,
            ...(macvlan === undefined ? {} : { macvlanMode: macvlanMode ?? "bridge" }),
            ...(network === undefined ? {} : { network }),
            device: bridge ?? macvlan ?? sriov,
            ...(sriov === undefined ? {} : { sriov: true as const }),
          }),
        ),
      }));
    },
    async find(idOrName) {
      const vm = byIdOrName(vms, idOrName);
      return vm && observe(witness, vm);
    },
    async create(spec, { owner, wasThere }) {
      const found = byIdOrName(vms, spec.name);
      if (found !== undefined && found.owner !== owner) throw taken("VM", spec.name, found.owner);
      if (found !== undefined) wasThere?.();
      const vm = found ?? newVm(spec.name, owner, spec.uuid);
      const disks = plan(vm, spec);
      const before = new Set(files.keys());
      try {
        await define(vm, spec, disks);
      } catch (error) {
        // Nothing half-made stays, except where the connection went: then the next run continues from the definition.
        if (found === undefined && !hasCode(error, "connection-lost")) {
          vms.delete(vm.id);
          for (const path of vm.planned) if (!before.has(path)) files.delete(path);
        }
        throw error;
      }
      return observe(witness, vm);
    },
    async change(id, spec, owned) {
      const { owner } = owned;
      const vm = byIdOrName(vms, id);
      if (vm === undefined) throw absent("VM", id, "change the VM");
      refuseAnothers("VM", vm.name, vm.owner, owned);
      if (!vm.persistent) {
        throw new DriverError("the VM is transient", {
          code: "invalid-state",
          operation: "change the VM",
          target: `VM "${vm.name}"`,
        });
      }
      if (spec.name !== vm.name) {
        const what = { operation: "change the VM", target: `VM "${vm.name}"` };
        if (vm.live !== undefined) throw new DriverError("the VM is on", { code: "invalid-state", ...what });
        const other = byIdOrName(vms, spec.name);
        if (other !== undefined) throw taken("VM", spec.name, other.owner);
        vm.madeAs ??= vm.name;
        vm.name = spec.name;
      }
      const disks = plan(vm, spec);
      vm.owner = owner;
      await define(vm, spec, disks);
      if (vm.live !== undefined) vm.live = nextLive(vm);
      if (spec.allowDataLoss) dropDetached(witness, vm, disks);
      return observe(witness, vm);
    },
    ...memoryPower(witness),
    async remove(id, { spared, kept = [] } = {}) {
      const vm = byIdOrName(vms, id);
      if (vm === undefined || spared?.(vm) === true) return;
      switchOff(vm);
      vms.delete(vm.id);
      const places = kept.map((place) => pathOf(witness.pools, place));
      for (const path of vm.planned) if (!places.includes(path)) files.delete(path);
    },
  };
}

function newVm(name: string, owner: string, uuid: string = randomUUID()): MemoryVm {
  return {
    id: uuid,
    name,
    owner,
    spec: {},
    state: "stopped",
    persistent: true,
    acpi: true,
    obedient: true,
    planned: [],
  };
}

/** Fields that the host fills in stay as they are where the program says nothing (`keep` of the table). */
function withKept(before: Partial<VmSpec>, wanted: Partial<VmSpec>): Partial<VmSpec> {
  const kept = Object.entries(before).filter(([name]) => vmFields[name as keyof typeof vmFields].keep);
  return { ...Object.fromEntries(kept), ...wanted };
}

/** Cores and memory follow at once only up to the maximum with which the guest was started. */
function nextLive({ live = {}, spec }: MemoryVm): Partial<VmSpec> {
  const next = liveAfter(vmFields, live, spec) as Partial<VmSpec>;
  const [mostCores, mostMemory] = [live.maxCores ?? live.cores, live.maxMemory ?? live.memory];
  if (mostCores !== undefined && (spec.cores ?? 0) > mostCores && live.cores !== undefined)
    next.cores = live.cores;
  if (mostMemory !== undefined && (spec.memory ?? 0) > mostMemory && live.memory !== undefined)
    next.memory = live.memory;
  return next;
}

/** A detached disk's volume goes at once only where the program allows the loss of its data; else it leaves with the VM. */
function dropDetached({ files }: Witness, vm: MemoryVm, disks: readonly PlannedDisk[]): void {
  const wanted = new Set(disks.map(({ path }) => path));
  for (const path of vm.planned.filter((each) => !wanted.has(each))) files.delete(path);
  vm.planned = vm.planned.filter((path) => wanted.has(path));
}

function observe(witness: Witness, vm: MemoryVm): ObservedVm {
  return copy({
    id: vm.id,
    name: vm.name,
    ...(vm.owner === undefined ? {} : { owner: vm.owner }),
    spec: vm.spec,
    state: vm.state,
    persistent: vm.persistent,
    restartRequired: vm.live === undefined ? [] : differing(vmFields, vm.live, vm.spec),
    volumes: volumesOf(witness, vm),
    ...interruptedIn(vm),
  });
}

function interruptedIn({ note, live, starts = 0 }: MemoryVm): Pick<ObservedVm, "interrupted"> {
  if (note === undefined) return {};
  return { interrupted: live === undefined && note.starts === starts ? note.was : "over" };
}

/** The VM, with the volumes made for it, leaves one host and is on the other; one that is there already stays. */
export function moveVm(from: Witness, to: Witness, id: string): void {
  if (to.vms.has(id)) return;
  const vm = from.vms.get(id);
  if (vm === undefined) throw absent("VM", id, "move the VM");
  from.vms.delete(id);
  to.vms.set(id, vm);
  for (const path of vm.planned) {
    const file = from.files.get(path);
    if (file !== undefined) to.files.set(path, file);
    from.files.delete(path);
  }
}
