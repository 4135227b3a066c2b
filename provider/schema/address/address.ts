import { isIPv6 } from "node:net";
import { DriverError } from "../../driver/errors";
import { readParameters, TRANSPORTS, type AddressTransport, type Refuse } from "./addressParameters";

/** The libvirt drivers a daemon serves. Drivers that the client library itself runs (esx, hyperv, …) have no daemon to talk to. */
const DAEMON_DRIVERS = ["qemu", "test", "xen", "lxc", "ch", "bhyve", "vz", "vbox"] as const;
export type LibvirtDriverName = (typeof DAEMON_DRIVERS)[number];

/** Ports of libvirt's own listeners; ssh has none here, because `~/.ssh/config` may set one. */
export const DEFAULT_PORTS = { tcp: 16509, tls: 16514 } as const;

/** A libvirt connection URI, taken apart and known to be safe to use. */
export interface LibvirtAddress {
  /** What the user wrote. */
  readonly text: string;
  readonly driver: LibvirtDriverName;
  readonly transport: AddressTransport;
  readonly user?: string;
  /** Host name, alias of `~/.ssh/config`, or IP address; IPv6 without brackets. */
  readonly host?: string;
  readonly port?: number;
  /** `/system`, `/session`, `/default`, … */
  readonly path: string;
  /** The daemon's unix socket, where the address names one (`?socket=`). */
  readonly socket?: string;
  /** The URI's query, parameter names in lower case, values decoded; only parameters that the transport allows. */
  readonly params: Readonly<Record<string, string>>;
  /** What CONNECT_OPEN gets: driver and path alone, as in `qemu:///system`. */
  readonly uri: string;
  /** For messages; never contains a credential. */
  readonly label: string;
}

const SHAPE = /^([a-z][a-z0-9]*)(?:\+([a-z0-9]+))?:\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?$/i;
const EXAMPLES = "write it as qemu:///system, qemu+ssh://user@host/system or test:///default";
/** Strict, because the path goes to the far side as part of a command when sshd allows nothing else. */
const SAFE_PATH = /^\/[A-Za-z0-9_./-]*$/;
const HOST_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const CONTROL = /[\0-\x1f\x7f]/;

/**
 * Reads a libvirt connection URI. Pure: no file and no network is touched.
 * @throws DriverError `invalid-argument`, and nothing else, whatever the text is
 */
export function parseAddress(text: string): LibvirtAddress {
  const refuse = (message: string, remedy: string): DriverError =>
    new DriverError(message, {
      code: "invalid-argument",
      operation: "read the address",
      host: withoutCredentials(text),
      remedy,
    });
  if (text === "") throw refuse("The address is empty", EXAMPLES);
  if (/[\0-\x20\x7f\ud800-\udfff]/u.test(text))
    throw refuse("The address contains a space or a control character", EXAMPLES);
  const parts = SHAPE.exec(text);
  if (parts === null) throw refuse("The address is not a libvirt connection URI", EXAMPLES);
  const [, scheme = "", plus, authority = "", rawPath = "", query = "", fragment] = parts;
  if (fragment !== undefined)
    throw refuse("The address has a fragment (#…), which libvirt does not know", EXAMPLES);

  const driver = readDriver(scheme.toLowerCase(), refuse);
  const place = readAuthority(authority, refuse);
  const transport = readTransport(plus?.toLowerCase(), place.host !== undefined, refuse);
  checkPlace(transport, place, refuse);
  const path = readPath(driver, rawPath, refuse);
  const params = readParameters(transport, query, refuse);
  const { socket } = params;

  const uri = `${driver}://${path}`;
  const label =
    `${driver}${plus === undefined ? "" : `+${transport}`}://${place.user === undefined ? "" : `${encodeURIComponent(place.user)}@`}` +
    `${bracketed(place.host)}${place.port === undefined ? "" : `:${place.port}`}${path}${socket === undefined ? "" : `?socket=${encodeURIComponent(socket).replaceAll("%2F", "/")}`}`;
  return {
    text,
    driver,
    transport,
    ...place,
    path,
    ...(socket === undefined ? {} : { socket }),
    params,
    uri,
    label,
  };
}

/**
 * Equal for two addresses that reach the same daemon. How it is reached (key files, host-key checks, and, for a system daemon,
 * the login name) is left out; an explicit ssh port is kept, since its absence means whatever `~/.ssh/config` says.
 */
