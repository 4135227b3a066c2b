import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Client, ClientChannel, ServerHostKeyAlgorithm } from "ssh2";
import { DriverError, isDriverError } from "../../../driver/errors";
import type { Deadline } from "../deadline";
import { clearAfter } from "./garbage";
import { HostKeyChecker } from "./hostKeys";
import { connectTcp } from "../socket";
import { Authentication } from "./auth";
import { collectIdentities } from "./keys";
import { loadSsh2 } from "./libraries";
import type { Hop } from "./route";

/** What the streams of a session hold on to while they are open. */
export interface Holder {
  /** The session is gone: with an error when it broke, without when it was closed here. */
  lost(error?: DriverError): void;
}

/**
 * One authenticated ssh connection, jump hosts included, shared by any number of channels. It keeps the process alive only while a
 * holder does, so that an idle session never hangs a program at its end. ssh2's own keepalive is not used: its timer cannot be
 * unref'ed; the kernel's TCP keepalive and libvirt's own do the work.
 */
export class SshSession {
  readonly #socket: Socket;
  readonly #clients: readonly Client[];
  readonly #holders = new Map<Holder, boolean>();
  readonly #label: string;
  #closed = false;
  #reserved = 0;
  #hurried = false;
  #corked = false;
  #congested: (() => void)[] = [];

