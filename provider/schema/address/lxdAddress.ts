import { isIPv6 } from "node:net";
import { DriverError } from "../../driver/errors";

/** LXD's own port. */
const LXD_PORT = 8443;

/** Where an LXD server listens: a socket of this machine, or HTTPS. */
export type LxdAddress =
  | { readonly kind: "unix"; readonly socket?: string; readonly label: string }
  | {
      readonly kind: "https";
      /** Host name or IP address; IPv6 without brackets. */
      readonly host: string;
      readonly port: number;
      /** `https://host:port`. */
      readonly origin: string;
      readonly label: string;
    };

const EXAMPLES = "write it as https://host:8443, or unix:// for LXD on this machine";

/**
 * Reads the address of an LXD server: `https://host[:port]`, `host[:port]`, `unix://` or `unix:///path/to/unix.socket`.
 * @throws DriverError `invalid-argument`, and nothing else, whatever the text is
 */
export function parseLxdAddress(text: string): LxdAddress {
  const refuse = (message: string): DriverError =>
    new DriverError(message, {
      code: "invalid-argument",
      operation: "read the address",
      host: text.replace(/\/\/[^/@]*@/, "//***@").replace(/[?#].*$/s, ""),
      remedy: EXAMPLES,
    });
  const unix = /^unix:(?:\/\/)?(\/.*)?$/i.exec(text);
  if (unix !== null) {
    const [, socket] = unix;
    if (socket !== undefined && Buffer.byteLength(socket) > 107)
      throw refuse("The socket's path is longer than the 107 bytes that a unix socket can have");
    return { kind: "unix", ...(socket === undefined ? {} : { socket }), label: `unix://${socket ?? ""}` };
  }
  const parts = /^(?:https:\/\/)?(\[[^\]]*\]|[^:/?#@[\]\s]+)(?::(\d{1,5}))?\/?$/i.exec(text);
  if (parts === null) throw refuse("The address is not that of an LXD server");
  const [, place = "", digits] = parts;
  const bracketed = place.startsWith("[");
  const host = bracketed ? place.slice(1, -1) : place;
  if (bracketed ? !isIPv6(host) : !/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(host))
    throw refuse("The host in the address is neither a host name nor an IP address");
  const port = digits === undefined ? LXD_PORT : Number(digits);
  if (port < 1 || port > 65535) throw refuse("The port in the address is not between 1 and 65535");
  const origin = `https://${bracketed ? `[${host}]` : host}:${port}`;
  return { kind: "https", host, port, origin, label: origin };
}
