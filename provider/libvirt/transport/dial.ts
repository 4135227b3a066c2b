import type { LibvirtAddress } from "../../schema/address";
import { sshTransport } from "./ssh";
import { tcpTransport } from "./tcp";
import { tlsTransport } from "./tls";
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
    case "tls":
      return tlsTransport(address, credentials, options);
    case "ssh":
      return sshTransport(address, credentials, options);
  }
}
