import { Duplex } from "node:stream";
import type { ClientChannel } from "ssh2";
import type { DriverError } from "../../../driver/errors";
import type { Holder, SshSession } from "./session";

/** How a remote program ended that never said a word: its exit code and what it wrote to stderr. */
export interface ProgramEnd {
  readonly exitCode: number | null | undefined;
  readonly stderr: string;
}

const STDERR_CHARACTERS = 2000;

/**
 * A channel as an ordinary stream: ssh2's own gives no error when its connection is lost, emits no `close` after `destroy` and
 * cannot be unref'ed.
 */
export class SshStream extends Duplex implements Holder {
  readonly #session: SshSession;
  readonly #channel: ClientChannel;
  readonly #explain: ((end: ProgramEnd) => DriverError) | undefined;
  #spoke = false;
  #stderr = "";
  #exitCode: number | null | undefined;

  /** `explain` is for a program at the far side: what it means that it ended before the daemon said anything. */
  constructor(session: SshSession, channel: ClientChannel, explain?: (end: ProgramEnd) => DriverError) {
    super({ allowHalfOpen: false });
    this.#session = session;
    this.#channel = channel;
    this.#explain = explain;
    session.hold(this, true);
    channel.on("data", (chunk: Buffer) => {
      this.#spoke = true;
      if (!this.push(chunk)) channel.pause();
    });
    channel.stderr.on("data", (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString("utf8")).slice(-STDERR_CHARACTERS);
    });
    channel.on("exit", (code: number | null) => (this.#exitCode = code));
    channel.on("error", (error: Error) => this.destroy(error));
    if (explain === undefined) channel.on("end", () => this.push(null));
    channel.on("close", () => this.#onClose());
  }

  #onClose(): void {
    if (this.#explain !== undefined && !this.#spoke && !this.destroyed) {
      this.destroy(this.#explain({ exitCode: this.#exitCode, stderr: this.#stderr.trim() }));
      return;
    }
    if (this.#explain !== undefined) this.push(null);
  }

  lost(error?: DriverError): void {
    this.destroy(error);
  }

  ref(): this {
    if (!this.destroyed) this.#session.hold(this, true);
    return this;
  }

  unref(): this {
    if (!this.destroyed) this.#session.hold(this, false);
    return this;
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#session.send(this.#channel, chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#channel.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#channel.removeAllListeners("data").resume();
    this.#channel.close();
    this.#session.release(this);
    done(error);
  }
}
