/** virkeepaliveprotocol: ping what is silent, give up on what stays silent. */
export interface KeepaliveOptions {
  /** Milliseconds of silence before a ping, and between pings. Default 5000. */
  readonly intervalMs?: number;
  /** Unanswered pings after which the connection is dead. Default 5. */
  readonly count?: number;
}

export interface KeepaliveActions {
  ping(): void;
  dead(silentMs: number): void;
  /** Reading is held back by a slow consumer: silence then says nothing about the host, but the host must still hear us. */
  readingPaused(): boolean;
  /** For how long the host has not taken our bytes; 0 when it does. While it is busy writing an upload it cannot answer pings. */
  blockedMs(): number;
}

export class Keepalive {
  readonly #intervalMs: number;
  readonly #count: number;
  #timer?: NodeJS.Timeout;
  #heard = false;
  #unanswered = 0;

  constructor(
    options: KeepaliveOptions,
    private readonly actions: KeepaliveActions,
  ) {
    this.#intervalMs = options.intervalMs ?? 5000;
    this.#count = options.count ?? 5;
  }

  get #patienceMs(): number {
    return this.#intervalMs * (this.#count + 1);
  }

  start(): void {
    if (this.#intervalMs <= 0) return;
    // An idle connection must not keep the process alive; a waiting call has a deadline timer that does.
    this.#timer = setInterval(() => this.#tick(), this.#intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Any byte from the host is a sign of life, as in libvirt's own client. */
  heard(): void {
    this.#heard = true;
  }

  #tick(): void {
    const blockedMs = this.actions.blockedMs();
    if (blockedMs > 0) {
      if (blockedMs > this.#patienceMs * 2) this.actions.dead(blockedMs);
      return;
    }
    if (this.#heard || this.actions.readingPaused()) {
      this.#unanswered = 0;
      if (this.actions.readingPaused()) this.actions.ping();
    } else if (this.#unanswered >= this.#count) {
      this.actions.dead(this.#patienceMs);
    } else {
      this.#unanswered++;
      this.actions.ping();
    }
    this.#heard = false;
  }
}
