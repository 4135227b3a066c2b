import { hostResources } from "../../capacity/resources";
import type { HostDriver, ObservedVolume } from "../../driver/contract";
import { DriverError } from "../../driver/errors";
import type { HostConnection } from "../../schema/address/connection";
import type { FoundVolume, Questions } from "./answers";
import { notOn } from "../kind/notOn";
import { asking, capacityOf, withDefault, type ConfigReader } from "./inventory";

type Asking = {
  [K in keyof Questions]: (
    driver: HostDriver,
    host: HostConnection,
    asked: Questions[K]["asked"],
  ) => Promise<Questions[K]["answer"]>;
};

/** Each asks the host for what it tells and no more. */
const questions: Asking = {
  async vmHost(driver, host) {
    const [{ extensions: _extensions, machines: _machines, ...facts }, vms, interfaces] = await Promise.all([
      driver.facts(),
      driver.vms.list(),
      driver.interfaces(),
    ]);
    return { ...facts, kind: driver.kind, capacity: capacityOf(facts.total, vms, host), interfaces };
  },
  async hostResources(driver, _host, { perNuma = false }) {
    const [facts, vms, interfaces, networks, disks] = await Promise.all([
      driver.facts(),
      driver.vms.list(),
      driver.interfaces(),
      driver.networks.list(),
      driver.disks?.(),
    ]);
    const resources = hostResources({ ...facts, vms, interfaces, networks, disks }, { perNuma });
    return { hostname: facts.hostname, kind: driver.kind, ...resources };
  },
  storagePools: async ({ pools }, host) => withDefault(await pools.list(), host),
  networks: ({ networks }) => networks.list(),
  vms: ({ vms }) => vms.list(),
  async storageVolume({ volumes }, _host, { pool, name }) {
    const found = await volumes.find(pool, name);
    if (found === undefined)
      throw new DriverError("it does not exist there", {
        code: "not-found",
        operation: "find",
        target: `volume "${name}" in storage pool "${pool}"`,
        remedy: "Check pool and name, or make it with a StorageVolume.",
      });
    return volumeOf(found);
  },
  async lxdProject({ kind, projects }, host, { name = host.project ?? "default" }) {
    const found = await (projects ?? notOn(kind, "LxdProject")).state(name);
    if (found === undefined)
      throw new DriverError("it does not exist on the server", {
        code: "not-found",
        operation: "find",
        target: `project "${name}"`,
        remedy: "Check the name, or make it with an LxdProject.",
      });
    return found;
  },
  nwFilters(driver) {
    if (driver.nwFilters !== undefined) return driver.nwFilters();
    throw new DriverError(`${driver.kind} hosts have none`, {
      code: "unsupported",
      operation: "list network filters",
    });
  },
};

function volumeOf({ spec, ...found }: ObservedVolume): FoundVolume {
  const { id, pool, name, path, capacityBytes, allocationBytes, complete } = found;
  return {
    id,
    pool,
    name,
    path,
    ...(spec.format === undefined ? {} : { format: spec.format }),
    capacityBytes,
    allocationBytes,
    complete,
  };
}

/** What a program wants to know of a host, in plain data. Errors come as one sentence. */
export function ask<K extends keyof Questions>(
  what: K,
  connection: unknown,
  asked: Questions[K]["asked"],
  config?: ConfigReader,
): Promise<Questions[K]["answer"]> {
  return asking(connection, config, (driver, host) => questions[what](driver, host, asked));
}
