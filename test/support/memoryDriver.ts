import type { HostDriver } from "../../provider/driver/contract";
import { DriverError } from "../../provider/driver/errors";
import { copy } from "./memory/configuration";
import { Faults, withFaults } from "./memory/faults";
import { memoryNetworks } from "./memory/networks";
import { memoryPools } from "./memory/pools";
import { memorySnapshots } from "./memory/snapshots";
import { emptyHost, type HostOptions, type Witness } from "./memory/state";
import { memoryVms, moveVm } from "./memory/vms";
import { memoryVolumes } from "./memory/volumes";

export { Faults } from "./memory/faults";
export type { HostOptions, MemoryFile, MemoryNetwork, MemoryPool, MemoryVm, Witness } from "./memory/state";

export interface MemoryHost {
  /** One session with the host. Its methods throw `connection-lost` once it is closed. */
  readonly driver: HostDriver;
  /** What is on the host, past the driver. */
  readonly witness: Witness;
  readonly faults: Faults;
  /** Another session with the same host, as another run of the program has one. */
  session(): HostDriver;
}

const witnesses = new WeakMap<HostDriver, Witness>();

const DEFAULTS: HostOptions = {
  cores: 8,
  memoryMiB: 16384,
  poolBytes: 2 ** 36,
  kvmAvailable: true,
  hostId: "6d656d6f-7279-4000-8000-000000000001",
  hostname: "memory",
  version: "9.0.0",
};

/** A hypervisor host that lives in this process and keeps the driver contract to the letter. */
export function createMemoryHost(options: Partial<HostOptions> = {}): MemoryHost {
  const host: HostOptions = { ...DEFAULTS, ...options };
  const witness = emptyHost();
  const faults = new Faults();
  const session = (): HostDriver => openSession(host, witness, faults);
  return { driver: session(), witness, faults, session };
}

function openSession(host: HostOptions, witness: Witness, faults: Faults): HostDriver {
  let closed = false;
  const open = <T extends object>(group: string, methods: T): T => {
    const guarded = Object.entries(methods).map(([name, method]: [string, unknown]) => [
      name,
      async (...args: unknown[]) => {
        if (closed)
          throw new DriverError("the session is closed", {
            code: "connection-lost",
            operation: `${group}.${name}`,
          });
        return (method as (...all: unknown[]) => unknown).apply(methods, args);
      },
    ]);
    return withFaults(group, Object.fromEntries(guarded) as T, faults);
  };
  const facts = async (): Promise<Awaited<ReturnType<HostDriver["facts"]>>> => ({
    hostId: host.hostId,
    hostname: host.hostname,
    architectures: ["x86_64", "i686"],
    version: host.version,
    hypervisorVersion: "7.2.22",
    cpuModel: "memory",
    kvmAvailable: host.kvmAvailable,
    domainTypes: host.kvmAvailable ? ["kvm", "qemu"] : ["qemu"],
    total: { cores: host.cores, memoryMiB: host.memoryMiB },
    ...(host.hugepages === undefined ? {} : { hugepages: host.hugepages }),
    nodes: host.nodes ?? [
      {
        id: 0,
        cpus: Array.from({ length: host.cores }, (_, cpu) => cpu),
        memoryMiB: host.memoryMiB,
        hugepages: host.hugepages ?? [],
      },
    ],
  });
  const receive = async (source: HostDriver, id: string): Promise<void> => {
    const there = witnesses.get(source);
    if (there === undefined) throw new Error("the other host is not in memory");
    moveVm(there, witness, id);
  };
  const driver: HostDriver = {
    kind: "libvirt",
    ...open("host", { facts, interfaces: async () => copy(witness.interfaces), receive }),
    vms: open("vms", memoryVms(witness, faults, host)),
    networks: open("networks", memoryNetworks(witness)),
    pools: open("pools", memoryPools(witness, host)),
    snapshots: open("snapshots", memorySnapshots(witness)),
    volumes: open(
      "volumes",
      memoryVolumes(witness, faults, () => !closed),
    ),
    async close() {
      closed = true;
    },
  };
  witnesses.set(driver, witness);
  return driver;
}
