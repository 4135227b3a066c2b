import type { Connection } from "./connection";

/** A daemon serves at most this many calls of one client at a time (`max_client_requests` in libvirtd.conf). */
export const CALLS_PER_SOCKET = 5;

/** A place in the pool: a connection, or the one that is being made, and how much it has to do. */
interface Slot {
  readonly ready: Promise<Connection>;
  /** Opened beside others, to share their load. */
  readonly extra: boolean;
  readonly since: number;
  connection?: Connection;
  load: number;
}

/** A connection on loan; give it back by {@link Lease.release}, once. */
export interface Lease {
  readonly connection: Connection;
  release(): void;
}

/**
 * The connections of one session. Work goes to the least-loaded one; when each has as many calls as the daemon serves, another
 * is opened. A connection that ends leaves the pool, and the next lease opens a new one.
 */
export class ConnectionPool {
  #slots: Slot[] = [];
  #limit: number;

  constructor(
    private readonly connect: (extra: boolean) => Promise<Connection>,
    private readonly maxSockets: number,
  ) {
    this.#limit = maxSockets;
  }

  get connections(): Connection[] {
    return this.#slots.flatMap(({ connection }) => connection ?? []);
  }

  /**
   * @param weight How many calls' worth of a connection it takes.
   * @param notBefore Only a connection made after this moment: others may be as dead as the one that was just lost.
   */
  async lease(weight = 1, notBefore = 0): Promise<Lease> {
    for (;;) {
      const slot = this.#choose(notBefore);
      slot.load += weight;
      const release = (): void => void (slot.load -= weight);
      try {
        const waited = slot.connection === undefined;
        const connection = slot.connection ?? (await slot.ready);
        const crowded = waited && slot.load > CALLS_PER_SOCKET;
        if (!connection.error && !crowded) return { connection, release: once(release) };
        release();
      } catch (error) {
        release();
        // One more socket than the host grants (MaxSessions, max_clients) is no failure: go on with those there are.
        if (!slot.extra) throw error;
      }
    }
  }

  #choose(notBefore: number): Slot {
    const usable = this.#slots.filter(({ connection, since }) => !connection || since >= notBefore);
    const least = usable.reduce<Slot | undefined>(
      (best, slot) => (best && best.load <= slot.load ? best : slot),
      undefined,
    );
    if (!least) return this.#open();
    // Nobody queues for the first connection by number: what waits for it spreads out once it is there.
    const full = least.load >= CALLS_PER_SOCKET && this.connections.length > 0;
    return full && this.#slots.length < this.#limit ? this.#open() : least;
  }

  #open(): Slot {
    const extra = this.connections.length > 0;
    const slot: Slot = { ready: this.connect(extra), extra, since: performance.now(), load: 0 };
    this.#slots.push(slot);
    slot.ready.then(
      (connection) => {
        slot.connection = connection;
        connection.onClose(() => this.#drop(slot));
      },
      () => {
        this.#drop(slot);
        if (this.#slots.length > 0) this.#limit = this.#slots.length;
      },
    );
    return slot;
  }

  #drop(slot: Slot): void {
    this.#slots = this.#slots.filter((other) => other !== slot);
    if (this.#slots.length === 0) this.#limit = this.maxSockets;
  }

  async close(): Promise<void> {
    const settled = await Promise.allSettled(this.#slots.map(({ ready }) => ready));
    await Promise.all(
      settled.map((result) => (result.status === "fulfilled" ? result.value.close() : undefined)),
    );
  }
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
