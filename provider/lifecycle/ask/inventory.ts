import type { Capacity, HostDriver, PoolSummary, VmSummary } from "../../driver/contract";
import { standing } from "../../capacity/admission";
import { measureOf } from "../../capacity/books";
import { usageOf } from "../../capacity/usage";
import { isDriverError } from "../../driver/errors";
import { host as hostField } from "../../schema/table/common";
import { hostFields, type HostConnection } from "../../schema/address/connection";
import type { Amounts, HostInventory, ListedPool } from "./answers";
import { readCredentials } from "../host/credentials";
import { explain } from "../engine/explain";
import { observing } from "../host/hosts";
import { redacted, secretsIn } from "../engine/redact";

/** Asks a host for everything that a person wants to see of it, except for its network devices. */
export function inventory(
  connection: unknown,
  config?: ConfigReader,
): Promise<Omit<HostInventory, "interfaces">> {
  return asking(connection, config, async (driver, host) => {
    const [facts, vms, storagePools, networks] = await Promise.all([
      driver.facts(),
      driver.vms.list(),
      driver.pools.list(),
      driver.networks.list(),
    ]);
    return {
      hostname: facts.hostname,
      capacity: capacityOf(facts.total, vms, host),
      storagePools: withDefault(storagePools, host),
      networks,
      vms,
    };
  });
}

/** The network devices of a host, which libvirt tells one by one: only who wants to know them asks. */
export function interfacesOf(
  connection: unknown,
  config?: ConfigReader,
): Promise<HostInventory["interfaces"]> {
  return asking(connection, config, (driver) => driver.interfaces());
}

export interface ConfigReader {
  get(key: string): string | undefined;
}

/** A read-only question to a host, as a program names it. Errors come as one sentence. */
export async function asking<T>(
  connection: unknown,
  config: ConfigReader | undefined,
  question: (driver: HostDriver, host: HostConnection) => Promise<T>,
): Promise<T> {
  const parsed = hostField.type.safeParse(connection);
  if (!parsed.success)
    throw new Error(
      `no usable host: ${parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; ")}`,
    );
  const host = parsed.data as HostConnection;
  const credentials = readCredentials(config);
  try {
    return await observing(host, credentials, (driver) => question(driver, host));
  } catch (error) {
    if (!isDriverError(error)) throw error;
    const secrets = [host, credentials].flatMap((each) => secretsIn(hostFields, { ...each }));
    throw new Error(redacted(explain(error), secrets));
  }
}

export function withDefault(pools: readonly PoolSummary[], host: HostConnection): readonly ListedPool[] {
  return pools.map((pool) => ({
    ...pool,
    default: [pool.name, pool.id].includes(host.defaultStoragePool ?? ""),
  }));
}

/** As admission counts: pinned VMs by their pins, what is reserved off first, and only what is on where only that counts. */
export function capacityOf(
  total: Capacity,
  vms: readonly VmSummary[],
  host: HostConnection,
): HostInventory["capacity"] {
  const used = usageOf(vms, host.overcommitScope);
  const { cores, memoryMiB } = measureOf({ total }, host);
  const project = host.project ?? "default";
  const tracked = usageOf(
    vms.filter((vm) => vm.project === undefined || vm.project === project),
    host.overcommitScope,
  );
  const split = (key: "cores" | "memoryMiB"): Pick<Amounts, "tracked" | "other"> => ({
    tracked: tracked[key],
    other: used[key] - tracked[key],
  });
  return {
    cores: { ...standing(cores, used.cores), ...split("cores") },
    memoryMiB: { ...standing(memoryMiB, used.memoryMiB), ...split("memoryMiB") },
  };
}
