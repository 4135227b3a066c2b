import { existsSync, readFileSync } from "node:fs";
import { isIP, type Socket } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import * as tls from "node:tls";
import { DriverError } from "../../driver/errors";
import { DEFAULT_PORTS, type LibvirtAddress } from "../../schema/address/address";
import { Deadline } from "./deadline";
import { socketTransport } from "./plain";
import { connectTcp } from "./socket";
import {
  Warnings,
  type Credentials,
  type TlsMaterial,
  type Transport,
  type TransportOptions,
} from "./transport";

/** `qemu+tls://host[:16514]/system` with libvirt's PKI files, or the PEM texts of the credentials. */
export function tlsTransport(
  address: LibvirtAddress,
  credentials: Credentials,
  options: TransportOptions,
): Transport {
  const warnings = new Warnings(options.onWarning);
  return socketTransport(address.label, warnings, async () => {
    const material = credentials.tls ?? readPki(address);
    const verify = address.params["no_verify"] !== "1";
    if (!verify) warnings.add(`The certificate of ${address.label} is not verified (no_verify=1)`);
    const deadline = new Deadline(options.timeoutMs);
    const { host = "", port = DEFAULT_PORTS.tls, label } = address;
    const socket = await connectTcp(host, port, deadline, { label, service: "libvirt over tls" });
    return handshake(socket, { address, material, verify, deadline });
  });
}

interface Handshake {
  readonly address: LibvirtAddress;
  readonly material: TlsMaterial;
  readonly verify: boolean;
  readonly deadline: Deadline;
}

function handshake(tcp: Socket, { address, material, verify, deadline }: Handshake): Promise<Socket> {
  const { host = "", label } = address;
  const details = { operation: "connect", host: label } as const;
  return new Promise((resolve, reject) => {
    const fail = (error: DriverError): void => {
      calm();
      secure.destroy();
      tcp.destroy();
      reject(error);
    };
    const calm = deadline.alarm(() =>
      fail(
        new DriverError(`No TLS handshake with libvirtd within ${deadline.seconds}`, {
          ...details,
          code: "timeout",
          remedy: "check that libvirtd's TLS port is the one in the address",
        }),
      ),
    );
    let secure: tls.TLSSocket;
    try {
      secure = tls.connect({
        socket: tcp,
        ca: material.ca,
        cert: material.certificate,
        key: material.key,
        rejectUnauthorized: verify,
        ...(isIP(host) === 0 ? { servername: host, host } : { host }),
      });
    } catch (error) {
      calm();
      tcp.destroy();
      reject(
        new DriverError(`The client's TLS certificate or key cannot be used: ${codeOf(error)}`, {
          ...details,
          code: "invalid-argument",
          remedy: "check the PEM files",
          cause: error,
        }),
      );
      return;
    }
    let handshaken = false;
    secure.once("secureConnect", () => (handshaken = true));
    secure.on("error", (error) => fail(explainTls(error, handshaken, details)));
    secure.once("close", () => fail(refusedClient(details)));
    // libvirtd sends one byte after the handshake: 1 when it accepts the client's certificate.
    const confirm = (): void => {
      const byte: unknown = secure.read(1);
      if (!Buffer.isBuffer(byte)) return;
      secure.off("readable", confirm);
      if (byte[0] !== 1) return fail(refusedClient(details));
      calm();
      oneRecordEach(secure);
      secure.removeAllListeners("error").removeAllListeners("close");
      secure.on("error", () => undefined);
      resolve(secure);
    };
    secure.on("readable", confirm);
  });
}

/**
 * Each write leaves as a TLS record of its own, also what was queued together: libvirtd waits for its socket, and does not
 * see a second message in a record that it has opened until something more arrives, such as the next keepalive.
 */
function oneRecordEach(socket: tls.TLSSocket): void {
  Object.defineProperty(socket, "_writev", { value: null });
}

type Details = { readonly operation: string; readonly host: string };

function explainTls(error: Error, handshaken: boolean, details: Details): DriverError {
  const alert = /alert|ECONNRESET/i.test(`${codeOf(error)} ${error.message}`);
  if (handshaken || alert) return refusedClient(details, error);
  // What Node.js adds behind a semicolon is for those who run it, not for those who run a program of it.
  const [reason = ""] = error.message.split(";");
  return new DriverError(`the server's TLS certificate is refused: ${reason}`, {
    ...details,
    code: "certificate-rejected",
    remedy:
      "the CA of the server must be in cacert.pem and the host name in the certificate; see https://libvirt.org/kbase/tlscerts.html",
    cause: error,
  });
}

function refusedClient(details: Details, cause?: Error): DriverError {
  return new DriverError("libvirtd refused the client's TLS certificate", {
    ...details,
    code: "authentication-failed",
    remedy:
      "clientcert.pem must be signed by the server's CA and, where libvirtd.conf has tls_allowed_dn_list, be named there",
    cause,
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
}

/** libvirt's places: `pkipath` alone when given; else the user's folder file by file, then the system's. */
function readPki(address: LibvirtAddress): TlsMaterial {
  const pkipath = address.params["pkipath"];
  const own = pkipath ?? join(process.env["HOME"] ?? homedir(), ".pki", "libvirt");
  const system = (path: string): string[] => (pkipath === undefined ? [join("/etc/pki", path)] : []);
  const places = {
    ca: [join(own, "cacert.pem"), ...system("CA/cacert.pem")],
    certificate: [join(own, "clientcert.pem"), ...system("libvirt/clientcert.pem")],
    key: [join(own, "clientkey.pem"), ...system("libvirt/private/clientkey.pem")],
  };
  const ca = readFirst(places.ca, address);
  if (ca === undefined) {
    throw new DriverError(
      `There is no CA certificate to verify the server with: looked in ${places.ca.join(", ")}`,
      {
        code: "certificate-rejected",
        operation: "connect",
        host: address.label,
        remedy: "copy the CA's cacert.pem there, or name its folder with ?pkipath=",
      },
    );
  }
  return { ca, certificate: readFirst(places.certificate, address), key: readFirst(places.key, address) };
}

function readFirst(paths: readonly string[], address: LibvirtAddress): string | undefined {
  const path = paths.find((candidate) => existsSync(candidate));
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new DriverError(`${path} cannot be read: ${codeOf(error)}`, {
      code: "invalid-argument",
      operation: "connect",
      host: address.label,
      remedy: "make it readable for the user that runs the program",
      cause: error,
    });
  }
}
