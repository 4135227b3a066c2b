import type { NamedSnapshotSpec, ObservedSnapshot, SnapshotDriver } from "../../../provider/driver/contract";
import { DriverError, type ErrorCode } from "../../../provider/driver/errors";
import { absent, copy, taken } from "./configuration";
import { byIdOrName, type MemorySnapshot, type MemoryVm, type Witness } from "./state";
import { switchOff } from "./vmPower";
import { volumesOf } from "./vmDisks";

/** Snapshots hold copies of the bytes, so any of them can be removed or returned to at any time. */
export function memorySnapshots(witness: Witness): SnapshotDriver {
  const { vms, files } = witness;
  const find = (vm: string, name: string): [MemoryVm, MemorySnapshot] | undefined => {
    const owner = byIdOrName(vms, vm);
    const found = owner?.snapshots?.find((each) => each.name === name);
    return owner && found && [owner, found];
  };
  const must = (vm: string, name: string, operation: string): [MemoryVm, MemorySnapshot] => {
    const found = find(vm, name);
    if (found === undefined) throw absent("snapshot", name, operation);
    return found;
  };
  const imagesOf = (vm: MemoryVm): string[] =>
    Object.values(volumesOf(witness, vm)).flatMap(({ path }) => path ?? []);

  return {
    async find(vm, name) {
      const found = find(vm, name);
      return found && observe(...found);
    },
    async create(spec, { owner }) {
      const vm = byIdOrName(vms, spec.vm);
      if (vm === undefined) throw absent("VM", spec.vm, "take a snapshot");
      const before = find(vm.id, spec.name)?.[1];
      if (before !== undefined && before.owner !== owner) throw taken("snapshot", spec.name, before.owner);
      if (before !== undefined) return observe(vm, before);
      const images = imagesOf(vm);
      if (images.length === 0) throw refusal(vm, "it has no disk", "invalid-state");
      const raw = images.some((path) => files.get(path)?.format === "raw");
      if (spec.memory && vm.live === undefined) throw refusal(vm, "it is off", "invalid-state");
      if (spec.memory && raw) throw refusal(vm, "a disk is raw", "unsupported");
      if (spec.quiesce === true && vm.live !== undefined && vm.agent === undefined)
        throw refusal(vm, "the guest agent does not answer", "guest-agent-unavailable");
      const snapshot = snapshotOf(vm, spec, owner, raw);
      for (const path of images) snapshot.bytes.set(path, Buffer.from(files.get(path)?.bytes ?? []));
      vm.snapshots = [...(vm.snapshots ?? []), snapshot];
      return observe(vm, snapshot);
    },
    async change(spec) {
      const [vm, snapshot] = must(spec.vm, spec.name, "change the snapshot");
      snapshot.description = spec.description;
      return observe(vm, snapshot);
    },
    async revert(id, name) {
      const [vm, { bytes, live }] = must(id, name, "return to the snapshot");
      const was = vm.state;
      for (const [path, content] of bytes) {
        const file = files.get(path);
        if (file !== undefined) file.bytes = Buffer.from(content);
      }
      if (live === undefined && vm.live === undefined) return switchOff(vm);
      vm.live = copy(live ?? vm.spec);
      vm.state = was === "stopped" ? "running" : was;
    },
    async remove(id, name) {
      const found = find(id, name);
      if (found !== undefined) found[0].snapshots = found[0].snapshots?.filter((each) => each !== found[1]);
    },
  };
}

function snapshotOf(vm: MemoryVm, spec: NamedSnapshotSpec, owner: string, raw: boolean): MemorySnapshot {
  const off = vm.live === undefined;
  const quiesced = spec.quiesce !== false && vm.agent !== undefined;
  return {
    name: spec.name,
    owner,
    description: spec.description,
    createdAt: new Date(0).toISOString(),
    kind: spec.memory || (off && !raw) ? "internal" : "external",
    consistency: spec.memory ? "memory" : off ? "stopped" : quiesced ? "quiesced" : "crash",
    bytes: new Map(),
    ...(spec.memory ? { live: copy(vm.live) } : {}),
  };
}

function observe({ id }: MemoryVm, snapshot: MemorySnapshot): ObservedSnapshot {
  const { name, owner, description, createdAt, kind, consistency, live } = snapshot;
  return {
    id: `${id}/${name}`,
    vm: id,
    name,
    owner,
    createdAt,
    kind,
    consistency,
    spec: { name, memory: live !== undefined, ...(description === undefined ? {} : { description }) },
  };
}

function refusal({ name }: MemoryVm, message: string, code: ErrorCode): DriverError {
  return new DriverError(message, { code, operation: "take a snapshot", target: `VM "${name}"` });
}
