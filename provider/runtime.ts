/**
 * What the engine loads: the text in state names this module and a kind, nothing else. Everything that a resource does
 * hangs below here, so that upgrading the package changes no state.
 */
import "./compileCache";
import { registerDriver } from "./driver/connect";
import type * as functions from "./lifecycle/ask/functions";
import type * as inventories from "./lifecycle/ask/inventory";
import { showDetails } from "./lifecycle/engine/details";
import { endWithEngine } from "./lifecycle/engine/orphan";
import { providerFor, type EngineProvider } from "./lifecycle/engine/provider";
import { quietConsole } from "./lifecycle/engine/quiet";
import type { Handler } from "./lifecycle/kind/handler";
import type { Kind } from "./schema/table/field";

registerDriver("libvirt", (connection) => {
  // Loaded when the first libvirt host is asked for: ssh2 alone costs more to load than all the rest.
  const { createLibvirtDriver } = require("./libvirt") as typeof import("./libvirt");
  return createLibvirtDriver(connection);
});

registerDriver("lxd", (connection) => {
  const { createLxdDriver } = require("./lxd") as typeof import("./lxd");
  return createLxdDriver(connection);
});

/** A kind's handler is loaded when a program has one of its kind: the tables are most of what there is to load. */
const handlers: Readonly<Record<Kind, () => Handler<never>>> = {
  VmHost: () => (require("./lifecycle/vmHost") as typeof import("./lifecycle/vmHost")).vmHost,
  LibvirtNetwork: () =>
    (require("./lifecycle/libvirtNetwork") as typeof import("./lifecycle/libvirtNetwork")).libvirtNetwork,
  LxdNetwork: () => (require("./lifecycle/lxdNetwork") as typeof import("./lifecycle/lxdNetwork")).lxdNetwork,
  LxdProject: () => (require("./lifecycle/lxdProject") as typeof import("./lifecycle/lxdProject")).lxdProject,
  NwFilter: () => (require("./lifecycle/nwFilter") as typeof import("./lifecycle/nwFilter")).nwFilter,
  LibvirtSecret: () =>
    (require("./lifecycle/libvirtSecret") as typeof import("./lifecycle/libvirtSecret")).libvirtSecret,
  StoragePool: () =>
    (require("./lifecycle/storagePool") as typeof import("./lifecycle/storagePool")).storagePool,
  StorageVolume: () =>
    (require("./lifecycle/storageVolume") as typeof import("./lifecycle/storageVolume")).storageVolume,
  Vm: () => (require("./lifecycle/vm") as typeof import("./lifecycle/vm")).vm,
  Snapshot: () => (require("./lifecycle/snapshot") as typeof import("./lifecycle/snapshot")).snapshot,
};

let settled = false;

/** The handler of one resource kind; called by the text that is kept in state. */
export function provider(kind: Kind): EngineProvider {
  if (!settled) {
    settled = true;
    quietConsole();
    showDetails();
    endWithEngine();
  }
  return providerFor<never>(handlers[kind]());
}

/** Questions of programs: most never ask. */
export const ask: typeof functions.ask = (...asked) =>
  (require("./lifecycle/ask/functions") as typeof import("./lifecycle/ask/functions")).ask(...asked);
export const inventory: typeof inventories.inventory = (...asked) =>
  (require("./lifecycle/ask/inventory") as typeof import("./lifecycle/ask/inventory")).inventory(...asked);
export const interfacesOf: typeof inventories.interfacesOf = (...asked) =>
  (require("./lifecycle/ask/inventory") as typeof import("./lifecycle/ask/inventory")).interfacesOf(...asked);
