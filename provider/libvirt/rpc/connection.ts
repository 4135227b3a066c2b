import type { Duplex } from "node:stream";
import { type DriverError, isDriverError } from "../../driver/errors";
import {
  type Args,
  type CallParameters,
  type DownloadCallOptions,
  type DownloadResult,
  encodeCall,
  type ProcedureName,
  type Ret,
  type UploadCallOptions,
} from "./calls";
import {
  KEEPALIVE_PROC_PING,
  KEEPALIVE_PROC_PONG,
  KEEPALIVE_PROGRAM,
  REMOTE_PROGRAM,
  VIR_NET_ERROR,
  VIR_NET_MESSAGE,
  VIR_NET_OK,
  VIR_NET_REPLY,
  VIR_NET_STREAM,
  VIR_NET_STREAM_HOLE,
} from "./constants.gen";
import { toDriverError } from "./errors";
import type { DomainEventKind, EventHandler, EventKind } from "./events";
import { aborted, lost, malformed, openTimeout, seconds } from "./failures";
import { handshake } from "./handshake";
import { Keepalive, type KeepaliveOptions } from "./keepalive";
import {
  decodeBody,
  decodeMessage,
  encodePacket,
  type Message,
  PacketSplitter,
  PROTOCOL_VERSION,
} from "./wire/message";
import { type CallOptions, PendingCalls } from "./pending";
import { events, type Procedure, procedures, remoteError } from "./procedures.gen";
import { Sender } from "./sender";
import { Streams } from "./streams";
import { Subscriptions } from "./subscription";
import type { Content } from "./streams/upload";
import { XdrError } from "./wire/xdr";

export interface ConnectionOptions {
  /** What the daemon opens: driver and path only, `qemu:///system`. */
  readonly uri: string;
  readonly readOnly?: boolean;
  readonly keepalive?: KeepaliveOptions;
  /** Milliseconds for each call that brings no deadline of its own. Default 60000. */
  readonly callTimeoutMs?: number;
  /** Milliseconds for authentication and opening together. Default 30000. */
  readonly openTimeoutMs?: number;
  /** What a failure calls that time: all that was allowed for connecting, the socket's part included. Default: the same. */
  readonly allowedMs?: number;
}

/** A network socket can be told not to keep the process alive; other streams cannot. */
type Unrefable = Duplex & { unref?(): unknown };

/**
 * One connection to a libvirt daemon over any duplex stream. It owns the stream: any number of calls in flight, events and bulk
 * streams share it, and whatever breaks the protocol ends it for all of them.
 *
 * An idle connection does not keep the process alive; whoever waits for it has a deadline timer that does.
 */
export class Connection {
  readonly #socket: Unrefable;
  readonly #sender: Sender;
  readonly #pending = new PendingCalls();
  readonly #streams: Streams;
  readonly #subscriptions = new Subscriptions((name, args) => this.#invoke(name, args, {}));
  readonly #keepalive: Keepalive;
  readonly #callTimeoutMs: number;
  readonly #closeListeners: ((error: DriverError) => void)[] = [];
  #serial = 0;
  #readingHolds = 0;
  #error?: DriverError;
  #endedAt?: number;

