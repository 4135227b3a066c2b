import type { DriverFactory, HostDriver } from "../driver/contract";
import { warn } from "../driver/warn";
import { createCpuDriver } from "./host/cpus";
import { createDeviceDriver } from "./host/devices";
import { capabilitiesOf, hostFacts } from "./host/facts";
import { hostDisks } from "./host/disks";
import { hostInterfaces } from "./host/interfaces";
import { freePages } from "./host/pages";
import { createNetworkDriver } from "./networks";
import { createNwFilterDriver } from "./filters";
import { createPoolDriver } from "./pools";
import { asEnd, receive, type End } from "./migrate";
import { listNwFilters } from "./nwFilters";
import { createSecretDriver } from "./secrets";
import { LibvirtSession } from "./session";
import { parseAddress } from "../schema/address/address";
import { createSnapshotDriver } from "./snapshots";
import { openTransport } from "./transport/dial";
import { createVmDriver } from "./vms";
import { agentAnswers } from "./vms/addresses";
import { createVolumeDriver } from "./volumes";
import type { Machinery } from "./vms/define";

/** A libvirt host over its own RPC. Nothing is sent before the first question. */
export const createLibvirtDriver: DriverFactory = (connection) => {
  const address = parseAddress(connection.address);
  const timeoutMs = connection.connectTimeout * 1000;
  // Weaker than the user may think: no encryption, a host key not checked.
  const transport = openTransport(address, connection, { timeoutMs, onWarning: warn });
  const open = (maxSockets?: number): LibvirtSession =>
    new LibvirtSession({
      uri: address.uri,
      label: address.label,
      dial: () => transport.dial(),
      connectTimeoutMs: timeoutMs,
      maxSockets,
    });
  const session = open();
  const end: End = { session, alone: () => open(1) };
  let known: Promise<Machinery> | undefined;
  const machinery = (): Promise<Machinery> => {
    known ??= capabilitiesOf(session).then(({ arch, domainTypes }) => ({ arch, domainTypes }));
    known.catch(() => (known = undefined));
    return known;
  };
  const driver: HostDriver = {
    kind: "libvirt",
    interfaces: hostInterfaces(session),
    disks: () => hostDisks(session),
    nwFilters: () => listNwFilters(session),
    cpus: createCpuDriver(session),
    devices: createDeviceDriver(session),
    freePages: (sizes) => freePages(session, sizes),
    facts: () => hostFacts(session, connection.address),
    vms: createVmDriver(session, machinery),
    guests: { ready: (id) => agentAnswers(session, id) },
    networks: createNetworkDriver(session),
    filters: createNwFilterDriver(session),
    secrets: createSecretDriver(session),
    pools: createPoolDriver(session),
    volumes: createVolumeDriver(session),
    snapshots: createSnapshotDriver(session),
    receive: (source, id, spec, owned, options) => receive(end, source, id, spec, owned, options),
    close: async () => {
      await session.close();
      await transport.close();
    },
  };
  return asEnd(driver, end);
};
