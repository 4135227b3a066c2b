import { setTimeout as sleep } from "node:timers/promises";
import { openHost } from "../driver/connect";
import type { HostDriver } from "../driver/contract";
import { hasCode, isDriverError } from "../driver/errors";
import { accessFields, type HostConnection } from "../schema/connection";
import { withConfiguredCredentials, type Credentials } from "./credentials";
import { hostLabel } from "./explain";

/** One host, shared by all resources of the process. */
interface Host {
  readonly driver: HostDriver;
  readonly gate: Gate;
  reached: boolean;
}

const hosts = new Map<string, Host>();

function hostOf(connection: HostConnection, config: Credentials): Host {
  const complete = withConfiguredCredentials(connection, config);
  const key = JSON.stringify(Object.keys(accessFields).map((name) => complete[name as keyof HostConnection]));
  let host = hosts.get(key);
  if (host === undefined) {
    host = { driver: openHost(complete), gate: new Gate(connection.maxParallelActions), reached: false };
    hosts.set(key, host);
  }
  return host;
}

/** Run a read-only step on a host; a lost connection is tried again. */
export function observing<T>(
  connection: HostConnection,
  config: Credentials,
  step: (driver: HostDriver) => Promise<T>,
): Promise<T> {
  return persist(hostOf(connection, config), connection, step);
}

/**
 * Run a changing step on a host, with at most `maxParallelActions` of them at a time. A step is idempotent: after a
 * lost connection or on a busy host it is run again from its start, up to `retries` times.
 */
export function acting<T>(
  connection: HostConnection,
  config: Credentials,
  step: (driver: HostDriver) => Promise<T>,
): Promise<T> {
  const host = hostOf(connection, config);
  return host.gate.run(() => persist(host, connection, step));
}

async function persist<T>(
  host: Host,
  connection: HostConnection,
  step: (driver: HostDriver) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      const result = await step(host.driver);
      host.reached = true;
      return result;
    } catch (error) {
      const again =
        isDriverError(error) && (error.transient || (host.reached && hasCode(error, "unreachable")));
      if (!again || attempt >= connection.retries) {
        throw isDriverError(error) ? error.onHost(hostLabel(connection)) : error;
      }
      await sleep(250 * 2 ** attempt * (1 + Math.random()));
    }
  }
}

/** Lets at most `width` tasks run at a time, in the order in which they came. */
class Gate {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly width: number) {}

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.running >= this.width) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running++;
    try {
      return await task();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running--;
      else next();
    }
  }
}

/** Close every session, for programs and tests that want to end at once. */
export async function closeHosts(): Promise<void> {
  const open = [...hosts.values()];
  hosts.clear();
  await Promise.all(open.map(({ driver }) => driver.close()));
}