  private constructor(socket: Unrefable, options: ConnectionOptions) {
    this.#socket = socket;
    this.#sender = new Sender(socket);
    this.#callTimeoutMs = options.callTimeoutMs ?? 60_000;
    this.#keepalive = new Keepalive(options.keepalive ?? {}, {
      ping: () => this.#sendKeepalive(KEEPALIVE_PROC_PING),
      dead: (silentMs) => this.#fail(lost(`The host has been silent for ${seconds(silentMs)}`)),
      readingPaused: () => this.#readingHolds > 0,
      blockedMs: () => this.#sender.blockedMs,
    });
    this.#streams = new Streams({
      sender: this.#sender,
      stallMs: this.#callTimeoutMs,
      nextSerial: () => ++this.#serial,
      send: (serial, name, args, given) => this.#send(serial, name, args, given),
      holdReading: (hold) => this.#holdReading(hold),
    });
    const splitter = new PacketSplitter((packet) => this.#onPacket(packet));
    socket.on("data", (chunk: Buffer) => this.#onData(splitter, chunk));
    socket.on("end", () => this.#fail(lost("The host closed the connection")));
    socket.on("close", () => this.#fail(lost("The connection was closed")));
    socket.on("error", (cause) => this.#fail(lost(`The connection failed: ${cause.message}`, cause)));
    socket.unref?.();
  }

  /** Authenticates and opens the hypervisor. On failure the socket is destroyed. */
  static async open(socket: Duplex, options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(socket, options);
    const timeoutMs = options.openTimeoutMs ?? 30_000;
    const deadline = setTimeout(
      () => connection.#fail(openTimeout(options.allowedMs ?? timeoutMs)),
      timeoutMs,
    );
    try {
      // The deadline for all of it ends each step; the steps' own must not come first.
      const step = { timeoutMs: timeoutMs * 2 };
      const { keepalive } = await handshake((name, args) => connection.#invoke(name, args, step), options);
      if (keepalive) connection.#keepalive.start();
      return connection;
    } catch (error) {
      connection.#fail(isDriverError(error) ? error : lost("The connection could not be opened", error));
      throw error;
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Why the connection ended; undefined while it lives. */
  get error(): DriverError | undefined {
    return this.#error;
  }

  /** When it ended, in terms of `performance.now()`. */
  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  /** Called once, when the connection has ended for whatever reason. */
  onClose(listener: (error: DriverError) => void): void {
    if (this.#error) listener(this.#error);
    else this.#closeListeners.push(listener);
  }

  call<N extends ProcedureName>(
    name: N,
    ...[args, options]: CallParameters<N, CallOptions>
  ): Promise<Ret<N>> {
    return this.#invoke(name, args as Args<N>, options ?? {});
  }

  /**
   * Streams `content` up; resolves when the host confirmed that it has everything. `timeoutMs` bounds the call and each stretch
   * without progress, not the whole upload.
   */
  upload<N extends ProcedureName>(
    name: N,
    args: Args<N>,
    content: Content,
    options: UploadCallOptions = {},
  ): Promise<Ret<N>> {
    return this.#streams.upload(name, args, content, options);
  }

  /** Opens a download, to be read by one `for await`; `timeoutMs` bounds the call and each wait for the next piece. */
  download<N extends ProcedureName>(
    name: N,
    args: Args<N>,
    options: DownloadCallOptions = {},
  ): Promise<DownloadResult<N>> {
    return this.#streams.download(name, args, options);
  }

  /** Subscribes to events of all objects; resolves to the way out when the daemon has agreed. */
  on<K extends EventKind>(kind: K, handler: EventHandler<K>): Promise<() => Promise<void>> {
    return this.#subscriptions.on(kind, handler);
  }

  onDomainEvent<K extends DomainEventKind>(
    kind: K,
    handler: EventHandler<`domain_${K}`>,
  ): Promise<() => Promise<void>> {
    return this.on(`domain_${kind}`, handler);
  }

  /** Says good-bye and ends the connection. Calls still in flight fail with `connection-lost`. */
  async close(): Promise<void> {
    if (this.#error) return;
    await this.#invoke("connect_close", undefined, { timeoutMs: 1000 }).catch(() => undefined);
    this.#fail(lost("The connection was closed"));
  }

  #invoke<N extends ProcedureName>(name: N, args: Args<N>, options: CallOptions): Promise<Ret<N>> {
    return this.#send(++this.#serial, name, args, options);
  }

  async #send<N extends ProcedureName>(
    serial: number,
    name: N,
    args: Args<N>,
    options: CallOptions,
  ): Promise<Ret<N>> {
    if (this.#error) throw this.#error;
    if (options.signal?.aborted) throw aborted(name, options.signal);
    const procedure: Procedure<Args<N>, Ret<N>> = procedures[name];
    const packet = encodeCall(procedure, serial, args);
    return new Promise<Ret<N>>((resolve, reject) => {
      const settle = (message: Message): void => {
        try {
          if (message.header.status === VIR_NET_ERROR)
            reject(toDriverError(decodeBody(remoteError, message.body)));
          else resolve(decodeBody(procedure.ret, message.body));
        } catch (cause) {
          reject(malformed(cause));
          throw cause;
        }
      };
      const { program, number } = procedure;
      const timeoutMs = options.timeoutMs ?? this.#callTimeoutMs;
      this.#pending.add(
        serial,
        { procedure: name, program, number, settle, fail: reject },
        { ...options, timeoutMs },
      );
      this.#sender.send(packet);
    });
  }

  #onData(splitter: PacketSplitter, chunk: Buffer): void {
    this.#keepalive.heard();
    try {
      splitter.push(chunk);
    } catch (error) {
      this.#fail(malformed(error));
    }
  }

  #onPacket(packet: Buffer): void {
    if (this.#error) return;
    const message = decodeMessage(packet);
    const { program, procedure, type, serial } = message.header;
    if (program === KEEPALIVE_PROGRAM) {
      if (procedure === KEEPALIVE_PROC_PING) this.#sendKeepalive(KEEPALIVE_PROC_PONG);
    } else if (type === VIR_NET_MESSAGE) {
      this.#onEvent(message);
    } else if (type === VIR_NET_REPLY) {
      this.#onReply(message);
    } else if (type === VIR_NET_STREAM || type === VIR_NET_STREAM_HOLE) {
      if (!this.#streams.receive(message)) this.#checkLate(serial);
    } else {
      throw new XdrError(`A daemon does not send messages of type ${type}`);
    }
  }

  #onReply(message: Message): void {
    const { program, procedure, serial } = message.header;
    const waiting = this.#pending.get(serial);
    if (!waiting) return this.#checkLate(serial);
    if (waiting.program !== program || waiting.number !== procedure) {
      throw new XdrError(`The reply to ${waiting.procedure} is that of procedure ${procedure}`);
    }
    this.#pending.settle(serial, message);
  }

  /** A call that was given up may still be answered: that is dropped. A serial we never used is a lie. */
  #checkLate(serial: number): void {
    if (serial === 0 || serial > this.#serial) throw new XdrError(`There was no call with serial ${serial}`);
  }

  #onEvent({ header, body }: Message): void {
    if (header.program !== REMOTE_PROGRAM) return;
    if (header.procedure === events.connect_event_connection_closed.number) {
      return this.#fail(lost("The daemon lost its hypervisor"));
    }
    this.#subscriptions.dispatch(header.procedure, body);
  }

  #sendKeepalive(procedure: number): void {
    const header = { program: KEEPALIVE_PROGRAM, version: PROTOCOL_VERSION, procedure, serial: 0 };
    this.#sender.send(encodePacket({ ...header, type: VIR_NET_MESSAGE, status: VIR_NET_OK }));
  }

  #holdReading(hold: boolean): void {
    this.#readingHolds += hold ? 1 : -1;
    if (this.#readingHolds > 0) this.#socket.pause();
    else if (!this.#error) this.#socket.resume();
  }

  #fail(error: DriverError): void {
    if (this.#error) return;
    this.#error = error;
    this.#endedAt = performance.now();
    this.#keepalive.stop();
    this.#socket.destroy();
    this.#sender.fail(error);
    this.#pending.failAll(error);
    this.#streams.failAll(error);
    for (const listener of this.#closeListeners.splice(0)) listener(error);
  }
}
