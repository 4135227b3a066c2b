import type { LibvirtAddress } from "../../schema/address/address";
import { tcpTransport } from "./tcp";
import type { Credentials, Transport, TransportOptions } from "./transport";
import { unixTransport } from "./unix";

export type {
  Credentials,
  HostKeyPolicy,
  TlsMaterial,
  Transport,
  TransportOptions,
  TransportStream,
} from "./transport";

/** The road to the daemon that an address names. Nothing is opened before the first `dial`. */
export function openTransport(
  address: LibvirtAddress,
  credentials: Credentials,
  options: TransportOptions,
): Transport {
  switch (address.transport) {
    case "unix":
      return unixTransport(address, options);
    case "tcp":
      return tcpTransport(address, options);
    // Most hosts of a program are reached in one way, so what the others load waits for one that needs it.
    case "tls": {
      const { tlsTransport } = require("./tls") as typeof import("./tls");
      return tlsTransport(address, credentials, options);
    }
    case "ssh": {
      const { sshTransport } = require("./ssh") as typeof import("./ssh");
      return sshTransport(address, credentials, options);
    }
  }
}
