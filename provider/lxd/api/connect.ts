import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import type { TLSSocket } from "node:tls";
import { Agent, buildConnector } from "undici";
import { DriverError } from "../../driver/errors";
import type { LxdAddress } from "../../schema/lxdAddress";

export interface Access {
  readonly address: LxdAddress;
  readonly certificate?: string;
  readonly key?: string;
  /** SHA-256 of the server's certificate, in lower case hex. */
  readonly serverFingerprint?: string;
  readonly connectTimeoutMs: number;
}

/** The sockets of LXD's packages: the snap's, Debian's, Incus'. */
const SOCKETS = [
  "/var/snap/lxd/common/lxd/unix.socket",
  "/var/lib/lxd/unix.socket",
  "/var/lib/incus/unix.socket",
];

/** Connections to one server; at most `width` at a time, further requests wait their turn. */
export function openAgent(access: Access, width: number): Agent {
  const { address, connectTimeoutMs: timeout } = access;
  if (address.kind === "unix") {
    const socketPath = address.socket ?? SOCKETS.find((path) => existsSync(path)) ?? SOCKETS[1];
    return new Agent({ connections: width, connect: { socketPath, timeout } });
  }
  return new Agent({ connections: width, connect: pinned(access) });
}

/** TLS 1.3 with our certificate; nothing is sent before the server's own certificate is known to be the right one. */
function pinned(access: Access): buildConnector.connector {
  const { certificate: cert, key, serverFingerprint: wanted, connectTimeoutMs: timeout } = access;
  const connect = buildConnector({
    minVersion: "TLSv1.3",
    timeout,
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(wanted === undefined ? {} : { rejectUnauthorized: false }),
  });
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error !== null || wanted === undefined)
        return error === null ? callback(null, socket) : callback(error, null);
      const seen = fingerprintOf(socket as TLSSocket);
      if (seen === wanted) return callback(null, socket);
      socket.destroy();
      callback(
        new DriverError(`the server's certificate has the fingerprint ${seen}, not the pinned ${wanted}`, {
          code: "certificate-rejected",
          operation: "connect",
          remedy:
            "Either this is another machine, or its certificate was renewed: compare with certificate_fingerprint of `lxc info` on the server, then set `serverFingerprint`.",
        }),
        null,
      );
    });
}

function fingerprintOf(socket: TLSSocket): string {
  return createHash("sha256").update(socket.getPeerCertificate().raw).digest("hex");
}
