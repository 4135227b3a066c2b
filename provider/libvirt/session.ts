import type { Duplex } from "node:stream";
import { DriverError, hasCode, isDriverError } from "../driver/errors";
import { forget, topicOf } from "./askedOnce";
import type {
  Args,
  CallParameters,
  DownloadResult,
  ProcedureName,
  Ret,
  UploadCallOptions,
} from "./rpc/calls";
import { Connection } from "./rpc/connection";
import type { DomainEventKind, EventHandler, EventKind } from "./rpc/events";
import { lost, seconds } from "./rpc/failures";
import { EventFeed } from "./rpc/feed";
import type { KeepaliveOptions } from "./rpc/keepalive";
import type { CallOptions } from "./rpc/pending";
import { CALLS_PER_SOCKET, ConnectionPool, type Lease } from "./rpc/pool";
import { procedures } from "./rpc/procedures.gen";
import { untilReachable } from "./rpc/retry";
import type { Chunk } from "./rpc/streams/stream";
import type { Content } from "./rpc/streams/upload";

export interface LibvirtSessionOptions {
  /** What the daemon opens: driver and path only, `qemu:///system`. */
  readonly uri: string;
  /** The host in messages: its address as the user wrote it, without credentials. */
  readonly label: string;
  /** Opens one more byte stream to the daemon. The signal says that nobody waits any more. */
  readonly dial: (signal: AbortSignal) => Promise<Duplex>;
  readonly readOnly?: boolean;
  /** Milliseconds for dialling, authentication and opening together. Default 30000. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds for each call that brings no deadline of its own. Default 60000. */
  readonly callTimeoutMs?: number;
  /** Connections at the same time. Default 4. */
  readonly maxSockets?: number;
  readonly keepalive?: KeepaliveOptions;
}

export interface SubscribeOptions {
  /** The connection was lost and is there again: events may have been missed, so look at the host. */
  readonly onGap?: () => void;
}

/** What a loop over a stream costs a daemon: no other call should share its connection while there is another one. */
const STREAM_WEIGHT = CALLS_PER_SOCKET;

/**
 * Everything one process says to one libvirt host. Connects when first needed, spreads calls over several sockets, and connects
 * anew after a loss. A call in flight on a lost connection fails with `connection-lost`; only reads are repeated by themselves.
 * All errors are {@link DriverError}s that name the host.
 */
export class LibvirtSession {
  readonly #options: LibvirtSessionOptions;
  readonly #connectTimeoutMs: number;
  readonly #pool: ConnectionPool;
  readonly #feed: EventFeed;
  #wasConnected = false;
  #closed = false;

