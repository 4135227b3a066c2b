import { DriverError } from "../../../driver/errors";
import { stalled } from "../failures";
import { type Chunk, isHole, STREAM_PAYLOAD_MAX, type StreamPacket, type StreamWriter } from "./stream";

export type Content = AsyncIterable<Chunk> | Iterable<Chunk>;

export interface UploadOptions {
  /** Holes travel as holes. The call must have asked for it; otherwise they are sent as zeroes. */
  readonly sparse: boolean;
  /** Milliseconds without progress on the host's side after which the upload fails. */
  readonly stallMs: number;
}

/** One upload: pumps the content while the host takes it, then waits for the host's word that it has everything. */
export class Upload {
  #error?: DriverError;
  #confirm?: () => void;
  #reject?: (error: unknown) => void;

  constructor(
    private readonly procedure: string,
    private readonly writer: StreamWriter,
    private readonly options: UploadOptions,
  ) {}

  receive(packet: StreamPacket): void {
    if (packet.kind === "failed") this.fail(packet.error);
    else if (packet.kind === "confirmed" && this.#confirm) this.#confirm();
    else
      this.fail(
        new DriverError(`The host ended ${this.procedure} before it had everything`, { code: "failed" }),
      );
  }

  fail(error: DriverError): void {
    this.#error ??= error;
    this.#reject?.(error);
  }

  /** Given up by the caller: the host is told, too. */
  cancel(error: DriverError): void {
    this.writer.abort();
    this.fail(error);
  }

  async run(content: Content): Promise<void> {
    const source = inPackets(content);
    try {
      for (;;) {
        const step = await this.#orFailure(source.next());
        if (step.done) break;
        await this.#send(step.value);
      }
      const confirmed = new Promise<void>((resolve) => (this.#confirm = resolve));
      this.writer.finish();
      await this.#orFailure(confirmed, this.options.stallMs);
    } catch (error) {
      if (error !== this.#error) this.writer.abort();
      // The source may hang in its own read; nothing here may wait for it.
      void source.return(undefined).catch(() => undefined);
      throw error;
    }
  }

  async #send(chunk: Chunk): Promise<void> {
    if (!isHole(chunk)) {
      this.writer.data(chunk);
    } else if (this.options.sparse) {
      this.writer.hole(chunk.hole);
    } else {
      return this.#sendZeroes(chunk.hole);
    }
    await this.#orFailure(this.writer.taken(), this.options.stallMs);
  }

  async #sendZeroes(length: number): Promise<void> {
    const zeroes = Buffer.alloc(Math.min(length, STREAM_PAYLOAD_MAX));
    for (let left = length; left > 0; left -= zeroes.length) {
      this.writer.data(zeroes.subarray(0, Math.min(left, zeroes.length)));
      await this.#orFailure(this.writer.taken(), this.options.stallMs);
    }
  }

  /** Waits for one step, but no longer than until the host reports failure or stalls. */
  #orFailure<T>(step: Promise<T>, stallMs?: number): Promise<T> {
    if (this.#error) return Promise.reject(this.#error);
    return new Promise<T>((resolve, reject) => {
      const timer =
        stallMs === undefined
          ? undefined
          : setTimeout(() => settle(() => reject(stalled(this.procedure, stallMs))), stallMs);
      const settle = (outcome: () => void): void => {
        clearTimeout(timer);
        this.#reject = undefined;
        outcome();
      };
      this.#reject = (error) => settle(() => reject(error as Error));
      step.then(
        (value) => settle(() => resolve(value)),
        (error: unknown) => settle(() => reject(error as Error)),
      );
    });
  }
}

/** Pieces below this are copied together: each packet costs the daemon the same. */
const JOIN_BELOW = 64 * 1024;

/** Content in pieces the wire likes: small ones joined, large ones cut. A piece stands until the next one is asked for. */
async function* inPackets(content: Content): AsyncGenerator<Chunk, void> {
  let held: Buffer[] = [];
  let size = 0;
  const flush = function* (): Generator<Buffer> {
    if (size > 0) yield Buffer.concat(held, size);
    held = [];
    size = 0;
  };
  for await (const chunk of content) {
    if (isHole(chunk)) {
      yield* flush();
      if (chunk.hole > 0) yield chunk;
      continue;
    }
    for (let rest = chunk; rest.length > 0;) {
      const piece = rest.subarray(0, STREAM_PAYLOAD_MAX);
      rest = rest.subarray(piece.length);
      if (piece.length >= JOIN_BELOW) {
        yield* flush();
        yield piece;
        continue;
      }
      if (size + piece.length > STREAM_PAYLOAD_MAX) yield* flush();
      held.push(Buffer.from(piece));
      size += piece.length;
    }
  }
  yield* flush();
}
