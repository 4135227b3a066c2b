import type { Duplex } from "node:stream";

/** What to do with an ssh server whose host key is not known: refuse it, remember it, or not look at all. */
export type HostKeyPolicy = "strict" | "accept-new" | "ignore";

/** TLS material as PEM text, instead of the files of libvirt's PKI folders. */
export interface TlsMaterial {
  readonly ca: string;
  readonly certificate?: string;
  readonly key?: string;
}

/** What the user gave beside the address; everything has a default on the machine that runs the program. */
export interface Credentials {
  /** A private key as text (OpenSSH, PEM or PuTTY format). Secret. */
  readonly sshPrivateKey?: string;
  /** For an encrypted private key. Secret. */
  readonly sshPassphrase?: string;
  /** A private key as a file; `~` is the home folder. */
  readonly sshKeyFile?: string;
  /** ssh login password, also the answer to a keyboard-interactive prompt. Secret. */
  readonly password?: string;
  /** The host keys to trust: lines of a known_hosts file, or the path of one. Replaces the user's own files. */
  readonly sshKnownHosts?: string;
  /** Default: the address's `known_hosts_verify`, then `StrictHostKeyChecking` of `~/.ssh/config`, then "strict". */
  readonly hostKeyPolicy?: HostKeyPolicy;
  readonly tls?: TlsMaterial;
}

export interface TransportOptions {
  /** For one `dial`, all hops and fallbacks included. */
  readonly timeoutMs: number;
  /** Told once of each thing that is weaker than the user may think: no encryption, a host key not checked. */
  readonly onWarning?: (warning: string) => void;
}

/** A byte stream to a libvirt daemon. An `unref`ed stream does not keep the process alive. */
export type TransportStream = Duplex & { ref(): unknown; unref(): unknown };

/** The road to one libvirt daemon; the bytes that travel on it are none of its business. */
export interface Transport {
  /** Opens one more stream to the daemon. A stream that fails later does so with an `error` event. */
  dial(): Promise<TransportStream>;
  /** Closes every stream and what carries them; `dial` then fails. */
  close(): Promise<void>;
  /** What `onWarning` was told so far. */
  readonly warnings: readonly string[];
}

/** Collects warnings, each once. */
export class Warnings {
  readonly #told: string[] = [];
  readonly #onWarning: ((warning: string) => void) | undefined;

  constructor(onWarning?: (warning: string) => void) {
    this.#onWarning = onWarning;
  }

  get all(): readonly string[] {
    return this.#told;
  }

  readonly add = (warning: string): void => {
    if (this.#told.includes(warning)) return;
    this.#told.push(warning);
    this.#onWarning?.(warning);
  };
}
