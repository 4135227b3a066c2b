import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { request, type Agent, type Dispatcher } from "undici";
import { DriverError, hasCode, type DriverErrorDetails } from "../../driver/errors";
import { CANCELLED, isFinished, type Envelope, type Operation } from "./answers";
import { openAgent, type Access, type SeenServer } from "./connect";
import { operationFailed, refused, unanswered } from "./errors";
import { Events } from "./events";

/** At most so many requests at a time; LXD's database does not like crowds. */
const WIDTH = 8;
const ANSWER_MS = 60_000;
/** The answer to an upload begins when all of it has arrived. */
export const UPLOAD_MS = 4 * 3_600_000;
const OPERATION_MS = 600_000;
/** One round of `/wait`, and how long announcements may be silent before the operation itself is looked at. */
const ROUND_SECONDS = 20;
const TRIES = 3;
/** How long a server may be away in the middle of an operation: a restart, or an upgrade. */
const RESTART_MS = 60_000;
const AWAY_PAUSE_MS = 500;

export type Query = Readonly<Record<string, string | undefined>>;

/** Bytes in place of JSON, with what the server is to know of them. */
export interface Upload {
  readonly headers: Readonly<Record<string, string>>;
  bytes(): Readable;
}

export interface Change {
  readonly body?: unknown;
  readonly upload?: Upload;
  readonly query?: Query;
  readonly etag?: string;
  /** How long the operation that it starts may take. */
  readonly deadlineMs?: number;
  /** What is being done to what, for messages. */
  readonly what?: Partial<DriverErrorDetails>;
}

export interface Read<T> {
  readonly value: T;
  readonly etag?: string;
}

/** A path below /1.0 of names that may hold anything. */
export function at(...parts: readonly string[]): string {
  return `/1.0${parts.map((part) => `/${encodeURIComponent(part)}`).join("")}`;
}

/** LXD's REST interface: one session with one project of one server. */
export class LxdClient {
  private readonly origin: string;
  private readonly calls: Agent;
  /** Waiting must not use up the connections that other requests need. */
  private readonly waits: Agent;
  private readonly events: Events;
  private readonly seen: SeenServer = {};
  private extensions?: Promise<ReadonlySet<string>>;
  private closed = false;
  private changes = 0;

