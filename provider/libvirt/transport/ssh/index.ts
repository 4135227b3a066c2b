import { DriverError, isDriverError } from "../../../driver/errors";
import type { LibvirtAddress } from "../../../schema/address/address";
import { Deadline } from "../deadline";
import { closedError } from "../plain";
import type { SshStream } from "./channel";
import { planRoute } from "./route";
import { SshSession } from "./session";
import { findWay, openWay, type Way } from "./ways";
import {
  Warnings,
  type Credentials,
  type Transport,
  type TransportOptions,
  type TransportStream,
} from "../transport";

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

class SshTransport implements Transport {
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
    const stream = await this.#open(new Deadline(this.#timeoutMs));
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

  async #open(deadline: Deadline): Promise<SshStream> {
    if (this.#way === undefined) {
      const { session, giveBack } = await this.#place(deadline, Infinity);
      giveBack();
      if (this.#way === undefined) return this.#within(deadline, session, this.#first(session));
    }
    const way = await this.#way; // those who come while it is sought share what is found, a failure too
    const { session, giveBack } = await this.#place(
      deadline,
      way.name === "streamlocal" ? Infinity : PROGRAMS_PER_SESSION,
    );
    return this.#within(deadline, session, this.#next(session, way).finally(giveBack));
  }

  /** A place on the shared session; those who come while it is being made wait for the same one, or for its failure. */
  async #place(deadline: Deadline, limit: number): Promise<{ session: SshSession; giveBack: () => void }> {
    // By index: sessions that others begin while this one waits are looked at, too.
    for (let index = 0; index < this.#sessions.length;) {
      const pending = this.#sessions[index];
      const session = await pending;
      if (session === undefined || session.closed)
        this.#sessions = this.#sessions.filter((other) => other !== pending);
      else if (session.channels < limit) return { session, giveBack: session.reserve() };
      else index += 1;
    }
    if (this.#closed) throw closedError(this.#address.label);
    const opening = this.#newSession(deadline);
    this.#sessions.push(opening);
    opening.catch(() => (this.#sessions = this.#sessions.filter((other) => other !== opening)));
    const session = await opening;
    return { session, giveBack: session.reserve() };
  }

  async #newSession(deadline: Deadline): Promise<SshSession> {
    const route = planRoute(this.#address, this.#credentials, this.#warnings.add);
    return SshSession.open(route, this.#address.label, deadline);
  }

  async #first(session: SshSession): Promise<SshStream> {
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
        if (session.channels <= 1) void session.end(); // others on it may still be served
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
