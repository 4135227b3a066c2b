import type { DriverFactory, HostDriver } from "../driver/contract";
import { late } from "../driver/late";
import { warn } from "../driver/warn";
import { capabilitiesOf, hostFacts } from "./host/facts";
import { createNetworkDriver } from "./networks";
import { createPoolDriver } from "./pools";
import { asEnd, type End } from "./migrate/ends";
import { LibvirtSession } from "./session";
import { parseAddress } from "../schema/address/address";
import { openTransport } from "./transport/dial";
import { createVmDriver } from "./vms";
import { agentAnswers } from "./vms/addresses";
import { createVolumeDriver } from "./volumes";
import type { Machinery } from "./vms/define";

// What few programs need, or only those that change something.
const cpus = late(() => require("./host/cpus") as typeof import("./host/cpus"));
const devices = late(() => require("./host/devices") as typeof import("./host/devices"));
const disks = late(() => require("./host/disks") as typeof import("./host/disks"));
const interfaces = late(() => require("./host/interfaces") as typeof import("./host/interfaces"));
const pages = late(() => require("./host/pages") as typeof import("./host/pages"));
const filters = late(() => require("./filters") as typeof import("./filters"));
const nwFilters = late(() => require("./nwFilters") as typeof import("./nwFilters"));
const secrets = late(() => require("./secrets") as typeof import("./secrets"));
const snapshots = late(() => require("./snapshots") as typeof import("./snapshots"));
const migrate = late(() => require("./migrate") as typeof import("./migrate"));

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
  // Its questions take turns.
  const listed = late(() => ({ interfaces: interfaces.hostInterfaces(session) }));
  const driver: HostDriver = {
    kind: "libvirt",
    interfaces: () => listed.interfaces(),
    disks: () => disks.hostDisks(session),
    nwFilters: () => nwFilters.listNwFilters(session),
    cpus: late(() => cpus.createCpuDriver(session)),
    devices: late(() => devices.createDeviceDriver(session)),
    freePages: (sizes) => pages.freePages(session, sizes),
    facts: () => hostFacts(session, connection.address),
    vms: createVmDriver(session, machinery),
    guests: { ready: (id) => agentAnswers(session, id) },
    networks: createNetworkDriver(session),
    filters: late(() => filters.createNwFilterDriver(session)),
    secrets: late(() => secrets.createSecretDriver(session)),
    pools: createPoolDriver(session),
    volumes: createVolumeDriver(session),
    snapshots: late(() => snapshots.createSnapshotDriver(session)),
    receive: (source, id, spec, owned, options) => migrate.receive(end, source, id, spec, owned, options),
    close: async () => {
      await session.close();
      await transport.close();
    },
  };
  return asEnd(driver, end);
};
