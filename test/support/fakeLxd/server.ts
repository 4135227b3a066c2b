import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The envelope; a text is sent as it is. */
  readonly body: object | string;
}

type Handler = (asked: Asked) => Reply | Promise<Reply>;

/** A server that speaks as LXD does, over HTTP and websockets, and says what a test tells it to. */
export class FakeLxd {
  readonly asked: Asked[] = [];
  readonly dir = mkdtempSync(join(tmpdir(), "vmhost-fake-lxd-"));
  readonly socket = join(this.dir, "unix.socket");
  readonly address = `unix://${this.socket}`;
  /** Whether it lets anybody listen to its events. */
  announces = true;
  /** It lets them in when this is fulfilled. */
  opens: Promise<void> = Promise.resolve();
  /** How often somebody has asked to be let in. */
  knocked = 0;
  /** Who is told of websockets that are no listeners to events. */
  onSocket?: (path: string, query: URLSearchParams, socket: Socket) => void;
  /** What it says where nothing else was told. */
  otherwise: Handler = () => failure(404, "not found");
  private readonly server: Server;
  private readonly handlers = new Map<string, Handler>();
  private readonly listeners = new Set<Socket>();
  private readonly others = new Set<Socket>();

  constructor() {
    this.server = createServer((request, response) => void this.answer(request, response));
    this.server.on("upgrade", (request: IncomingMessage, socket: Socket) => {
      this.knocked++;
      socket.on("error", () => undefined);
      void this.opens.then(() => (socket.destroyed ? undefined : this.upgrade(request, socket)));
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(this.socket, resolve));
    return this;
  }

  on(what: string, handler: Handler | Reply): this {
    this.handlers.set(what, typeof handler === "function" ? handler : () => handler);
    return this;
  }

  /** How often something was asked. */
  count(what: string): number {
    return this.asked.filter(({ method, path }) => `${method} ${path}` === what).length;
  }

  get listening(): number {
    return this.listeners.size;
  }

  announce(operation: object): void {
    this.say(JSON.stringify({ type: "operation", timestamp: "", metadata: operation }));
  }

  /** Sends a text to whoever listens to its events. */
  say(words: string): void {
    const text = Buffer.from(words);
    const length =
      text.length < 126
        ? Buffer.from([0x81, text.length])
        : Buffer.from([0x81, 126, text.length >> 8, text.length & 255]);
    for (const socket of this.listeners) socket.write(Buffer.concat([length, text]));
  }

  /** Breaks every websocket off. */
  hangUp(): void {
    for (const socket of this.listeners) socket.destroy();
    this.listeners.clear();
  }

  async stop(): Promise<void> {
    this.hangUp();
    for (const socket of this.others) socket.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.dir, { recursive: true, force: true });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(request.url ?? "", "http://lxd");
    const text = Buffer.concat(chunks).toString();
    const asked: Asked = {
      method: request.method ?? "",
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: request.headers,
      body: bodyOf(text, request.headers["content-type"]),
    };
    this.asked.push(asked);
    const handler = this.handlers.get(`${asked.method} ${asked.path}`) ?? this.otherwise;
    const reply = await handler(asked);
    response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers });
    response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
  }

  private upgrade(request: IncomingMessage, socket: Socket): void {
    if (!this.announces) {
      socket.end("HTTP/1.1 501 Not Implemented\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    const accept = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    );
    const { pathname, searchParams } = new URL(request.url ?? "", "http://lxd");
    if (pathname !== "/1.0/events") {
      this.others.add(socket);
      this.onSocket?.(pathname, searchParams, socket);
      return;
    }
    this.listeners.add(socket);
    socket.on("close", () => this.listeners.delete(socket));
    socket.resume();
  }
}

/** A message over a websocket: a text, or bytes. */
export function frame(message: string | Buffer): Buffer {
  const payload = Buffer.from(message);
  const kind = typeof message === "string" ? 0x81 : 0x82;
  const length =
    payload.length < 126 ? [kind, payload.length] : [kind, 126, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from(length), payload]);
}

export function success(metadata: unknown, etag?: string): Reply {
  return {
    body: { type: "sync", status_code: 200, metadata },
    ...(etag === undefined ? {} : { headers: { ETag: etag } }),
  };
}

export function failure(status: number, error: string, httpStatus = status): Reply {
  return { status: httpStatus, body: { type: "error", error_code: status, error } };
}

export interface FakeOperation {
  readonly id: string;
  readonly status_code: number;
  readonly err: string;
}

export function operation(status: number, err = "", id: string = randomUUID()): FakeOperation {
  return { id, status_code: status, err };
}

export function background(started: FakeOperation): Reply {
  return {
    status: 202,
    body: { type: "async", status_code: 100, operation: `/1.0/operations/${started.id}`, metadata: started },
  };
}

/** JSON, or what has been uploaded as it is. */
function bodyOf(text: string, type: string | undefined): unknown {
  if (text === "") return undefined;
  return type === "application/json" ? (JSON.parse(text) as unknown) : text;
}
