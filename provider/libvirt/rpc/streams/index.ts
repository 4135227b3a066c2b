import { type DriverError, isDriverError } from "../../../driver/errors";
import {
  type Args,
  asksForHoles,
  type DownloadCallOptions,
  type DownloadResult,
  type ProcedureName,
  type Ret,
  type UploadCallOptions,
} from "../calls";
import { aborted } from "../failures";
import type { CallOptions } from "../pending";
import { procedures } from "../procedures.gen";
import type { Sender } from "../sender";
import type { Message } from "../wire/message";
import { Download } from "./download";
import { decodeStreamPacket, type StreamPacket, StreamWriter } from "./stream";
import { type Content, Upload } from "./upload";

/** What streams need of the connection that they share. */
export interface StreamHost {
  readonly sender: Sender;
  /** Milliseconds without progress after which a stream fails that brings no such time of its own. */
  readonly stallMs: number;
  nextSerial(): number;
  send<N extends ProcedureName>(
    serial: number,
    name: N,
    args: Args<N>,
    options: CallOptions,
  ): Promise<Ret<N>>;
  /** Whether what comes in is left in the socket for now. */
  holdReading(hold: boolean): void;
}

/** What receives the packets of one stream. */
interface Receiver {
  receive(packet: StreamPacket): void;
  fail(error: DriverError): void;
  cancel(error: DriverError): void;
}

/** The bulk streams of a connection, by the serial of the call that opened each. */
export class Streams {
  readonly #open = new Map<number, Receiver>();

  constructor(private readonly host: StreamHost) {}

  async upload<N extends ProcedureName>(
    name: N,
    args: Args<N>,
    content: Content,
    options: UploadCallOptions,
  ): Promise<Ret<N>> {
    const stallMs = options.timeoutMs ?? this.host.stallMs;
    const sparse = options.sparse ?? asksForHoles(name, args);
    const make = (writer: StreamWriter): Upload => new Upload(name, writer, { sparse, stallMs });
    const { stream, ret, done } = await this.#start(name, args, options, make);
    try {
      await stream.run(content);
      return ret;
    } finally {
      done();
    }
  }

  async download<N extends ProcedureName>(
    name: N,
    args: Args<N>,
    options: DownloadCallOptions,
  ): Promise<DownloadResult<N>> {
    const stallMs = options.timeoutMs ?? this.host.stallMs;
    let release: () => void = () => undefined;
    const make = (writer: StreamWriter): Download =>
      new Download(name, writer, stallMs, {
        holdReading: (hold) => this.host.holdReading(hold),
        done: () => (release(), options.onDone?.()),
      });
    const { stream, ret, done } = await this.#start(name, args, options, make);
    release = done;
    return { ret, content: stream };
  }

  /** Whether the packet belonged to a stream that is open. */
  receive(message: Message): boolean {
    const stream = this.#open.get(message.header.serial);
    stream?.receive(decodeStreamPacket(message));
    return stream !== undefined;
  }

  failAll(error: DriverError): void {
    for (const stream of [...this.#open.values()]) stream.fail(error);
  }

  async #start<N extends ProcedureName, S extends Receiver>(
    name: N,
    args: Args<N>,
    options: CallOptions,
    make: (writer: StreamWriter) => S,
  ): Promise<{ stream: S; ret: Ret<N>; done: () => void }> {
    const serial = this.host.nextSerial();
    const writer = new StreamWriter(this.host.sender, procedures[name], serial);
    const stream = make(writer);
    const onAbort = (): void => stream.cancel(aborted(name, options.signal));
    const done = (): void => {
      this.#open.delete(serial);
      options.signal?.removeEventListener("abort", onAbort);
    };
    // Before the reply: the daemon's first packet may come in the same chunk.
    this.#open.set(serial, stream);
    try {
      const ret = await this.host.send(serial, name, args, options);
      options.signal?.addEventListener("abort", onAbort);
      return { stream, ret, done };
    } catch (error) {
      done();
      // We gave up, the daemon did not: a stream that it opens later must not wait for us.
      if (isDriverError(error) && error.hostCode === undefined) writer.abort();
      throw error;
    }
  }
}
