import type { DriverError } from "../../driver/errors";

export const TRANSPORTS = ["unix", "ssh", "tcp", "tls"] as const;
export type AddressTransport = (typeof TRANSPORTS)[number];

/** The refusal of an address: what is wrong, and how it is written. */
export type Refuse = (message: string, remedy: string) => DriverError;

/** One allowed parameter: what is wrong with a value, or undefined when it is fine. */
type Rule = (value: string, transport: AddressTransport) => string | undefined;

const flag: Rule = (value) => (value === "0" || value === "1" ? undefined : "is 0 or 1");
const file: Rule = (value) => (value === "" ? "is the path of a file" : undefined);
const oneOf =
  (...words: readonly string[]): Rule =>
  (value) =>
    words.includes(value) ? undefined : `is one of ${words.join(", ")}`;
const listOf =
  (...words: readonly string[]): Rule =>
  (value) =>
    value.split(",").every((word) => words.includes(word)) ? undefined : `is a list of ${words.join(", ")}`;

/** sun_path holds 108 bytes with the final zero. */
const SOCKET_PATH_BYTES = 107;

const socket: Rule = (value, transport) => {
  if (!value.startsWith("/")) return "is an absolute path";
  if (Buffer.byteLength(value) > SOCKET_PATH_BYTES) return `is at most ${SOCKET_PATH_BYTES} bytes long`;
  // Over ssh it may become part of a remote command.
  if (transport === "ssh" && !/^[A-Za-z0-9_./-]+$/.test(value)) return "has only letters, digits and _ . / -";
  return undefined;
};

/** libvirt's own parameter names; what is not here is refused (R14). */
const ALLOWED: Readonly<Record<AddressTransport, Readonly<Record<string, Rule>>>> = {
  unix: { socket },
  tcp: {},
  tls: { pkipath: file, no_verify: flag },
  ssh: {
    keyfile: file,
    known_hosts: file,
    known_hosts_verify: oneOf("normal", "auto", "ignore"),
    no_verify: flag,
    no_tty: flag,
    proxy: oneOf("auto", "native", "netcat"),
    socket,
    sshauth: listOf("agent", "privkey", "password", "keyboard-interactive"),
  },
};

const REASONS: Readonly<Record<string, string>> = {
  command: "it names a program to run",
  netcat: "it names a program to run",
  password: "an address is no place for a secret",
};

/** Reads the query of an address by its transport's allow-list. */
export function readParameters(
  transport: AddressTransport,
  query: string,
  refuse: Refuse,
): Readonly<Record<string, string>> {
  const rules = ALLOWED[transport];
  const allowed = Object.keys(rules);
  const params: Record<string, string> = {};
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const cut = pair.includes("=") ? pair.indexOf("=") : pair.length;
    const name = decode(pair.slice(0, cut), refuse).toLowerCase();
    const value = decode(pair.slice(cut + 1), refuse);
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      const why = Object.hasOwn(REASONS, name) ? REASONS[name] : "it is not one that is known to be safe";
      throw refuse(
        `The parameter "${printable(name)}" is refused in an address with the transport "${transport}": ${why}`,
        allowed.length === 0 ? "leave it out" : `allowed are ${allowed.join(", ")}`,
      );
    }
    if (Object.hasOwn(params, name)) throw refuse(`The parameter "${name}" is given twice`, "give it once");
    const wrong = /[\0-\x1f\x7f]/.test(value) ? "has no control characters" : rule(value, transport);
    if (wrong !== undefined)
      throw refuse(`The parameter "${name}" has a value that it cannot have`, `"${name}" ${wrong}`);
    params[name] = value;
  }
  return params;
}

function decode(text: string, refuse: Refuse): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse("The query of the address is not valid percent-encoding", "write a literal % as %25");
  }
}

function printable(name: string): string {
  return name.replace(/[\0-\x1f\x7f"]/g, "?").slice(0, 60);
}
