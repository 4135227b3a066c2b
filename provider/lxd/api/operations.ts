import { setTimeout as sleep } from "node:timers/promises";
import { DriverError, hasCode, type DriverErrorDetails } from "../../driver/errors";
import { CANCELLED, isFinished, SUCCESS, type Operation } from "./answers";
import { isGone, operationFailed } from "./errors";
import type { Events } from "./events";
import { at, type Requests } from "./requests";

const OPERATION_MS = 600_000;
/** One round of `/wait`, and how long announcements may be silent before the operation itself is looked at. */
const ROUND_SECONDS = 20;
/** How long a server may be away in the middle of an operation: a restart, or an upgrade. */
const RESTART_MS = 60_000;
const AWAY_PAUSE_MS = 500;

type What = Partial<DriverErrorDetails>;

export interface Waiting {
  /** How long the operation may take. */
  readonly deadlineMs?: number;
  /** What is being done to what, for messages. */
  readonly what?: What;
  /** Is told what the server says of how far it is. */
  readonly tell?: ((words: string) => void) | undefined;
}

/** Waits for background operations: by the server's announcements, and by asking where there are none. */
export class Operations {
  constructor(
    private readonly requests: Requests,
    private readonly events: Events,
  ) {}

  /** Ends when the operation has ended well, and tells how it is then. */
  async finish(
    started: Operation,
    { deadlineMs = OPERATION_MS, what = {}, tell }: Waiting = {},
  ): Promise<Operation> {
    if (tell !== undefined) this.events.follow(started.id, tell);
    const ended = await this.end(started, deadlineMs, what).finally(() => this.events.forget(started.id));
    if (ended === undefined)
      throw new DriverError("the server has forgotten how the operation ended (was it restarted?)", {
        code: "connection-lost",
        ...what,
      });
    const { status_code: status, err = "" } = ended;
    if (status !== SUCCESS || err !== "") throw operationFailed(err, status === CANCELLED, what);
    return ended;
  }

  /** How it has ended; undefined where the server no longer knows. */
  private async end(started: Operation, deadlineMs: number, what: What): Promise<Operation | undefined> {
    const { id } = started;
    const deadline = Date.now() + deadlineMs;
    let operation: Operation | undefined = started;
    let away: number | undefined;
    for (let announced = this.events.end(id); operation !== undefined && !isFinished(operation);) {
      const left = deadline - Date.now();
      if (left <= 0)
        throw new DriverError(`it is still under way after ${deadlineMs / 1000} s`, {
          code: "timeout",
          ...what,
        });
      const round = Math.min(ROUND_SECONDS * 1000, left);
      const heard = await withinOrUndefined(announced, round);
      if (heard !== undefined) return heard;
      try {
        operation = await this.ask(id, what);
      } catch (error) {
        // A server that is being restarted comes back, and then no longer knows the operation.
        away ??= Date.now();
        if (this.requests.closed || !isAway(error) || Date.now() - away > RESTART_MS) throw error;
        await sleep(AWAY_PAUSE_MS);
        continue;
      }
      away = undefined;
      // Whoever waits once more is told by the next announcement, or asks the server to tell.
      if (operation !== undefined && !isFinished(operation) && !(await this.events.open()))
        operation = await this.wait(id, round, what);
      announced = this.events.end(id);
    }
    return operation;
  }

  private async ask(id: string, what: What): Promise<Operation | undefined> {
    const found = await this.requests.send("GET", at("operations", id), { what }).catch(forgotten);
    return found?.envelope.metadata as Operation | undefined;
  }

  /** The server answers at once and sends the outcome when it has one, so silence is allowed to last. */
  private async wait(id: string, ms: number, what: What): Promise<Operation | undefined> {
    const query = { timeout: String(Math.ceil(ms / 1000)) };
    const path = `${at("operations", id)}/wait`;
    const found = await this.requests
      .send("GET", path, { query, what }, this.requests.waits)
      .catch(forgotten);
    return found?.envelope.metadata as Operation | undefined;
  }
}

function isAway(error: unknown): boolean {
  return hasCode(error, "unreachable", "connection-lost", "busy");
}

/** An operation that is over is kept for five seconds only. */
function forgotten(error: unknown): undefined {
  if (!isGone(error)) throw error;
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
