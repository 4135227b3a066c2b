import { DriverError, isDriverError } from "../../driver/errors";
import type { LibvirtAddress } from "./address";
import { Deadline } from "./deadline";
import { closedError } from "./plain";
import type { SshStream } from "./sshChannel";
import { planRoute } from "./sshRoute";
import { SshSession } from "./sshSession";
import { findWay, openWay, type Way } from "./sshWays";
import {
  Warnings,
  type Credentials,
  type Transport,
  type TransportOptions,
  type TransportStream,
} from "./transport";

/** sshd's MaxSessions is 10 by default and counts programs; sockets forwarded directly are not counted. */
const PROGRAMS_PER_SESSION = 8;

/** `qemu+ssh://[user@]host[:port]/system`: one ssh connection, one channel for each stream. */
export function sshTransport(
  address: LibvirtAddress,
  credentials: Credentials,
  options: TransportOptions,
): SshTransport {
  return new SshTransport(address, credentials, options);
}

export class SshTransport implements Transport {
  readonly #address: LibvirtAddress;
  readonly #credentials: Credentials;
  readonly #timeoutMs: number;
  readonly #warnings: Warnings;
  /** More than one only where programs are run and a server's limit is near. */
  #sessions: Promise<SshSession>[] = [];
  #way: Promise<Way> | undefined;
  #closed = false;

  constructor(address: LibvirtAddress, credentials: Credentials, options: TransportOptions) {
    this.#address = address;
    this.#credentials = credentials;
    this.#timeoutMs = options.timeoutMs;
    this.#warnings = new Warnings(options.onWarning);
  }

  get warnings(): readonly string[] {
    return this.#warnings.all;
  }

  async dial(): Promise<TransportStream> {
    if (this.#closed) throw closedError(this.#address.label);
    const deadline = new Deadline(this.#timeoutMs);
    const way = await this.#settledWay();
    const session = await this.#session(deadline, way);
    const stream = await this.#within(
      deadline,
      session,
      way === undefined ? this.#first(session) : this.#next(session, way),
    );
    // A program that fails at once shows that the way does not work (any more): look again at the next dial.
    stream.once("error", () => (this.#way = undefined));
    if (!this.#closed) return stream;
    stream.destroy();
    throw closedError(this.#address.label);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const sessions = await Promise.allSettled(this.#sessions);
    this.#sessions = [];
    await Promise.all(
      sessions.map((session) => (session.status === "fulfilled" ? session.value.end() : undefined)),
    );
  }

  #settledWay(): Promise<Way | undefined> {
    return this.#way?.catch(() => undefined) ?? Promise.resolve(undefined);
  }

  /** The shared session; those who come while it is being made wait for the same one. */
  async #session(deadline: Deadline, way: Way | undefined): Promise<SshSession> {
    const limit = way === undefined || way.name === "streamlocal" ? Infinity : PROGRAMS_PER_SESSION;
    for (const pending of [...this.#sessions]) {
      const session = await pending.catch(() => undefined);
      if (session === undefined || session.closed)
        this.#sessions = this.#sessions.filter((other) => other !== pending);
      else if (session.channels < limit) return session;
      // One that failed has just told the one who asked first; asking again at once would only repeat it.
      if (session === undefined) return pending;
    }
    if (this.#closed) throw closedError(this.#address.label);
    const label = this.#address.label;
    const opening = Promise.resolve().then(() =>
      SshSession.open(planRoute(this.#address, this.#credentials, this.#warnings.add), label, deadline),
    );
    this.#sessions.push(opening);
    opening.catch(() => (this.#sessions = this.#sessions.filter((other) => other !== opening)));
    return opening;
  }

  /** Finds the way; those who come meanwhile wait for what it finds. */
  async #first(session: SshSession): Promise<SshStream> {
    if (this.#way !== undefined) {
      const way = await this.#settledWay();
      if (way !== undefined) return this.#next(session, way);
    }
    const found = findWay(session, this.#address);
    const way = found.then((result) => result.way);
    this.#way = way;
    way.catch(() => {
      if (this.#way === way) this.#way = undefined;
    });
    return (await found).stream;
  }

  async #next(session: SshSession, way: Way): Promise<SshStream> {
    try {
      return await openWay(session, way, this.#address);
    } catch {
      if (session.closed) throw this.#lost();
      this.#way = undefined; // the socket is gone, or the server's mind has changed: findWay says what it is
      return (await findWay(session, this.#address)).stream;
    }
  }

  #within(deadline: Deadline, session: SshSession, work: Promise<SshStream>): Promise<SshStream> {
    return new Promise((resolve, reject) => {
      let late = false;
      const calm = deadline.alarm(() => {
        late = true;
        void session.end();
        reject(
          new DriverError(`The ssh server opened no channel within ${deadline.seconds}`, {
            code: "timeout",
            operation: "connect",
            host: this.#address.label,
            remedy: "the host may be overloaded: try virsh -c with the same address",
          }),
        );
      });
      work.then(
        (stream) => {
          calm();
          if (late) stream.destroy();
          else resolve(stream);
        },
        (error: unknown) => {
          calm();
          reject(isDriverError(error) ? error : this.#lost(error));
        },
      );
    });
  }

  #lost(cause?: unknown): DriverError {
    return new DriverError("The ssh connection was lost while a channel was being opened", {
      code: "connection-lost",
      operation: "connect",
      host: this.#address.label,
      cause,
    });
  }
}