  constructor(
    access: Access,
    readonly project: string,
  ) {
    const { address } = access;
    this.origin = address.kind === "unix" ? "http://lxd" : address.origin;
    this.calls = openAgent(access, WIDTH, this.seen);
    this.waits = openAgent(access, 256, this.seen);
    const events = `${this.origin.replace(/^http/, "ws")}/1.0/events?type=operation&project=${encodeURIComponent(project)}`;
    this.events = new Events(events, this.waits, access.connectTimeoutMs);
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
      if (error instanceof DriverError && error.code === "not-found") return undefined;
      throw error;
    }
  }

  async read<T>(path: string, query: Query = {}): Promise<Read<T>> {
    const { envelope, etag } = await this.send("GET", path, { query });
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
      if (operation !== undefined) await this.finish(operation, change);
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
    const { envelope } = await this.send(method, path, change);
    return envelope.type === "async" ? (envelope.metadata as Operation) : undefined;
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
    if (this.seen.fingerprint !== undefined) return this.seen.fingerprint;
    const { environment } = await this.get<{ environment?: { certificate_fingerprint?: string } }>(at());
    return this.seen.fingerprint ?? environment?.certificate_fingerprint ?? "";
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.events.close();
    await Promise.all([this.calls.destroy(), this.waits.destroy()]);
  }

  private async finish(started: Operation, { deadlineMs = OPERATION_MS, what = {} }: Change): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    let operation: Operation | undefined = started;
    let away: number | undefined;
    for (let announced = this.events.end(started.id); !isFinished(operation);) {
      const left = deadline - Date.now();
      if (left <= 0)
        throw new DriverError(`it is still under way after ${deadlineMs / 1000} s`, {
          code: "timeout",
          ...what,
        });
      const round = Math.min(ROUND_SECONDS * 1000, left);
      const heard = await withinOrUndefined(announced, round);
      if (heard === undefined) {
        let asked: Operation | undefined;
        try {
          asked = await this.ask(started.id, what);
        } catch (error) {
          // A server that is being restarted comes back, and then no longer knows the operation.
          away ??= Date.now();
          if (this.closed || !isAway(error) || Date.now() - away > RESTART_MS) throw error;
          await sleep(AWAY_PAUSE_MS);
          continue;
        }
        away = undefined;
        operation = asked;
        if (operation === undefined) break;
        // Whoever waits once more is told by the next announcement, or asks the server to tell.
        if (!isFinished(operation) && !(await this.events.open()))
          operation = await this.wait(started.id, round, what);
        if (operation === undefined) break;
        announced = this.events.end(started.id);
      } else operation = heard;
    }
    this.events.forget(started.id);
    if (operation === undefined)
      throw new DriverError("the server has forgotten how the operation ended (was it restarted?)", {
        code: "connection-lost",
        ...what,
      });
    if (operation.status_code !== 200 || (operation.err ?? "") !== "")
      throw operationFailed(operation.err ?? "", operation.status_code === CANCELLED, what);
  }

  private async ask(id: string, what: Partial<DriverErrorDetails>): Promise<Operation | undefined> {
    const found = await this.send("GET", at("operations", id), { what }).catch(forgotten);
    return found?.envelope.metadata as Operation | undefined;
  }

  /** The server answers at once and sends the outcome when it has one, so silence is allowed to last. */
  private async wait(
    id: string,
    ms: number,
    what: Partial<DriverErrorDetails>,
  ): Promise<Operation | undefined> {
    const query = { timeout: String(Math.ceil(ms / 1000)) };
    const found = await this.send("GET", `${at("operations", id)}/wait`, { query, what }, this.waits).catch(
      forgotten,
    );
    return found?.envelope.metadata as Operation | undefined;
  }

  /** What is forbidden in one project may be allowed in another. */
  private words(status: number, { error = "", error_code: code }: Envelope): string {
    return (code || status) === 403 ? `${error} (project "${this.project}")` : error;
  }

  private async send(
    method: Dispatcher.HttpMethod,
    path: string,
    { body, upload, query = {}, etag, what = {} }: Change,
    dispatcher: Dispatcher = this.calls,
  ): Promise<{ envelope: Envelope; etag?: string }> {
    if (this.closed) throw new DriverError("the session is closed", { code: "connection-lost", ...what });
    const given = Object.entries({ project: this.project, ...query }).filter(
      ([, value]) => value !== undefined,
    );
    let status: number, text: string, seen: string | undefined;
    try {
      const answer = await request(`${this.origin}${path}`, {
        dispatcher,
        method,
        query: Object.fromEntries(given),
        headers: {
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(upload === undefined ? {} : { "content-type": "application/octet-stream", ...upload.headers }),
          ...(etag === undefined ? {} : { "if-match": etag }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(upload === undefined ? {} : { body: upload.bytes() }),
        headersTimeout: upload === undefined ? ANSWER_MS : UPLOAD_MS,
        bodyTimeout: ANSWER_MS,
      });
      status = answer.statusCode;
      seen = header(answer.headers["etag"]);
      text = await answer.body.text();
    } catch (error) {
      throw unanswered(error, what);
    }
    const envelope = parse(text, status, what);
    if (envelope.type === "error" || status >= 400)
      throw refused(envelope.error_code || status, this.words(status, envelope), what);
    return { envelope, ...(seen === undefined ? {} : { etag: seen }) };
  }
}

function isAway(error: unknown): boolean {
  return hasCode(error, "unreachable", "connection-lost", "busy");
}

/** An operation that is over is kept for five seconds only. */
function forgotten(error: unknown): undefined {
  if (error instanceof DriverError && error.code === "not-found") return undefined;
  throw error;
}

function parse(text: string, status: number, what: Partial<DriverErrorDetails>): Envelope {
  try {
    const envelope: unknown = JSON.parse(text);
    if (typeof envelope === "object" && envelope !== null) return envelope as Envelope;
  } catch {
    // Told below.
  }
  if (status === 502 || status === 503 || status === 504)
    return { type: "error", error_code: 503, error: "the server is not available yet" };
  throw new DriverError(`the answer (status ${status}) is not one of LXD's`, {
    code: "unsupported",
    remedy: "Does the address lead to an LXD server's own port (8443 by default)?",
    ...what,
  });
}

function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

async function withinOrUndefined<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), ms)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
