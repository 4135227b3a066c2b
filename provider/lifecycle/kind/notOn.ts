import { DriverError } from "../../driver/errors";
import type { HostKind, Kind } from "../../schema/table/kinds";

/** Where the gate could not know the host's kind yet. */
export function notOn(host: HostKind, kind: Kind): never {
  throw new DriverError(`a ${host === "lxd" ? "LXD" : "libvirt"} host has no ${kind}`, {
    code: "unsupported",
    operation: `use a ${kind}`,
  });
}
