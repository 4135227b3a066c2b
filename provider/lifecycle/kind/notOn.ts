import { DriverError } from "../../driver/errors";
import type { HostKind, Kind } from "../../schema/table/kinds";

/** Refuses what this kind of host does not have, where the gate could not: it did not know the host yet. */
export function notOn(host: HostKind, kind: Kind): never {
  throw new DriverError(`a ${host === "lxd" ? "LXD" : "libvirt"} host has no ${kind}`, {
    code: "unsupported",
    operation: `use a ${kind}`,
  });
}
