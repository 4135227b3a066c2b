import type { WebSocket } from "undici";
import { DriverError, type DriverErrorDetails } from "../../driver/errors";
import type { Operation } from "./answers";
import type { Access } from "./connect";
import { isGone } from "./errors";
import { Events } from "./events";
import { Operations, type Waiting } from "./operations";
import { at, Requests, type Asking, type Headers, type Query } from "./requests";
import { openSocket } from "./socket";

export { at, UPLOAD_MS, type Query, type Upload } from "./requests";

/** How often an object is read and written anew because somebody else has written it in between. */
const TRIES = 3;

export interface Change extends Asking, Waiting {}

export interface Read<T> {
  readonly value: T;
  readonly etag?: string;
}

/** LXD's REST interface: one session with one project of one server. */
export class LxdClient {
  private readonly requests: Requests;
  private readonly events: Events;
  private readonly operations: Operations;
  private extensions?: Promise<ReadonlySet<string>>;
  private changes = 0;

  constructor(
    private readonly access: Access,
    readonly project: string,
  ) {
    this.requests = new Requests(access, project);
    const { origin, waits } = this.requests;
    const events = `${origin.replace(/^http/, "ws")}/1.0/events?type=operation&project=${encodeURIComponent(project)}`;
    this.events = new Events(events, waits, access.connectTimeoutMs);
    this.operations = new Operations(this.requests, this.events);
  }

  /** Grows with every step of a change from here: what was read at another number may be out of date. */
  get writes(): number {
    return this.changes;
  }

  async get<T>(path: string, query: Query = {}): Promise<T> {
    return (await this.read<T>(path, query)).value;
  }

  /** The object, or undefined where the server says that it is not there. */
  async find<T>(path: string, query: Query = {}): Promise<Read<T> | undefined> {
    try {
      return await this.read<T>(path, query);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  async read<T>(path: string, query: Query = {}): Promise<Read<T>> {
    const { envelope, etag } = await this.requests.send("GET", path, { query });
    return { value: envelope.metadata as T, ...(etag === undefined ? {} : { etag }) };
  }

  /** Ends when what was asked for is done, whether the server does it at once or in the background. */
  async change(
    method: "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    change: Change = {},
  ): Promise<void> {
    const operation = await this.begin(method, path, change);
    try {
      if (operation !== undefined) await this.operations.finish(operation, change);
    } finally {
      this.changes++;
    }
  }

  /** The same, without waiting for the background operation that it may start. */
  async begin(
    method: "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    change: Change = {},
  ): Promise<Operation | undefined> {
    this.changes++;
    await this.events.open();
    const { envelope } = await this.requests.send(method, path, change);
    return envelope.type === "async" ? (envelope.metadata as Operation) : undefined;
  }

  /** How an operation that was begun has ended; throws where it has failed. */
  async outcome(started: Operation, waiting: Waiting = {}): Promise<Operation> {
    try {
      return await this.operations.finish(started, waiting);
    } finally {
      this.changes++;
    }
  }

  /** A websocket of an operation's, open; its messages are bytes, or text. */
  socket(path: string, query: Query, listen: (socket: WebSocket) => void): Promise<WebSocket> {
    return openSocket(this.requests, path, query, listen);
  }

  /** The headers alone, or undefined where the server says that there is nothing. */
  headers(path: string, query: Query = {}): Promise<Headers | undefined> {
    return this.requests.headers(path, query);
  }

  /** A file of the server's, as it is. */
  bytes(path: string, what: Partial<DriverErrorDetails>): AsyncIterable<Buffer> {
    return this.requests.bytes(path, what);
  }

  /** Takes an object away; one that is not there is as good. */
  async remove(path: string, change: Change = {}): Promise<void> {
    try {
      await this.change("DELETE", path, change);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  /**
   * Reads an object, lets `edit` say how it is to be, and writes that back only if nobody else has written in between;
   * otherwise all of it again. Nothing is written when `edit` answers undefined.
   */
  async edit<T, W>(path: string, edit: (now: T) => W | undefined, change: Change = {}): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const { value, etag } = await this.read<T>(path, change.query);
      const next = edit(value);
      if (next === undefined) return;
      try {
        return await this.change("PUT", path, {
          ...change,
          body: next,
          ...(etag === undefined ? {} : { etag }),
        });
      } catch (error) {
        if (!(error instanceof DriverError) || error.hostCode !== 412 || attempt === TRIES) throw error;
      }
    }
  }

  /** Whether the server can do something, by its own list: versions say nothing (R48). */
  async has(extension: string): Promise<boolean> {
    this.extensions ??= this.get<{ api_extensions?: readonly string[] }>(at()).then(
      (server) => new Set(server.api_extensions ?? []),
    );
    this.extensions.catch(() => (this.extensions = undefined));
    return (await this.extensions).has(extension);
  }

  /** SHA-256 of the certificate of the server at the other end; over its socket it tells that itself. */
  async serverFingerprint(): Promise<string> {
    const { seen } = this.requests;
    if (seen.fingerprint !== undefined) return seen.fingerprint;
    const { environment } = await this.get<{ environment?: { certificate_fingerprint?: string } }>(at());
    return seen.fingerprint ?? environment?.certificate_fingerprint ?? "";
  }

  /** A step in another project, whose operations are announced there alone. */
  async inProject<T>(project: string, step: (client: LxdClient) => Promise<T>): Promise<T> {
    const other = new LxdClient(this.access, project);
    try {
      return await step(other);
    } finally {
      await other.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.events.close(), this.requests.close()]);
  }
}
