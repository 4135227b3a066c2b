import { type Duplex, duplexPair } from "node:stream";
import { Connection, type ConnectionOptions } from "../../../../provider/libvirt/rpc/connection";
import { type Header, REMOTE, reply, STREAM, u32 } from "./daemon-bytes";

export interface Received extends Header {
  readonly body: Buffer;
}

export const AUTH_LIST = 66;
export const OPEN = 1;
export const CLOSE = 2;
export const HOSTNAME = 59;
export const SUPPORTS_FEATURE = 60;

/** The other end of a pair of streams: remembers what the client sends and answers what a test tells it to. */
export class FakeDaemon {
  readonly received: Received[] = [];
  readonly client: Duplex;
  readonly #end: Duplex;
  #bytes = Buffer.alloc(0);
  #waiters: (() => void)[] = [];
  /** What to do with a packet; by default the handshake is answered and everything else waits. */
  answer: (packet: Received) => void = (packet) => this.handshake(packet);

  constructor() {
    const [client, end] = duplexPair();
    this.client = client;
    this.#end = end;
    end.on("data", (chunk: Buffer) => this.#onData(chunk));
    end.on("error", () => undefined);
  }

  /** A daemon without authentication whose connection is open. */
  static async connected(options: Partial<ConnectionOptions> = {}): Promise<[FakeDaemon, Connection]> {
    const daemon = new FakeDaemon();
    return [daemon, await daemon.open(options)];
  }

  open(options: Partial<ConnectionOptions> = {}): Promise<Connection> {
    return Connection.open(this.client, { uri: "test:///default", ...options });
  }

  handshake(packet: Received): boolean {
    if (packet.program !== REMOTE || packet.type === STREAM) return false;
    if (packet.procedure === AUTH_LIST) this.send(reply(packet, u32(1, 0)));
    else if (packet.procedure === SUPPORTS_FEATURE) this.send(reply(packet, u32(0)));
    else if (packet.procedure === OPEN || packet.procedure === CLOSE) this.send(reply(packet));
    else return false;
    return true;
  }

  send(bytes: Buffer): void {
    this.#end.write(bytes);
  }

  /** Resolves to the packets of a kind as soon as there are `count` of them. */
  async until(matches: (packet: Received) => boolean, count = 1): Promise<Received[]> {
    for (;;) {
      const found = this.received.filter(matches);
      if (found.length >= count) return found;
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  calls(procedure: number, count = 1): Promise<Received[]> {
    return this.until((packet) => packet.procedure === procedure && packet.type === 0, count);
  }

  stopReading(): void {
    this.#end.pause();
  }

  goOnReading(): void {
    this.#end.resume();
  }

  die(): void {
    this.#end.destroy();
  }

  /** The daemon's orderly end of the stream. */
  hangUp(): void {
    this.#end.end();
  }

  #onData(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= 4 && this.#bytes.length >= this.#bytes.readUInt32BE(0)) {
      const size = this.#bytes.readUInt32BE(0);
      const [, program = 0, , procedure = 0, type = 0, serial = 0, status = 0] = Array.from(
        { length: 7 },
        (_, index) => this.#bytes.readUInt32BE(index * 4),
      );
      const packet = {
        program,
        procedure,
        type,
        serial,
        status,
        body: Buffer.from(this.#bytes.subarray(28, size)),
      };
      this.#bytes = this.#bytes.subarray(size);
      this.received.push(packet);
      this.answer(packet);
      for (const wake of this.#waiters.splice(0)) wake();
    }
  }
}

/** One turn of the event loop, in which everything that is already on its way arrives. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What a test knows to be there. */
export function sure<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("This should be there");
  return value;
}
