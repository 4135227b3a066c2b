import type { Dispatcher, WebSocket } from "undici";
import { isFinished, type Operation } from "./answers";
import { webSocket } from "./undici";

/** How many operations that nobody has asked for yet are remembered: an event may be faster than its request's answer. */
const REMEMBERED = 512;

/**
 * The server's announcements of operations. Opened before a request that may start one, so that no end is missed;
 * when it breaks, whoever waits is told and asks the server instead.
 */
export class Events {
  private socket?: Promise<WebSocket | undefined>;
  private readonly finished = new Map<string, Operation>();
  private readonly waiting = new Map<string, (operation: Operation | undefined) => void>();
  private readonly followed = new Map<string, (words: string) => void>();
  private closed = false;

  constructor(
    private readonly url: string,
    private readonly dispatcher: Dispatcher,
    private readonly timeoutMs: number,
  ) {}

  /** Whether announcements arrive; false on a server or a way in between that has no websockets. */
  async open(): Promise<boolean> {
    if (this.closed) return false;
    this.socket ??= this.dial();
    return (await this.socket) !== undefined;
  }

  /** The operation's end; undefined when the announcements break off before it. */
  end(id: string): Promise<Operation | undefined> {
    const known = this.finished.get(id);
    if (known !== undefined) {
      this.finished.delete(id);
      return Promise.resolve(known);
    }
    if (this.socket === undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => this.waiting.set(id, resolve));
  }

  /** What the server tells of how far an operation is, as far as announcements arrive. */
  follow(id: string, tell: (words: string) => void): void {
    this.followed.set(id, tell);
  }

  forget(id: string): void {
    this.waiting.delete(id);
    this.followed.delete(id);
  }

  async close(): Promise<void> {
    this.closed = true;
    const socket = await this.socket;
    socket?.close();
    this.broken();
  }

  /** One that takes too long is given up: it is closed, opened by then or not, and its end is not that of the next one. */
  private dial(): Promise<WebSocket | undefined> {
    return new Promise((resolve) => {
      const socket = webSocket(this.url, { dispatcher: this.dispatcher });
      let over = false;
      const fail = (): void => {
        if (over) return;
        over = true;
        clearTimeout(timer);
        socket.close();
        resolve(undefined);
        this.broken();
      };
      const timer = setTimeout(fail, this.timeoutMs);
      socket.addEventListener("open", () => {
        clearTimeout(timer);
        resolve(socket);
      });
      socket.addEventListener("error", fail);
      socket.addEventListener("close", fail);
      socket.addEventListener("message", ({ data }) => this.hear(String(data)));
    });
  }

  private hear(text: string): void {
    const event = eventIn(text);
    if (event === undefined) return this.tellUnknown();
    const { type, metadata } = event;
    if (type !== "operation" || metadata?.id === undefined) return;
    if (!isFinished(metadata)) {
      const words = progressIn(metadata);
      if (words !== undefined) this.followed.get(metadata.id)?.(words);
      return;
    }
    const resolve = this.waiting.get(metadata.id);
    if (resolve !== undefined) {
      this.waiting.delete(metadata.id);
      resolve(metadata);
      return;
    }
    this.finished.set(metadata.id, metadata);
    for (const oldest of this.finished.keys()) {
      if (this.finished.size <= REMEMBERED) break;
      this.finished.delete(oldest);
    }
  }

  /** The next request dials again. */
  private broken(): void {
    this.socket = undefined;
    this.tellUnknown();
  }

  /** Whoever waits asks the server how it stands. */
  private tellUnknown(): void {
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const resolve of waiting) resolve(undefined);
  }
}

/** `rootfs: 45% (12.34MB/s)`, under a key for each kind of work: `download_progress`, `create_instance_from_image_unpack_progress`. */
function progressIn({ metadata }: Operation): string | undefined {
  const [, words] = Object.entries(metadata ?? {}).find(([key]) => key.endsWith("_progress")) ?? [];
  return typeof words === "string" ? words : undefined;
}

/** What the server has announced; undefined where nobody can read it. */
function eventIn(text: string): { readonly type?: string; readonly metadata?: Operation } | undefined {
  try {
    const event: unknown = JSON.parse(text);
    return typeof event === "object" && event !== null ? event : undefined;
  } catch {
    return undefined;
  }
}