export function canonicalAddress(address: LibvirtAddress): string {
  const { driver, transport, path } = address;
  const user =
    transport === "ssh" && path === "/session" && address.user !== undefined ? `${address.user}@` : "";
  const known: number | undefined =
    transport === "tcp" || transport === "tls" ? DEFAULT_PORTS[transport] : undefined;
  const port = address.port === undefined || address.port === known ? "" : `:${address.port}`;
  const socket = address.socket?.replace(/\/{2,}/g, "/").replace(/^\/var\/run\//, "/run/");
  const usual = path === "/system" || driver === "test" ? "/run/libvirt/libvirt-sock" : undefined;
  return (
    `${driver}+${transport}://${user}${bracketed(address.host?.toLowerCase())}${port}${path}` +
    (socket === undefined || socket === usual ? "" : `?socket=${socket}`)
  );
}

/** The address as a message may show it: no password, and no query, since a refused one may hold anything. */
function withoutCredentials(text: string): string {
  const bare = text.replace(/[?#][^]*$/, "");
  return bare.replace(/:\/\/([^/]*)@/, (_all, userinfo: string) =>
    userinfo.includes(":") ? `://${userinfo.slice(0, userinfo.indexOf(":"))}:***@` : `://${userinfo}@`,
  );
}

interface Place {
  readonly user?: string;
  readonly host?: string;
  readonly port?: number;
}

function readDriver(name: string, refuse: Refuse): LibvirtDriverName {
  const driver = DAEMON_DRIVERS.find((known) => known === name);
  if (driver !== undefined) return driver;
  if (name === "http" || name === "https")
    throw refuse(
      "The address is that of an HTTP server, not of a libvirt host",
      `${EXAMPLES}; LXD's is https://host:8443`,
    );
  if (/^lxd\b/i.test(name))
    throw refuse(
      `"${name}" is not how an LXD server is addressed`,
      "write https://host:8443, or unix:// for LXD on this machine",
    );
  throw refuse(
    `The libvirt driver "${name}" is not known here`,
    `use one of ${DAEMON_DRIVERS.join(", ")}, as in qemu:///system`,
  );
}

function readTransport(name: string | undefined, remote: boolean, refuse: Refuse): AddressTransport {
  if (name === undefined) return remote ? "tls" : "unix"; // libvirt's own rule for a URI that names a host only
  const transport = TRANSPORTS.find((known) => known === name);
  if (transport !== undefined) return transport;
  if (name === "libssh" || name === "libssh2")
    throw refuse(`The transport "${name}" is not known here`, 'use "ssh", as in qemu+ssh://user@host/system');
  if (name === "ext")
    throw refuse(
      'The transport "ext" is refused: it runs a program that the address names',
      'use "ssh", as in qemu+ssh://user@host/system',
    );
  throw refuse(
    `The transport "${name}" is not known`,
    `use one of ${TRANSPORTS.join(", ")}, as in qemu+ssh://user@host/system`,
  );
}

function readAuthority(authority: string, refuse: Refuse): Place {
  const at = authority.lastIndexOf("@");
  const user = at < 0 ? undefined : readUser(authority.slice(0, at), refuse);
  const hostPort = authority.slice(at + 1);
  if (hostPort === "") {
    if (user !== undefined) throw refuse("The address names a user but no host", EXAMPLES);
    return {};
  }
  const bracket = /^\[([^\]]*)\](?::(.*))?$/.exec(hostPort);
  const plain = /^([^:[\]]*)(?::([^:]*))?$/.exec(hostPort);
  const [, host = "", port] = bracket ?? plain ?? [];
  const decoded = bracket === null ? host : host.replace(/%25/, "%");
  if (bracket === null ? !HOST_NAME.test(decoded) : !isIPv6(decoded)) {
    throw refuse(
      "The host in the address is neither a host name nor an IP address",
      "an IPv6 address stands in brackets, as in qemu+ssh://user@[2001:db8::1]/system; an international name is written in its xn-- form",
    );
  }
  return {
    ...(user === undefined ? {} : { user }),
    host: decoded,
    ...(port === undefined ? {} : { port: readPort(port, refuse) }),
  };
}

function readUser(raw: string, refuse: Refuse): string {
  if (raw.includes(":")) {
    throw refuse(
      "The address contains a password",
      "take it out of the address and put it in `password`, as a secret",
    );
  }
  let user: string;
  try {
    user = decodeURIComponent(raw);
  } catch {
    throw refuse("The user name in the address is not valid percent-encoding", "write a literal % as %25");
  }
  if (user === "" || user.startsWith("-") || CONTROL.test(user))
    throw refuse("The user name in the address is not a login name", EXAMPLES);
  return user;
}

function readPort(text: string, refuse: Refuse): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535)
    throw refuse(
      "The port in the address is not a number from 1 to 65535",
      "leave it out for the usual port",
    );
  return port;
}

function checkPlace(transport: AddressTransport, place: Place, refuse: Refuse): void {
  if (transport === "unix") {
    if (place.host !== undefined)
      throw refuse(
        "A unix socket is on this machine, but the address names a host",
        "use qemu+ssh://user@host/system, or leave the host out",
      );
    return;
  }
  if (place.host === undefined)
    throw refuse(`The transport "${transport}" needs a host`, `as in qemu+${transport}://host/system`);
  if (transport !== "ssh" && place.user !== undefined)
    throw refuse(
      `The transport "${transport}" takes no user name`,
      "leave the user out, or use qemu+ssh://user@host/system",
    );
}

function readPath(driver: LibvirtDriverName, raw: string, refuse: Refuse): string {
  const path = raw === "" || raw === "/" ? usualPath(driver) : raw;
  if (!SAFE_PATH.test(path) || path.split("/").includes(".."))
    throw refuse("The path of the address has characters that a libvirt path does not have", EXAMPLES);
  if (driver === "qemu" && path !== "/system" && path !== "/session")
    throw refuse(
      `"${path}" is not a path of the qemu driver`,
      "use /system (the host's daemon) or /session (the user's own)",
    );
  return path;
}

function usualPath(driver: LibvirtDriverName): string {
  if (driver === "test") return "/default";
  return driver === "xen" || driver === "lxc" ? "/" : "/system";
}

function bracketed(host: string | undefined): string {
  if (host === undefined) return "";
  return host.includes(":") ? `[${host.replace("%", "%25")}]` : host;
}
