import type { Chunk } from "../../driver/contract";
import { formatBytes } from "../../schema/table/units";
import { SharedLine } from "./sharedLine";
import { statusLine, type StatusLine } from "./statusLine";

interface Content<C extends Chunk> {
  readonly bytes: number;
  chunks(): AsyncIterable<C>;
}

/** What is on its way, of all volumes of this process, in one line of the engine's. */
export class ProgressLine {
  readonly #line: SharedLine;

  constructor(open: () => StatusLine = statusLine) {
    this.#line = new SharedLine("sending", open);
  }

  /** The same content, and the line tells how much of it has gone. */
  watched<C extends Chunk, T extends Content<C>>(label: string, content: T & Content<C>): T {
    return { ...content, chunks: () => this.#counted(label, content) };
  }

  async *#counted<C extends Chunk>(label: string, content: Content<C>): AsyncGenerator<C, void> {
    const total = content.bytes;
    let done = 0;
    /** When something was said of it last, and how much was done then. */
    let said = { at: performance.now(), done };
    const end = this.#line.add(() => {
      const now = performance.now();
      const rate = ((done - said.done) / Math.max(1, now - said.at)) * 1000;
      said = { at: now, done };
      return `${label} ${Math.floor((100 * done) / Math.max(1, total))} % of ${formatBytes(total)}, ${formatBytes(Math.round(rate))}/s`;
    });
    try {
      for await (const chunk of content.chunks()) {
        yield chunk;
        done += Buffer.isBuffer(chunk) ? chunk.length : chunk.hole;
      }
    } finally {
      end();
    }
  }
}

export const progress = new ProgressLine();
