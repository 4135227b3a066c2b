import type { Readable } from "node:stream";
import type { Agent, Dispatcher } from "undici";
import { DriverError, type DriverErrorDetails } from "../../driver/errors";
import type { Envelope } from "./answers";
import { openAgent, type Access, type SeenServer } from "./connect";
import { refused, unanswered } from "./errors";
import { ask } from "./undici";

/** At most so many requests at a time; LXD's database does not like crowds. */
const WIDTH = 8;
/** Waiting must not use up the connections that other requests need. */
const WAITING = 256;
const ANSWER_MS = 60_000;
/** The answer to an upload begins when all of it has arrived. */
export const UPLOAD_MS = 4 * 3_600_000;

export type Query = Readonly<Record<string, string | undefined>>;
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Bytes in place of JSON, with what the server is to know of them. */
export interface Upload {
  readonly headers: Readonly<Record<string, string>>;
  bytes(): Readable;
}

export interface Asking {
  readonly body?: unknown;
  readonly upload?: Upload;
  readonly query?: Query;
  readonly etag?: string;
  /** What is being done to what, for messages. */
  readonly what?: Partial<DriverErrorDetails>;
}

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

export interface Answer {
  readonly envelope: Envelope;
  readonly etag?: string;
}

/** A path below /1.0 of names that may hold anything. */
export function at(...parts: readonly string[]): string {
  return `/1.0${parts.map((part) => `/${encodeURIComponent(part)}`).join("")}`;
}

/** Single requests to one project of one server: so many at a time, none without a deadline. */
export class Requests {
  readonly origin: string;
  readonly seen: SeenServer = {};
  /** For what may be silent for long: announcements, `/wait`. */
  readonly waits: Agent;
  /** Nothing is asked any more. */
  closed = false;
  private readonly calls: Agent;

  constructor(
    access: Access,
    private readonly project: string,
  ) {
    const { address } = access;
    this.origin = address.kind === "unix" ? "http://lxd" : address.origin;
    this.calls = openAgent(access, WIDTH, this.seen);
    this.waits = openAgent(access, WAITING, this.seen);
  }

  async send(method: Method, path: string, asking: Asking = {}, dispatcher?: Dispatcher): Promise<Answer> {
    const { what = {} } = asking;
    if (this.closed) throw new DriverError("the session is closed", { code: "connection-lost", ...what });
    let status: number, text: string, etag: string | undefined;
    try {
      const answer = await this.ask(method, path, asking, dispatcher);
      status = answer.statusCode;
      etag = [answer.headers["etag"]].flat()[0];
      text = await answer.body.text();
    } catch (error) {
      throw unanswered(error, what);
    }
    const envelope = parse(text, status, what);
    if (envelope.type === "error" || status >= 400)
      throw refused(envelope.error_code || status, this.words(status, envelope), what);
    return { envelope, ...(etag === undefined ? {} : { etag }) };
  }

  /** What the server says of a file without its content; undefined where it says that there is none. */
  async headers(path: string, query: Query): Promise<Headers | undefined> {
    let status: number, headers: Headers;
    try {
      const answer = await this.ask("HEAD", path, { query });
      await answer.body.dump();
      ({ statusCode: status, headers } = answer);
    } catch (error) {
      throw unanswered(error, {});
    }
    if (status < 400) return headers;
    if (status === 404) return undefined;
    // An answer without a body has no words for what is wrong; this one has.
    await this.send("GET", path, { query });
    throw refused(status, "");
  }

  /** A file as it is. */
  async *bytes(path: string, what: Partial<DriverErrorDetails>): AsyncGenerator<Buffer, void> {
    try {
      const { statusCode, body } = await this.ask("GET", path, {});
      if (statusCode < 400) yield* body as AsyncIterable<Buffer>;
      else throw refused(statusCode, parse(await body.text(), statusCode, what).error ?? "", what);
    } catch (error) {
      throw unanswered(error, what);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([this.calls.destroy(), this.waits.destroy()]);
  }

  private ask(
    method: Method | "HEAD",
    path: string,
    { body, upload, query = {}, etag }: Asking,
    dispatcher: Dispatcher = this.calls,
  ): Promise<Dispatcher.ResponseData> {
    const given = Object.entries({ project: this.project, ...query }).filter(
      ([, value]) => value !== undefined,
    );
    return ask(dispatcher, {
      origin: this.origin,
      path,
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
  }

  /** What is forbidden in one project may be allowed in another. */
  private words(status: number, { error = "", error_code: code }: Envelope): string {
    const ofRights = (code || status) === 403 && !/cluster member/i.test(error);
    return ofRights ? `${error} (project "${this.project}")` : error;
  }
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
