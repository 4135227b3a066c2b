import { setTimeout as sleep } from "node:timers/promises";
import { openHost } from "../../driver/connect";
import type { HostDriver } from "../../driver/contract";
import { hasCode, isDriverError } from "../../driver/errors";
import { accessFields, type HostConnection } from "../../schema/address/connection";
import { withConfiguredCredentials, type Credentials } from "./credentials";
import { hostLabel } from "../engine/explain";
import { Ledger } from "./ledger";
import { Turns } from "../../driver/turns";

/** One host, shared by all resources of the process. */
interface Host {
  readonly driver: HostDriver;
  readonly turns: Turns;
  readonly ledger: Ledger;
  reached: boolean;
}

const hosts = new Map<string, Host>();

function hostOf(connection: HostConnection, config: Credentials): Host {
  const complete = withConfiguredCredentials(connection, config);
  const key = JSON.stringify(Object.keys(accessFields).map((name) => complete[name as keyof HostConnection]));
  let host = hosts.get(key);
  if (host === undefined) {
    const driver = openHost(complete);
    const turns = new Turns(connection.maxParallelActions);
    host = { driver, turns, ledger: new Ledger(driver), reached: false };
    hosts.set(key, host);
  }
  return host;
}

/** What this process knows of how full a host is. */
export function ledgerOf(connection: HostConnection, config: Credentials): Ledger {
  return hostOf(connection, config).ledger;
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
  return host.turns.run(() => persist(host, connection, step));
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

/** Close every session, for programs and tests that want to end at once. */
export async function closeHosts(): Promise<void> {
  const open = [...hosts.values()];
  hosts.clear();
  await Promise.all(open.map(({ driver }) => driver.close()));
}
