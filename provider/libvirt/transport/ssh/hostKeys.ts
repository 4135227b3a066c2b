import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { DriverError, type DriverErrorDetails } from "../../../driver/errors";
import {
  fingerprint,
  keyTypeOf,
  knownHostName,
  namesHost,
  parseKnownHosts,
  type KnownHost,
} from "./knownHosts";
import type { HostKeyPolicy } from "../transport";

export interface HostKeyPlan {
  /** For messages. */
  readonly label: string;
  /** The name a user types after `ssh`. */
  readonly sshName: string;
  /** HostName and port as connected to, or the HostKeyAlias alone. */
  readonly host: string;
  readonly port: number;
  readonly alias?: string;
  readonly policy: HostKeyPolicy;
  /** Trusted lines given as text. */
  readonly text?: string;
  readonly files: readonly string[];
  readonly warn: (warning: string) => void;
}

/** Key types by the name of the algorithms that prove their possession, in the order in which we would have them. */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
};

/** Decides about the host key of one ssh server. Reads its files when made. */
export class HostKeyChecker {
  readonly #plan: HostKeyPlan;
  readonly #name: string;
  readonly #lines: readonly KnownHost[];
  readonly #revoked: readonly KnownHost[];
  readonly #portless: readonly KnownHost[];
  /** ssh checks again when it renews its session keys. */
  #accepted: Buffer | undefined;

  constructor(plan: HostKeyPlan) {
    this.#plan = plan;
    this.#name = plan.alias?.toLowerCase() ?? knownHostName(plan.host, plan.port);
    const all = [
      ...(plan.text === undefined ? [] : parseKnownHosts(plan.text, "sshKnownHosts")),
      ...plan.files.flatMap((file) => parseKnownHosts(readIfThere(file), file)),
    ];
    const named = all.filter((line) => namesHost(line, this.#name));
    // As ssh does: a key listed for the host without the port is good enough to accept, but says nothing when it differs.
    const portless =
      plan.alias === undefined && plan.port !== 22 && named.length === 0
        ? all.filter((line) => line.marker === undefined && namesHost(line, knownHostName(plan.host, 22)))
        : [];
    this.#lines = named.filter((line) => line.marker === undefined);
    this.#revoked = all.filter((line) => line.marker === "revoked" && namesHost(line, this.#name));
    this.#portless = portless;
  }

  /** Host key algorithms to offer: those of known keys first, so that the server shows a key that can be compared. */
  algorithms(): readonly string[] {
    const known = new Set([...this.#lines, ...this.#portless].map((line) => line.keyType));
    const types = Object.keys(ALGORITHMS);
    return [...types.filter((type) => known.has(type)), ...types.filter((type) => !known.has(type))].flatMap(
      (type) => ALGORITHMS[type] ?? [],
    );
  }

  /** Nothing when the key may be trusted; `accept-new` writes it down. */
  check(key: Buffer): DriverError | undefined {
    const { policy, warn } = this.#plan;
    const wrong = this.#accepted?.equals(key) === true ? undefined : this.#judge(key);
    if (wrong === undefined) return undefined;
    if (policy === "ignore") {
      warn(
        `The host key of ${this.#plan.label} is not verified (host key policy "ignore"): ${wrong.message}`,
      );
      return undefined;
    }
    if (policy === "accept-new" && wrong.code === "host-key-unknown") return this.#accept(key);
    return wrong;
  }

  #judge(key: Buffer): DriverError | undefined {
    const same = (line: KnownHost): boolean => line.key.equals(key);
    const revoked = this.#revoked.find(same);
    const { host, port } = this.#plan;
    const shown = `${keyTypeOf(key)} key ${fingerprint(key)}`;
    if (revoked !== undefined) {
      return this.#error("host-key-mismatch", `ITS HOST KEY IS REVOKED: ${shown} (${revoked.place})`, {
        remedy: "somebody may be in the way of this connection: ask whoever runs the host before going on",
      });
    }
    if ([...this.#lines, ...this.#portless].some(same)) return undefined;
    const [first] = this.#lines;
    if (first !== undefined) {
      const ofType = this.#lines.find((line) => line.keyType === keyTypeOf(key)) ?? first;
      return this.#error(
        "host-key-mismatch",
        `ITS HOST KEY HAS CHANGED: the host shows the ${shown}, but ${ofType.place} has the ${ofType.keyType} key ${fingerprint(ofType.key)}`,
        {
          remedy:
            `somebody may be in the way of this connection. If the host was set up anew, compare the fingerprint with ssh-keygen -lf on the host, ` +
            (this.#plan.text === undefined
              ? `then remove the old key with ssh-keygen -R "${this.#name}" -f ${ofType.place.replace(/:\d+$/, "")}`
              : "then put the new key into sshKnownHosts"),
        },
      );
    }
    return this.#error(
      "host-key-unknown",
      `its host key is not known: ${shown}, looked in ${this.#looked()}`,
      {
        remedy:
          `compare the fingerprint with ssh-keygen -lf on the host, then add the key with: ${this.#addCommand(key)}, ` +
          `or pin it in sshKnownHosts (${knownHostName(host, port)} at ${host}:${port}), or set \`hostKeyPolicy: "accept-new"\``,
      },
    );
  }

  /** Appends with one write, so that two runs at once cannot tear each other's line. */
  #accept(key: Buffer): DriverError | undefined {
    const { files, text, label, warn } = this.#plan;
    const [file] = files;
    this.#accepted = key;
    if (text !== undefined || file === undefined) {
      warn(`A new host key of ${label} was accepted and could not be written down: ${fingerprint(key)}`);
      return undefined;
    }
    try {
      appendLine(file, `${this.#name} ${keyTypeOf(key)} ${key.toString("base64")}`);
    } catch (error) {
      return this.#error("host-key-unknown", `its new host key could not be written to ${file}`, {
        remedy: "make the file writable, or add the key by hand",
        cause: error,
      });
    }
    warn(
      `A new host key of ${label} was accepted and written to ${file}: ${keyTypeOf(key)} ${fingerprint(key)}`,
    );
    return undefined;
  }

  #looked(): string {
    const { text, files } = this.#plan;
    return [...(text === undefined ? [] : ["sshKnownHosts"]), ...files].join(", ") || "no file";
  }

  #addCommand(key: Buffer): string {
    const { host, port, alias, sshName, files, text } = this.#plan;
    if (alias !== undefined || text !== undefined || files[0] === undefined) return `ssh ${sshName} true`;
    const type = keyTypeOf(key)
      .replace(/^ssh-/, "")
      .replace(/^ecdsa-.*/, "ecdsa");
    return `ssh-keyscan -t ${type}${port === 22 ? "" : ` -p ${port}`} ${host} >> ${files[0]}`;
  }

  #error(
    code: "host-key-unknown" | "host-key-mismatch",
    message: string,
    details: Partial<DriverErrorDetails>,
  ): DriverError {
    return new DriverError(message, {
      ...details,
      code,
      operation: "connect",
      target: this.#name,
      host: this.#plan.label,
    });
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // ssh passes over files that are missing or unreadable, too; the message names where we looked
  }
}

function appendLine(file: string, line: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fd = openSync(file, "a+", 0o600);
  try {
    const stat = fstatSync(fd);
    const last = Buffer.alloc(1);
    const torn =
      stat.isFile() && stat.size > 0 && readSync(fd, last, 0, 1, stat.size - 1) === 1 && last[0] !== 0x0a;
    writeSync(fd, `${torn ? "\n" : ""}${line}\n`);
  } finally {
    closeSync(fd);
  }
}
