/**
 * What the engine loads: the text in state names this module and a kind, nothing else. Everything that a resource does
 * hangs below here, so that upgrading the package changes no state.
 */
import "./compileCache";
import { registerDriver } from "./driver/connect";
import type { DriverFactory } from "./driver/contract";
import { libvirtNetwork } from "./lifecycle/libvirtNetwork";
import { libvirtSecret } from "./lifecycle/libvirtSecret";
import { lxdNetwork } from "./lifecycle/lxdNetwork";
import { lxdProject } from "./lifecycle/lxdProject";
import { nwFilter } from "./lifecycle/nwFilter";
import { endWithEngine } from "./lifecycle/orphan";
import { providerFor, type EngineProvider } from "./lifecycle/provider";
import { quietConsole } from "./lifecycle/quiet";
import { snapshot } from "./lifecycle/snapshot";
import { storagePool } from "./lifecycle/storagePool";
import { storageVolume } from "./lifecycle/storageVolume";
import { vm } from "./lifecycle/vm";
import { vmHost } from "./lifecycle/vmHost";
import type { Kind } from "./schema/field";

registerDriver("libvirt", (connection) => {
  // Loaded when the first libvirt host is asked for: ssh2 alone costs more to load than all the rest.
  const { createLibvirtDriver } = require("./libvirt") as { createLibvirtDriver: DriverFactory };
  return createLibvirtDriver(connection);
});

registerDriver("lxd", (connection) => {
  const { createLxdDriver } = require("./lxd") as { createLxdDriver: DriverFactory };
  return createLxdDriver(connection);
});

const makers: Readonly<Record<Kind, () => EngineProvider>> = {
  VmHost: () => providerFor(vmHost),
  LibvirtNetwork: () => providerFor(libvirtNetwork),
  LxdNetwork: () => providerFor(lxdNetwork),
  LxdProject: () => providerFor(lxdProject),
  NwFilter: () => providerFor(nwFilter),
  LibvirtSecret: () => providerFor(libvirtSecret),
  StoragePool: () => providerFor(storagePool),
  StorageVolume: () => providerFor(storageVolume),
  Vm: () => providerFor(vm),
  Snapshot: () => providerFor(snapshot),
};

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
export { ask } from "./lifecycle/functions";
export { inventory } from "./lifecycle/inventory";
