import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { checkServerIdentity, type TLSSocket } from "node:tls";
import type { Agent as Connections, buildConnector as Connect } from "undici";
import { DriverError } from "../../driver/errors";
import type { LxdAddress } from "../../schema/address/lxdAddress";
import { Agent, buildConnector } from "./undici";

export interface Access {
  readonly address: LxdAddress;
  readonly certificate?: string;
  readonly key?: string;
  /** SHA-256 of the server's certificate, in lower case hex. */
  readonly serverFingerprint?: string;
  readonly connectTimeoutMs: number;
}

/** The fingerprint of the certificate that the server has shown. */
export interface SeenServer {
  fingerprint?: string;
}

/** The sockets of LXD's packages: the snap's, Debian's, Incus'. */
const SOCKETS = [
  "/var/snap/lxd/common/lxd/unix.socket",
  "/var/lib/lxd/unix.socket",
  "/var/lib/incus/unix.socket",
];

/** Connections to one server; at most `width` at a time, further requests wait their turn. */
export function openAgent(access: Access, width: number, seen: SeenServer): Connections {
  const { address, connectTimeoutMs: timeout } = access;
  if (address.kind === "unix") {
    const socketPath = address.socket ?? SOCKETS.find((path) => existsSync(path)) ?? SOCKETS[1];
    return new Agent({ connections: width, connect: { socketPath, timeout } });
  }
  return new Agent({ connections: width, connect: pinned(access, seen) });
}

/** TLS 1.3 with our certificate; nothing is sent before the server's own certificate is known to be the right one. */
function pinned(access: Access, seen: SeenServer): Connect.connector {
  const { certificate: cert, key, connectTimeoutMs: timeout } = access;
  const connect = buildConnector({
    minVersion: "TLSv1.3",
    // A resumed session shows no certificate, and each connection's is looked at.
    maxCachedSessions: 0,
    timeout,
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    // Judged right below, before anything is sent.
    rejectUnauthorized: false,
  });
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      const refusal = judge(socket as TLSSocket, access, seen);
      if (refusal === undefined) return callback(null, socket);
      socket.destroy();
      callback(refusal, null);
    });
}

/** The pinned certificate and no other; without a pin, one that this machine's authorities vouch for, for this name. */
function judge(
  socket: TLSSocket,
  { address, serverFingerprint: wanted }: Access,
  seen: SeenServer,
): DriverError | undefined {
  const certificate = socket.getPeerCertificate();
  const fingerprint = createHash("sha256")
    .update(certificate.raw ?? "")
    .digest("hex");
  const host = address.kind === "https" ? address.host : "";
  const accepted =
    wanted === undefined
      ? socket.authorized && checkServerIdentity(host, certificate) === undefined
      : fingerprint === wanted;
  if (accepted) {
    seen.fingerprint = fingerprint;
    return undefined;
  }
  return new DriverError(
    wanted === undefined
      ? `the server's certificate (fingerprint ${fingerprint}) is one that nobody vouches for`
      : `the server's certificate has the fingerprint ${fingerprint}, not the pinned ${wanted}`,
    {
      code: "certificate-rejected",
      operation: "connect",
      remedy:
        wanted === undefined
          ? `Compare it with certificate_fingerprint of \`lxc info\` on the server; where it is the same, set \`serverFingerprint: "${fingerprint}"\`.`
          : "Either this is another machine, or its certificate was renewed: compare with certificate_fingerprint of `lxc info` on the server, then set `serverFingerprint`.",
    },
  );
}
