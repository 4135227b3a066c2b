import { dirname } from "node:path/posix";
import { randomUUID } from "node:crypto";
import { createMemoryHost, type MemoryVm } from "../support/memoryDriver";
import type { Setup, SeenVm } from "./setup";
import { contractSuite } from "./suite";

const GUESTS = { persistent: true, acpi: true, obedient: true } as const;

async function setup(): Promise<Setup> {
  const { driver, session, witness: host } = createMemoryHost();
  const vmBy = (name: string): MemoryVm | undefined => [...host.vms.values()].find((vm) => vm.name === name);
  const poolBy = (name: string) => [...host.pools.values()].find((pool) => pool.name === name);
  const networkBy = (name: string) => [...host.networks.values()].find((network) => network.name === name);
  const pathIn = (pool: string, name: string): string => `${poolBy(pool)?.spec.path}/${name}`;
  const imageOf = (vm: string, target: string) =>
    host.files.get(seenVm(vmBy(vm), pathIn)?.disks[target] ?? "");
  const drop = <T extends { id: string }>(objects: Map<string, T>, object: T | undefined): void =>
    void objects.delete(object?.id ?? "");
  return {
    driver,
    session,
    address: "qemu:///system",
    poolPath: (name) => `/pools/${name}`,
    teardown: () => driver.close(),
    witness: {
      vm: async (name) => seenVm(vmBy(name), pathIn),
      async network(name) {
        const network = networkBy(name);
        if (network === undefined) return undefined;
        const range = network.spec.ips?.[0]?.dhcp?.ranges[0];
        const { active = false, autostart = false } = network.spec;
        return {
          id: network.id,
          active,
          autostart,
          ...(range === undefined ? {} : { range: [range.start, range.end] }),
        };
      },
      async pool(name) {
        const pool = poolBy(name);
        return (
          pool && {
            id: pool.id,
            active: pool.spec.active ?? false,
            autostart: pool.spec.autostart ?? false,
            path: pool.spec.path,
          }
        );
      },
      async volume(pool, name) {
        const path = pathIn(pool, name);
        const file = host.files.get(path);
        return (
          file && {
            path,
            capacityBytes: file.capacityBytes,
            format: file.format,
            ...(file.backing === undefined ? {} : { backing: file.backing }),
          }
        );
      },
      files: async (path) =>
        [...host.files.keys()]
          .filter((file) => dirname(file) === path)
          .map((file) => file.slice(path.length + 1)),
      content: async (pool, name) => host.files.get(pathIn(pool, name))?.bytes ?? Buffer.alloc(0),
      snapshots: async (vm) => (vmBy(vm)?.snapshots ?? []).map(({ name }) => name),
      async read(vm, target) {
        return (imageOf(vm, target)?.bytes.toString() ?? "").replace(/\0+$/, "");
      },
      async write(vm, target, text) {
        const image = imageOf(vm, target);
        if (image !== undefined) image.bytes = Buffer.from(text);
      },
      makeVm: async (name) =>
        void host.vms.set(name, {
          id: name,
          name,
          spec: { cores: 1, memory: 64, autostart: false },
          state: "stopped",
          planned: [],
          ...GUESTS,
        }),
      makeNetwork: async (name) =>
        void host.networks.set(name, { id: name, name, spec: { active: false, autostart: false } }),
      makeVolume: async (pool, name) =>
        void host.files.set(pathIn(pool, name), {
          format: "raw",
          capacityBytes: 4096,
          bytes: Buffer.from(randomUUID()),
          complete: true,
        }),
      dropVm: async (name) => drop(host.vms, vmBy(name)),
      dropNetwork: async (name) => drop(host.networks, networkBy(name)),
      dropVolume: async (pool, name) => void host.files.delete(pathIn(pool, name)),
      stopPool: async (name) => void Object.assign(poolBy(name)?.spec ?? {}, { active: false }),
      startPool: async (name) => void Object.assign(poolBy(name)?.spec ?? {}, { active: true }),
    },
  };
}

function seenVm(
  vm: MemoryVm | undefined,
  pathIn: (pool: string, name: string) => string,
): SeenVm | undefined {
  if (vm === undefined) return undefined;
  const { spec, live, state } = vm;
  const disks = (spec.disks ?? []).map(({ name, target = "", volume, path }) => {
    const [pool = "", file = ""] = volume?.split("/") ?? [];
    return [
      target,
      path ??
        (volume === undefined
          ? (vm.planned.find((each) => each.includes(`${vm.name}-${name}.`)) ?? "")
          : pathIn(pool, file)),
    ];
  });
  return {
    id: vm.id,
    state: state === "running" || state === "paused" ? state : "stopped",
    autostart: spec.autostart ?? false,
    cores: spec.cores ?? 0,
    memoryMiB: spec.memory ?? 0,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    ...(live === undefined
      ? {}
      : { liveCores: live.cores ?? 0, liveDisks: (live.disks ?? []).map(({ target = "" }) => target) }),
    disks: Object.fromEntries(disks) as Record<string, string>,
    macs: (spec.interfaces ?? []).flatMap(({ mac }) => mac ?? []),
  };
}

contractSuite("a host in memory", { setup });
