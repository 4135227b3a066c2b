import type { Duplex } from "node:stream";

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/** The writing half of a socket: packets go out in the order given; {@link taken} is how bulk senders wait their turn. */
export class Sender {
  #blockedSince?: number;
  #error?: unknown;
  #corked = false;
  #waiters: Waiter[] = [];
  /** Writes that the socket has not done yet. */
  #underway = 0;

  constructor(private readonly socket: Duplex) {
    socket.on("drain", () => (this.#blockedSince = undefined));
  }

  /** Milliseconds for which the peer has not taken our bytes; 0 when it does. */
  get blockedMs(): number {
    return this.#blockedSince === undefined ? 0 : Math.max(1, performance.now() - this.#blockedSince);
  }

  /** Calls are small and are always queued; only streams wait. */
  send(...parts: readonly Buffer[]): void {
    if (this.#error !== undefined || this.socket.destroyed) return;
    this.#cork();
    for (const part of parts) {
      if (part.length === 0) continue;
      this.#underway += 1;
      this.socket.write(part, this.#onWritten);
    }
    if (this.socket.writableNeedDrain) this.#blockedSince ??= performance.now();
  }

  readonly #onWritten = (error?: Error | null): void => {
    this.#underway -= 1;
    if (this.#underway > 0 || error) return;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve();
  };

  /** What is sent in one go, such as the questions about a VM, leaves in one write. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.socket.uncork();
    });
  }

  /** Resolves when the socket has done with all that it was given, so that the buffers are free; rejects when the connection fails. */
  taken(): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#underway === 0) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  fail(error: unknown): void {
    this.#error ??= error;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }
}
