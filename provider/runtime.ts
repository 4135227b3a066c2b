/**
 * What the engine loads: the text in state names this module and a kind, nothing else. Everything that a resource does
 * hangs below here, so that upgrading the package changes no state.
 */
import "./compileCache";
import { registerDriver } from "./driver/connect";
import type { DriverFactory } from "./driver/contract";
import type * as functions from "./lifecycle/ask/functions";
import type * as inventories from "./lifecycle/ask/inventory";
import { endWithEngine } from "./lifecycle/engine/orphan";
import { providerFor, type EngineProvider } from "./lifecycle/engine/provider";
import { quietConsole } from "./lifecycle/engine/quiet";
import type { Kind } from "./schema/table/field";

registerDriver("libvirt", (connection) => {
  // Loaded when the first libvirt host is asked for: ssh2 alone costs more to load than all the rest.
  const { createLibvirtDriver } = require("./libvirt") as { createLibvirtDriver: DriverFactory };
  return createLibvirtDriver(connection);
});

registerDriver("lxd", (connection) => {
  const { createLxdDriver } = require("./lxd") as { createLxdDriver: DriverFactory };
  return createLxdDriver(connection);
});

/** A kind's handler is loaded when a program has one of its kind: the tables are most of what there is to load. */
const makers: Readonly<Record<Kind, () => EngineProvider>> = {
  VmHost: () => providerFor(load<typeof import("./lifecycle/vmHost")>("vmHost").vmHost),
  LibvirtNetwork: () =>
    providerFor(load<typeof import("./lifecycle/libvirtNetwork")>("libvirtNetwork").libvirtNetwork),
  LxdNetwork: () => providerFor(load<typeof import("./lifecycle/lxdNetwork")>("lxdNetwork").lxdNetwork),
  LxdProject: () => providerFor(load<typeof import("./lifecycle/lxdProject")>("lxdProject").lxdProject),
  NwFilter: () => providerFor(load<typeof import("./lifecycle/nwFilter")>("nwFilter").nwFilter),
  LibvirtSecret: () =>
    providerFor(load<typeof import("./lifecycle/libvirtSecret")>("libvirtSecret").libvirtSecret),
  StoragePool: () => providerFor(load<typeof import("./lifecycle/storagePool")>("storagePool").storagePool),
  StorageVolume: () =>
    providerFor(load<typeof import("./lifecycle/storageVolume")>("storageVolume").storageVolume),
  Vm: () => providerFor(load<typeof import("./lifecycle/vm")>("vm").vm),
  Snapshot: () => providerFor(load<typeof import("./lifecycle/snapshot")>("snapshot").snapshot),
};

function load<T>(name: string): T {
  return require(`./lifecycle/${name}`) as T;
}

let settled = false;

/** The handler of one resource kind; called by the text that is kept in state. */
export function provider(kind: Kind): EngineProvider {
  if (!settled) {
    settled = true;
    quietConsole();
    endWithEngine();
  }
  return makers[kind]();
}

/** Questions of programs: most never ask. */
export const ask: typeof functions.ask = (...asked) => load<typeof functions>("ask/functions").ask(...asked);
export const inventory: typeof inventories.inventory = (...asked) =>
  load<typeof inventories>("ask/inventory").inventory(...asked);