  constructor(options: LibvirtSessionOptions) {
    this.#options = options;
    this.#connectTimeoutMs = options.connectTimeoutMs ?? 30_000;
    this.#pool = new ConnectionPool((extra) => this.#connect(extra), options.maxSockets ?? 4);
    this.#feed = new EventFeed(async () => {
      const lease = await this.#lease();
      lease.release();
      return lease.connection;
    });
  }

  /**
   * Calls a procedure of the protocol by its own name: `call("domain_define_xml_flags", { xml, flags })`.
   * 64-bit numbers are `bigint`, UUIDs text with hyphens, optional values `null`.
   */
  call<N extends ProcedureName>(
    name: N,
    ...[args, options]: CallParameters<N, CallOptions>
  ): Promise<Ret<N>> {
    return this.#changing(name, async () => {
      const lease = await this.#lease();
      try {
        return await this.#callOn(lease, name, args as Args<N>, options ?? {});
      } catch (error) {
        if (!procedures[name].safe || !hasCode(error, "connection-lost") || this.#closed) throw error;
        const fresh = await this.#lease(1, lease.connection.endedAt);
        return this.#callOn(fresh, name, args as Args<N>, options ?? {});
      }
    });
  }

  /**
   * Streams content up, as for `storage_vol_upload`; resolves when the host has confirmed all of it. Holes stay holes when the
   * flags ask for it. `timeoutMs` bounds the call and each stretch without progress.
   */
  upload<N extends ProcedureName>(
    name: N,
    args: Args<N>,
    content: Content,
    options: UploadCallOptions = {},
  ): Promise<Ret<N>> {
    return this.#changing(name, async () => {
      const lease = await this.#lease(STREAM_WEIGHT);
      try {
        return await lease.connection.upload(name, args, content, options);
      } finally {
        lease.release();
      }
    });
  }

  /** Streams content down, as for `storage_vol_download`. Read it to its end or leave the loop: it occupies a connection. */
  download<N extends ProcedureName>(
    name: N,
    args: Args<N>,
    options: CallOptions = {},
  ): Promise<DownloadResult<N>> {
    return this.#named(async () => {
      const lease = await this.#lease(STREAM_WEIGHT);
      try {
        const { ret, content } = await lease.connection.download(name, args, {
          ...options,
          onDone: lease.release,
        });
        return { ret, content: this.#namedContent(content) };
      } catch (error) {
        lease.release();
        throw error;
      }
    });
  }

  /** Subscribes to events of all objects of the host; resolves to the way out. Survives lost connections. */
  on<K extends EventKind>(
    kind: K,
    handler: EventHandler<K>,
    options: SubscribeOptions = {},
  ): Promise<() => Promise<void>> {
    return this.#named(() => this.#feed.on(kind, handler, options.onGap ?? (() => undefined)));
  }

  onDomainEvent<K extends DomainEventKind>(
    kind: K,
    handler: EventHandler<`domain_${K}`>,
    options: SubscribeOptions = {},
  ): Promise<() => Promise<void>> {
    return this.on(`domain_${kind}`, handler, options);
  }

  /** Ends all connections. Calls in flight fail; later ones are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#feed.close();
    await this.#pool.close();
  }

  async #callOn<N extends ProcedureName>(
    lease: Lease,
    name: N,
    args: Args<N>,
    options: CallOptions,
  ): Promise<Ret<N>> {
    try {
      return await lease.connection.call(name, ...([args, options] as CallParameters<N, CallOptions>));
    } finally {
      lease.release();
    }
  }

  async #lease(weight?: number, notBefore?: number): Promise<Lease> {
    const lease = this.#closed ? undefined : await this.#pool.lease(weight, notBefore);
    if (!lease || this.#closed) throw new DriverError("The session was closed", { code: "invalid-state" });
    return lease;
  }

  /** The very first failure is told at once; after that a daemon that restarts is waited for. */
  async #connect(extra: boolean): Promise<Connection> {
    const attempt = (leftMs: number): Promise<Connection> => this.#connectOnce(leftMs);
    const patient = this.#wasConnected && !extra;
    const deadline = performance.now() + this.#connectTimeoutMs;
    try {
      const connection = await (patient
        ? untilReachable(attempt, deadline)
        : attempt(this.#connectTimeoutMs));
      this.#wasConnected = true;
      return connection;
    } catch (error) {
      throw isDriverError(error) ? error.with({ operation: "connect" }) : error;
    }
  }

  async #connectOnce(leftMs: number): Promise<Connection> {
    const started = performance.now();
    const socket = await this.#dial(leftMs);
    const { uri, readOnly, keepalive, callTimeoutMs } = this.#options;
    const openTimeoutMs = Math.max(1, leftMs - (performance.now() - started));
    const allowedMs = this.#connectTimeoutMs;
    return Connection.open(socket, { uri, readOnly, keepalive, callTimeoutMs, openTimeoutMs, allowedMs });
  }

  #dial(leftMs: number): Promise<Duplex> {
    const abandon = new AbortController();
    return new Promise<Duplex>((resolve, reject) => {
      const timer = setTimeout(() => {
        const message = `The host did not accept a connection within ${seconds(this.#connectTimeoutMs)}`;
        reject(new DriverError(message, { code: "timeout" }));
        abandon.abort();
      }, leftMs);
      this.#options.dial(abandon.signal).then(
        (socket) => {
          clearTimeout(timer);
          if (abandon.signal.aborted) socket.destroy();
          else resolve(socket);
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(isDriverError(error) ? error : lost(`The connection failed: ${textOf(error)}`, error));
        },
      );
    });
  }

  #namedContent(content: AsyncIterableIterator<Chunk>): AsyncIterableIterator<Chunk> {
    const named: AsyncIterableIterator<Chunk> = {
      next: () => this.#named(() => content.next()),
      return: () => this.#named(async () => (await content.return?.()) ?? { done: true, value: undefined }),
      [Symbol.asyncIterator]: () => named,
    };
    return named;
  }

  /** What is known of the host is forgotten before and after a call that changes it. */
  async #changing<T>(name: ProcedureName, action: () => Promise<T>): Promise<T> {
    const topic = procedures[name].safe ? undefined : topicOf(name);
    if (topic === undefined) return this.#named(action);
    forget(this, topic);
    try {
      return await this.#named(action);
    } finally {
      forget(this, topic);
    }
  }

  async #named<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw this.#name(error);
    }
  }

  #name(error: unknown): unknown {
    return isDriverError(error) ? error.with({ host: this.#options.label }) : error;
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
