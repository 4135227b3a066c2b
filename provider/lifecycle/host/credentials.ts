import type { HostConnection } from "../../schema/address/connection";

/** Secrets of the stack's configuration, so that rotating one touches no state. */
export interface Credentials {
  readonly sshPrivateKey?: string;
  readonly sshPassphrase?: string;
  readonly password?: string;
  /** LXD's client certificate and its key. */
  readonly certificate?: string;
  readonly key?: string;
}

interface ConfigReader {
  get(key: string): string | undefined;
}

const KEYS = ["sshPrivateKey", "sshPassphrase", "password", "certificate", "key"] as const;

/** `pulumi config set --secret vmhost:password …` and its like. */
export function readCredentials(config: ConfigReader | undefined): Credentials {
  return Object.fromEntries(
    KEYS.map((key) => [key, config?.get(`vmhost:${key}`)]).filter(([, value]) => value !== undefined),
  );
}

/** What a resource says explicitly goes before what the stack's configuration says. */
export function withConfiguredCredentials(connection: HostConnection, config: Credentials): HostConnection {
  return {
    ...config,
    ...Object.fromEntries(Object.entries(connection).filter(([, value]) => value !== undefined)),
  } as HostConnection;
}
