import type { Socket } from "node:net";
import type { Client, ClientChannel } from "ssh2";
import { DriverError } from "../../../driver/errors";
import type { Deadline } from "../deadline";
import { clearAfter } from "./garbage";
import { logInAlong } from "./login";
import type { Hop } from "./route";

const GOODBYE_MS = 500;

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
    const { socket, clients } = await logInAlong(route, label, deadline);
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

  async openSocket(path: string): Promise<ClientChannel> {
    const channel = await this.#open((client, done) => client.openssh_forwardOutStreamLocal(path, done));
    this.#hurry();
    return channel;
  }

  exec(command: string): Promise<ClientChannel> {
    return this.#open((client, done) => client.exec(command, done));
  }

  /**
   * OpenSSH before 10 lets small answers wait for the acknowledgement of those before them (Nagle), about 40 ms each time, until
   * a program has been run on the connection. So one is, which does nothing; where none may be run, all is as slow as before.
   * Never before a socket was opened: where none can be, programs are the way, and a server may run only one of them at a time.
   * What a forced command does in its place is not waited for.
   */
  #hurry(): void {
    if (this.#hurried) return;
    this.#hurried = true;
    if (!holdsAnswersBack(this.#clients.at(-1))) return;
    this.exec("true").then(
      (channel) => channel.on("error", () => undefined).close(),
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

/** An OpenSSH before 10. Of other servers it is not known, so they run nothing for it. */
function holdsAnswersBack(client: Client | undefined): boolean {
  const [, version] = /^OpenSSH_(\d+)\./.exec(softwareOf(client)) ?? [];
  return version !== undefined && Number(version) < 10;
}

/**
 * What the server calls itself: `OpenSSH_9.2p1`. ssh2 keeps it in a private field and tells it in no event; with an ssh2 that has
 * renamed the field it is empty, and test/live/transport/sshSoftware.test.ts fails.
 */
function softwareOf(client: Client | undefined): string {
  return (client as { readonly _remoteVer?: string } | undefined)?._remoteVer ?? "";
}