  private constructor(socket: Socket, clients: readonly Client[], label: string) {
    this.#socket = socket;
    this.#clients = clients;
    this.#label = label;
    for (const client of clients) {
      client.on("error", (error: Error) => this.#lose(error.message));
      client.on("close", () => this.#lose("the ssh connection was closed"));
    }
    socket.prependListener("data", () => this.#cork());
    socket.on("drain", () => this.#congested.splice(0).forEach((done) => done()));
    this.#settle();
  }

  static async open(route: readonly Hop[], label: string, deadline: Deadline): Promise<SshSession> {
    const clients: Client[] = [];
    const [first] = route;
    if (first === undefined) throw new RangeError("a route has at least one hop");
    const socket = await connectTcp(first.host, first.port, deadline.within(first.connectTimeoutMs), {
      label,
      service: "ssh",
    });
    try {
      let stream: Duplex = socket;
      for (const [index, hop] of route.entries()) {
        const before = clients.at(-1);
        if (index > 0 && before !== undefined) stream = await forward(before, hop, label, deadline);
        clients.push(await logIn(hop, stream, label, deadline.within(hop.connectTimeoutMs)));
      }
    } catch (error) {
      for (const client of clients) client.on("error", () => undefined).destroy();
      socket.destroy();
      if (isDriverError(error)) throw error;
      throw new DriverError("The ssh connection was lost while it was being made", {
        code: "unreachable",
        operation: "connect",
        host: label,
        remedy: "look into the ssh server's log on the host",
        cause: error,
      });
    }
    return new SshSession(socket, clients, label);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Channels that are open or for which a place is reserved. */
  get channels(): number {
    return this.#holders.size + this.#reserved;
  }

  /** Keeps a place for a channel that is about to be opened; the returned function gives it back. */
  reserve(): () => void {
    this.#reserved += 1;
    return () => void (this.#reserved -= 1);
  }

  openSocket(path: string): Promise<ClientChannel> {
    this.#hurry();
    return this.#open((client, done) => client.openssh_forwardOutStreamLocal(path, done));
  }

  exec(command: string): Promise<ClientChannel> {
    return this.#open((client, done) => client.exec(command, done));
  }

  /**
   * OpenSSH before 10 lets small answers wait for the acknowledgement of those before them (Nagle), about 40 ms each time, until
   * a program has been run on the connection. So one is, which does nothing; where none may be run, all is as slow as before.
   */
  #hurry(): void {
    if (this.#hurried) return;
    this.#hurried = true;
    this.exec("true").then(
      (channel) =>
        void channel
          .on("error", () => undefined)
          .resume()
          .end(),
      () => undefined,
    );
  }

  #open(
    start: (client: Client, done: (error: Error | undefined, channel: ClientChannel) => void) => void,
  ): Promise<ClientChannel> {
    const client = this.#clients.at(-1);
    this.#socket.ref();
    return new Promise<ClientChannel>((resolve, reject) => {
      if (client === undefined || this.#closed) return reject(new Error("Not connected"));
      try {
        start(client, (error, channel) => (error instanceof Error ? reject(error) : resolve(channel)));
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    }).finally(() => this.#settle());
  }

  /**
   * Sends bytes through a channel. ssh2 has done with them when the channel's window had room; `done` waits for the connection
   * to take them, so that what is encrypted already does not pile up.
   */
  send(channel: ClientChannel, bytes: Buffer, done: (error?: Error | null) => void): void {
    this.#cork();
    clearAfter(bytes.length);
    channel.write(bytes, (error?: Error | null) => {
      if (error || !this.#socket.writableNeedDrain) done(error);
      else this.#congested.push(done);
    });
  }

  /** ssh2 writes each packet in three parts; all that is sent in one go leaves in one write. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }

  /** `awake`: this holder keeps the process alive. */
  hold(holder: Holder, awake: boolean): void {
    if (this.#closed) return;
    this.#holders.set(holder, awake);
    this.#settle();
  }

  release(holder: Holder): void {
    this.#holders.delete(holder);
    this.#settle();
  }

  /** Says goodbye to each server, the nearest last, and takes down what does not follow. */
  async end(): Promise<void> {
    this.#lose(undefined);
    if (this.#socket.destroyed) return;
    const gone = new Promise<void>((done) => this.#socket.once("close", () => done()));
    const force = setTimeout(() => this.#socket.destroy(), GOODBYE_MS);
    await gone;
    clearTimeout(force);
  }

  #settle(): void {
    if ([...this.#holders.values()].some((awake) => awake)) this.#socket.ref();
    else this.#socket.unref();
  }

  #lose(reason: string | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    const error =
      reason === undefined
        ? undefined
        : new DriverError(`The ssh connection was lost: ${reason}`, {
            code: "connection-lost",
            operation: "talk to the host",
            host: this.#label,
          });
    for (const holder of [...this.#holders.keys()]) holder.lost(error);
    this.#holders.clear();
    // A dead server may keep its half of the connection open for ever.
    for (const client of [...this.#clients].reverse()) client.end();
    this.#socket.unref();
  }
}

const GOODBYE_MS = 500;

function forward(client: Client, hop: Hop, label: string, deadline: Deadline): Promise<Duplex> {
  const target = `${hop.host}:${hop.port}`;
  return new Promise((resolve, reject) => {
    const fail = (code: "timeout" | "unreachable", message: string, cause?: Error): void =>
      reject(
        new DriverError(message, {
          code,
          operation: "connect",
          target,
          host: label,
          remedy: "check that the jump host reaches it and allows forwarding (AllowTcpForwarding)",
          cause,
        }),
      );
    const calm = deadline.alarm(() =>
      fail("timeout", `The jump host did not reach ${target} within ${deadline.seconds}`),
    );
    client.forwardOut("127.0.0.1", 0, hop.host, hop.port, (error, channel) => {
      calm();
      if (error === undefined) return resolve(channel);
      fail("unreachable", `The jump host cannot reach ${target}: ${error.message}`, error);
    });
  });
}

/** One hop: banner, host key, login. */
async function logIn(hop: Hop, sock: Duplex, label: string, deadline: Deadline): Promise<Client> {
  const { Client } = loadSsh2();
  const hostKey = new HostKeyChecker(hop.hostKey);
  const identities = await collectIdentities(hop.identities);
  const login = new Authentication({
    user: hop.user,
    ...identities,
    ...(hop.password === undefined ? {} : { password: hop.password }),
    ...(hop.authOnly === undefined ? {} : { only: hop.authOnly }),
  });
  const client = new Client();
  const target = `${hop.host}:${hop.port}`;
  let stage: "banner" | "handshake" | "login" = "banner";
  let refusal: DriverError | undefined;
  await new Promise<void>((resolve, reject) => {
    const fail = (error: DriverError): void => {
      calm();
      client.removeAllListeners().on("error", () => undefined);
      client.destroy();
      sock.destroy();
      reject(error);
    };
    const details = { operation: "connect", target, host: label } as const;
    const calm = deadline.alarm(() =>
      fail(
        new DriverError(`${target} ${SILENT[stage]} within ${deadline.seconds}`, {
          ...details,
          code: "timeout",
          remedy: "check that an ssh server listens on this port and that the host is not overloaded",
        }),
      ),
    );
    client.on("error", (error: Error & { level?: string }) => {
      if (refusal !== undefined) return fail(refusal);
      if (error.level === "agent") return; // ssh2 tells of it and goes on with the next key
      if (login.exhausted || /too many authentication failures/i.test(error.message))
        return fail(login.refused(label, target, error));
      if (error.level === "client-authentication") return;
      fail(explain(error, stage, details));
    });
    client.on("close", () =>
      fail(
        stage === "login"
          ? login.refused(label, target)
          : explain(new Error("the server closed the connection"), stage, details),
      ),
    );
    client.on("handshake", () => (stage = "login"));
    client.on("ready", () => {
      calm();
      client
        .removeAllListeners("error")
        .removeAllListeners("close")
        .on("error", () => undefined);
      resolve();
    });
    client.connect({
      sock,
      username: hop.user,
      readyTimeout: 0, // the deadline above spans all hops
      strictVendor: false, // other servers may know OpenSSH's extension; one that does not says so
      algorithms: { serverHostKey: [...hostKey.algorithms()] as ServerHostKeyAlgorithm[] },
      hostVerifier: (key: Buffer) => {
        stage = "handshake";
        refusal = hostKey.check(key);
        return refusal === undefined;
      },
      authHandler: login.handler,
    });
  });
  return client;
}

const SILENT = {
  banner: "accepted the connection, but sent no ssh handshake",
  handshake: "did not finish the ssh handshake",
  login: "did not answer the login",
} as const;

function explain(
  error: Error & { level?: string },
  stage: keyof typeof SILENT,
  details: { readonly operation: string; readonly target: string; readonly host: string },
): DriverError {
  if (isDriverError(error)) return error;
  const what = stage === "banner" ? "is not a usable ssh server" : "broke off the ssh connection";
  return new DriverError(`${details.target} ${what}: ${error.message}`, {
    ...details,
    code: "unreachable",
    remedy:
      stage === "banner"
        ? "check that an ssh server listens on this port; one that closes at once may be limiting connections (MaxStartups) or this address"
        : "look into the ssh server's log on the host",
    cause: error,
  });
}
