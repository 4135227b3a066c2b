/** One point in time that all steps of a connection attempt share. */
export class Deadline {
  readonly #end: number;

  constructor(readonly timeoutMs: number) {
    this.#end = performance.now() + timeoutMs;
  }

  get leftMs(): number {
    return Math.max(1, this.#end - performance.now());
  }

  /** The same deadline, or an earlier one. */
  within(ms: number | undefined): Deadline {
    return ms === undefined || ms >= this.leftMs ? this : new Deadline(ms);
  }

  /** Runs `onLate` once when time is up; the returned function calls that off. */
  alarm(onLate: () => void): () => void {
    const timer = setTimeout(onLate, this.leftMs);
    return () => clearTimeout(timer);
  }

  get seconds(): string {
    return `${Math.round(this.timeoutMs / 100) / 10} s`;
  }
}
