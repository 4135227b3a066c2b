import type { Chunk } from "../driver/contract";
import { formatBytes } from "../schema/units";
import { statusLine, type StatusLine } from "./statusLine";

/** Short transfers are not worth a word. */
const FIRST_MS = 3000;
/** In a terminal each word takes the place of the last one; in a log each is a line, so the pauses between them grow. */
const GROWTH = 1.5;
const LONGEST_MS = 20_000;

interface Transfer {
  readonly label: string;
  readonly total: number;
  done: number;
  /** When something was said of it last, and how much was done then. */
  said: { readonly at: number; readonly done: number };
}

interface Content<C extends Chunk> {
  readonly bytes: number;
  chunks(): AsyncIterable<C>;
}

/** What is on its way, of all volumes of this process, in one line of the engine's. */
export class ProgressLine {
  readonly #transfers = new Set<Transfer>();
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = FIRST_MS;
  #line: StatusLine | undefined;

  constructor(private readonly open: () => StatusLine = statusLine) {}

  /** The same content, and the line tells how much of it has gone. */
  watched<C extends Chunk, T extends Content<C>>(label: string, content: T & Content<C>): T {
    return { ...content, chunks: () => this.#counted(label, content) };
  }

  async *#counted<C extends Chunk>(label: string, content: Content<C>): AsyncGenerator<C, void> {
    const transfer = { label, total: content.bytes, done: 0, said: { at: performance.now(), done: 0 } };
    this.#begin(transfer);
    try {
      for await (const chunk of content.chunks()) {
        yield chunk;
        transfer.done += Buffer.isBuffer(chunk) ? chunk.length : chunk.hole;
      }
    } finally {
      this.#end(transfer);
    }
  }

  #begin(transfer: Transfer): void {
    this.#transfers.add(transfer);
    if (this.#timer === undefined) this.#wait();
  }

  #end(transfer: Transfer): void {
    this.#transfers.delete(transfer);
    if (this.#transfers.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pauseMs = FIRST_MS;
    this.#line?.close();
    this.#line = undefined;
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#say();
      this.#pauseMs = Math.min(this.#pauseMs * GROWTH, LONGEST_MS);
      this.#wait();
    }, this.#pauseMs);
  }

  #say(): void {
    this.#line ??= this.open();
    const words = [...this.#transfers].map((transfer) => {
      const { label, total, done, said } = transfer;
      const now = performance.now();
      const rate = ((done - said.done) / Math.max(1, now - said.at)) * 1000;
      transfer.said = { at: now, done };
      return `${label} ${Math.floor((100 * done) / Math.max(1, total))} % of ${formatBytes(total)}, ${formatBytes(Math.round(rate))}/s`;
    });
    this.#line.say(`sending ${words.join("; ")}`);
  }
}

export const progress = new ProgressLine();
