import { aborted, callTimeout } from "./failures";
import type { Message } from "./wire/message";

export interface Waiting {
  /** The protocol's name of the call, for messages. */
  readonly procedure: string;
  readonly program: number;
  readonly number: number;
  settle(message: Message): void;
  fail(error: unknown): void;
}

export interface CallOptions {
  /** Milliseconds until the call fails with `timeout`. */
  readonly timeoutMs?: number;
  /** Gives the call up; the daemon may still carry it out. */
  readonly signal?: AbortSignal;
}

interface Entry extends Waiting {
  release(): void;
}

/** Calls that wait for their reply, by serial. Each has a deadline; each is settled exactly once. */
export class PendingCalls {
  readonly #entries = new Map<number, Entry>();

  add(
    serial: number,
    waiting: Waiting,
    options: Required<Pick<CallOptions, "timeoutMs">> & CallOptions,
  ): void {
    const { timeoutMs, signal } = options;
    const onAbort = (): void => this.#fail(serial, aborted(waiting.procedure, signal));
    const timer = setTimeout(() => this.#fail(serial, callTimeout(waiting.procedure, timeoutMs)), timeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    const release = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    this.#entries.set(serial, { ...waiting, release });
  }

  get(serial: number): Waiting | undefined {
    return this.#entries.get(serial);
  }

  /** Hands the reply over. False when nobody waits any more: a late reply is dropped, never given to another call. */
  settle(serial: number, message: Message): boolean {
    const entry = this.#remove(serial);
    entry?.settle(message);
    return entry !== undefined;
  }

  failAll(error: unknown): void {
    for (const serial of [...this.#entries.keys()]) this.#fail(serial, error);
  }

  #fail(serial: number, error: unknown): void {
    this.#remove(serial)?.fail(error);
  }

  #remove(serial: number): Entry | undefined {
    const entry = this.#entries.get(serial);
    if (!entry) return undefined;
    this.#entries.delete(serial);
    entry.release();
    return entry;
  }
}
