import type { DriverError } from "../../../driver/errors";
import { stalled } from "../failures";
import { type Chunk, isHole, type StreamPacket, type StreamWriter } from "./stream";

/** Bytes waiting for a slow consumer above which the socket is not read, and below which it is read again. */
const HIGH_WATER = 4 * 1024 * 1024;
const LOW_WATER = 1024 * 1024;

/** What a download needs of its connection. */
export interface DownloadHost {
  /** Stop or resume reading the socket, on behalf of this download. */
  holdReading(hold: boolean): void;
  /** The stream is over; packets that still come for it are dropped. */
  done(): void;
}

/** One download, read by a single `for await`. Leaving the loop early aborts the stream on the host. */
export class Download implements AsyncIterableIterator<Chunk> {
  readonly #queue: Chunk[] = [];
  #queued = 0;
  #holding = false;
  #ended = false;
  #confirmed = false;
  #over = false;
  #error?: DriverError;
  #wake?: () => void;

  constructor(
    private readonly procedure: string,
    private readonly writer: StreamWriter,
    private readonly stallMs: number,
    private readonly host: DownloadHost,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  receive(packet: StreamPacket): void {
    if (packet.kind === "failed") return this.fail(packet.error);
    if (packet.kind === "data") {
      this.#queue.push(packet.chunk);
      this.#queued += sizeOf(packet.chunk);
      if (this.#queued > HIGH_WATER) this.#hold(true);
    } else if (packet.kind === "end" && !this.#ended) {
      this.#ended = true;
      this.writer.finish();
    } else if (packet.kind === "confirmed") {
      this.#ended = this.#confirmed = true;
    }
    this.#wake?.();
  }

  fail(error: DriverError): void {
    this.#error ??= error;
    this.#wake?.();
  }

  /** Given up by the caller: the host is told, too. */
  cancel(error: DriverError): void {
    this.writer.abort();
    this.fail(error);
  }

  async next(): Promise<IteratorResult<Chunk, undefined>> {
    while (!this.#over) {
      const chunk = this.#queue.shift();
      if (chunk) return this.#deliver(chunk);
      if (this.#error) this.#finish();
      if (this.#error) throw this.#error;
      if (this.#confirmed) this.#finish();
      else await this.#more();
    }
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<Chunk, undefined>> {
    if (!this.#over && !this.#confirmed && !this.#error) this.writer.abort();
    this.#finish();
    return Promise.resolve({ done: true, value: undefined });
  }

  #deliver(chunk: Chunk): IteratorResult<Chunk, undefined> {
    this.#queued -= sizeOf(chunk);
    if (this.#queued < LOW_WATER) this.#hold(false);
    return { done: false, value: chunk };
  }

  /** Waits for the next packet. The timer is also what keeps the process alive for a reader that waits. */
  #more(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.cancel(stalled(this.procedure, this.stallMs));
      }, this.stallMs);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #hold(hold: boolean): void {
    if (hold === this.#holding) return;
    this.#holding = hold;
    this.host.holdReading(hold);
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#queue.length = 0;
    this.#hold(false);
    this.#wake?.();
    this.host.done();
  }
}

const sizeOf = (chunk: Chunk): number => (isHole(chunk) ? 0 : chunk.length);
