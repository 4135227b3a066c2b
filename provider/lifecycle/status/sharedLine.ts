import { statusLine, type StatusLine } from "./statusLine";

/** What is over soon is not worth a word. */
const FIRST_MS = 3000;
/** In a terminal each word takes the place of the last one; in a log each is a line, so the pauses between them grow. */
const GROWTH = 1.5;
const LONGEST_MS = 20_000;
const SHOWN = 3;

/** What goes on in this process, of all resources, in one line of the engine's. */
export class SharedLine {
  readonly #words = new Set<() => string>();
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = FIRST_MS;
  #line: StatusLine | undefined;

  constructor(
    private readonly verb: string,
    private readonly open: () => StatusLine = statusLine,
  ) {}

  /** Says the words, as they are then, from time to time; until the answer is called. */
  add(words: () => string): () => void {
    this.#words.add(words);
    if (this.#timer === undefined) this.#wait();
    return () => this.#end(words);
  }

  /** The same for as long as a step takes. */
  async during<T>(words: () => string, step: () => Promise<T>): Promise<T> {
    const end = this.add(words);
    try {
      return await step();
    } finally {
      end();
    }
  }

  #end(words: () => string): void {
    this.#words.delete(words);
    if (this.#words.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pauseMs = FIRST_MS;
    this.#line?.close();
    this.#line = undefined;
  }

  /** The oldest ones, and how many there are besides: a line is not for a hundred VMs. */
  #said(): string {
    const shown = [...this.#words].slice(0, SHOWN).map((words) => words());
    const more = this.#words.size - shown.length;
    return `${shown.join("; ")}${more === 0 ? "" : `; and ${more} more`}`;
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#line ??= this.open();
      this.#line.say(`${this.verb} ${this.#said()}`);
      this.#pauseMs = Math.min(this.#pauseMs * GROWTH, LONGEST_MS);
      this.#wait();
    }, this.#pauseMs);
  }
}

const waits = new SharedLine("waiting for");

/** A step that may take so many seconds, of which the line tells. */
export function waitingFor<T>(what: string, seconds: number, step: () => Promise<T>): Promise<T> {
  const since = Date.now();
  return waits.during(() => `${what} (${Math.round((Date.now() - since) / 1000)} of ${seconds} s)`, step);
}

/** What hosts are at: for LXD's instances with the server's own words for how far it is. */
export const makingLine = new SharedLine("making");
