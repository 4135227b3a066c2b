import { createConnection, createServer, type Server, type Socket } from "node:net";

/** What happens to the bytes between a client and the daemon's socket. */
export interface Wire {
  /** Each byte goes alone. */
  split?: boolean;
  /** After so many bytes, both ways and all connections counted, every connection is cut and no new one is taken. */
  cutAfter?: number;
  /** After so many bytes nothing passes any more, and nobody is told. */
  stallAfter?: number;
  /** After so many bytes nothing more is taken, so that whoever sends has to wait. */
  holdAfter?: number;
  /** When a client says this, everything is cut: before the daemon hears of it, or before it can answer. */
  cutOn?: { said: (text: string) => boolean; heard: boolean };
}

/** A socket that hands on to another one, and misbehaves as it is told. */
export class WireProxy {
  /** Bytes that came by. */
  passed = 0;
  readonly path: string;
  #said = false;
  readonly #wire: Wire;
  readonly #open = new Set<Socket>();
  readonly #server: Server;

  private constructor(path: string, target: string, wire: Wire) {
    this.path = path;
    this.#wire = wire;
    this.#server = createServer((near) => {
      if (this.#ends()) return void near.destroy();
      const far = createConnection(target);
      this.#join(near, far, true);
      this.#join(far, near, false);
    });
  }

  static async listen(path: string, target: string, wire: Wire = {}): Promise<WireProxy> {
    const proxy = new WireProxy(path, target, wire);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once("error", reject).listen(path, resolve);
    });
    return proxy;
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(from: Socket, to: Socket, asks: boolean): void {
    this.#open.add(from);
    from.setNoDelay(true);
    from.on("error", () => to.destroy());
    from.on("close", () => {
      this.#open.delete(from);
      // On a dead line nobody hears the other hang up either.
      if (!this.#stalls()) to.destroy();
    });
    from.on("data", (data: Buffer) => {
      if (asks && this.#wire.cutOn?.said(data.toString("latin1")) === true) this.#cutHere(data, to);
      this.#hand(data, to);
      if (this.passed >= (this.#wire.holdAfter ?? Infinity)) from.pause();
    });
  }

  #cutHere(data: Buffer, to: Socket): void {
    this.#said = true;
    // What is written is sent before the end of it.
    if (this.#wire.cutOn?.heard === true) to.end(data);
    for (const socket of this.#open) if (socket !== to) socket.destroy();
  }

  #hand(data: Buffer, to: Socket): void {
    if (this.#said) return;
    const { split, cutAfter = Infinity, stallAfter = Infinity } = this.#wire;
    const room = Math.max(0, Math.min(cutAfter, stallAfter) - this.passed);
    const bytes = data.subarray(0, room);
    this.passed += data.length;
    if (split) for (const byte of bytes) to.write(Buffer.of(byte));
    else to.write(bytes);
    if (this.#ends()) for (const socket of this.#open) socket.destroy();
  }

  #stalls(): boolean {
    return this.passed >= (this.#wire.stallAfter ?? Infinity);
  }

  #ends(): boolean {
    return this.#said || this.passed >= (this.#wire.cutAfter ?? Infinity);
  }
}
