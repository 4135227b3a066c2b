import type { Connection } from "./connection";
import type { EventHandler, EventKind } from "./events";
import { backOff } from "./retry";

interface Subscription {
  /** Attaches to a connection; resolves to the way out. */
  attach(connection: Connection): Promise<() => Promise<void>>;
  /** Events may have been missed. */
  readonly onGap: () => void;
  off?: () => Promise<void>;
}

/** Events that outlive connections: after a loss every subscription is made anew, and its owner told of the gap. */
export class EventFeed {
  readonly #subscriptions = new Set<Subscription>();
  #source?: Promise<Connection>;
  #closed = false;

  constructor(private readonly connect: () => Promise<Connection>) {}

  async on<K extends EventKind>(
    kind: K,
    handler: EventHandler<K>,
    onGap: () => void,
  ): Promise<() => Promise<void>> {
    const subscription: Subscription = { attach: (connection) => connection.on(kind, handler), onGap };
    this.#subscriptions.add(subscription);
    try {
      await this.#attach(subscription);
    } catch (error) {
      this.#subscriptions.delete(subscription);
      throw error;
    }
    return async () => {
      this.#subscriptions.delete(subscription);
      await subscription.off?.();
    };
  }

  close(): void {
    this.#closed = true;
    this.#subscriptions.clear();
  }

  async #attach(subscription: Subscription): Promise<void> {
    const off = await subscription.attach(await this.#connection());
    if (this.#subscriptions.has(subscription)) subscription.off = off;
    else await off();
  }

  #connection(): Promise<Connection> {
    if (this.#source) return this.#source;
    const source = this.connect();
    this.#source = source;
    const forget = (): void => {
      if (this.#source === source) this.#source = undefined;
    };
    source.then((connection) => {
      connection.onClose(() => {
        forget();
        if (this.#subscriptions.size > 0) void this.#restore();
      });
    }, forget);
    return source;
  }

  async #restore(): Promise<void> {
    for (let attempt = 1; !this.#closed && this.#subscriptions.size > 0; attempt++) {
      // Nobody waits for this: it must not keep the process alive.
      await new Promise<void>((resolve) => void setTimeout(resolve, backOff(attempt)).unref());
      const current = [...this.#subscriptions];
      const results = await Promise.allSettled(current.map((subscription) => this.#attach(subscription)));
      if (results.some(({ status }) => status === "rejected")) continue;
      for (const { onGap } of current) onGap();
      return;
    }
  }
}
