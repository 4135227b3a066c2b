import type { HostConnection } from "../schema/address/connection";
import type { HostKind } from "../schema/table/field";
import { kindOf } from "../schema/address/hostKind";
import type { DriverFactory, HostDriver } from "./contract";
import { DriverError } from "./errors";

const factories = new Map<HostKind, DriverFactory>();

/** Called once by the composition root for each kind of host; loading a driver's code waits until a host needs it. */
export function registerDriver(kind: HostKind, factory: DriverFactory): void {
  factories.set(kind, factory);
}

/** A driver for the host; the connection itself is made at the first call. */
export function openHost(connection: HostConnection): HostDriver {
  const kind = kindOf(connection.address);
  const factory = factories.get(kind);
  if (factory === undefined) {
    throw new DriverError(`no driver for ${kind} hosts in this version`, {
      code: "unsupported",
      operation: "connect",
      remedy: "Use a libvirt address such as qemu:///system or qemu+ssh://user@host/system.",
    });
  }
  return factory(connection);
}
