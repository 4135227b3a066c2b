import type { DriverFactory, HostDriver, NamedVmSpec, Ownership } from "../driver/contract";
import { isDriverError } from "../driver/errors";
import { parseLxdAddress } from "../schema/address/lxdAddress";
import { LxdClient } from "./api/client";
import { hostDisks, hostFacts, hostInterfaces } from "./facts";
import { createImageDriver } from "./images";
import { createVmDriver } from "./instances";
import { Finder } from "./instances/find";
import { createGuestDriver } from "./instances/guest";
import { asEnd, receive } from "./instances/move/receive";
import { createLxdNetworkDriver } from "./lxdNetworks";
import { createNetworkDriver } from "./networks";
import { createPoolDriver } from "./pools";
import { createProjectDriver } from "./projects";
import { createSnapshotDriver } from "./snapshots";
import { createTrustDriver } from "./trust";
import { createVolumeDriver } from "./volumes";

/** An LXD host over its REST interface. Nothing is sent before the first question. */
export const createLxdDriver: DriverFactory = (connection) => {
  const address = parseLxdAddress(connection.address);
  const { certificate, key, serverFingerprint } = connection;
  const client = new LxdClient(
    {
      address,
      ...(certificate === undefined ? {} : { certificate }),
      ...(key === undefined ? {} : { key }),
      ...(serverFingerprint === undefined ? {} : { serverFingerprint }),
      connectTimeoutMs: connection.connectTimeout * 1000,
    },
    connection.project ?? "default",
  );
  const named = <T extends object>(methods: T): T => onHost(methods, address.label);
  const { ready, inside } = createGuestDriver(client, new Finder(client));
  const driver = named({
    kind: "lxd",
    facts: () => hostFacts(client),
    interfaces: () => hostInterfaces(client),
    disks: () => hostDisks(client),
    vms: named(createVmDriver(client)),
    guests: { ...named({ ready }), inside: named(inside) },
    networks: named(createNetworkDriver(client)),
    pools: named(createPoolDriver(client)),
    volumes: named(createVolumeDriver(client)),
    snapshots: named(createSnapshotDriver(client)),
    images: named(createImageDriver(client)),
    lxdNetworks: named(createLxdNetworkDriver(client)),
    projects: named(createProjectDriver(client)),
    trust: named(createTrustDriver(client, connection)),
    receive: (source: HostDriver, id: string, _spec: NamedVmSpec, owned: Ownership) =>
      receive(client, source, id, owned),
    close: () => client.close(),
  } as const);
  return asEnd(driver, client);
};

/** Every failure names the host that it happened on. */
function onHost<T extends object>(methods: T, host: string): T {
  const named = Object.entries(methods).map(([name, method]: [string, unknown]) => [
    name,
    typeof method !== "function"
      ? method
      : async (...args: unknown[]): Promise<unknown> => {
          try {
            return await (method as (...all: unknown[]) => unknown).apply(methods, args);
          } catch (error) {
            throw isDriverError(error) ? error.with({ host }) : error;
          }
        },
  ]);
  return Object.fromEntries(named) as T;
}
