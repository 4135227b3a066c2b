import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { DriverError } from "../../../driver/errors";
import type { LibvirtAddress } from "../../../schema/address/address";
import type { HostKeyPlan } from "./hostKeys";
import type { IdentityPlan } from "./keys";
import { expandHome, localUser, readSshConfig, type SshHostConfig } from "./config";
import type { Credentials, HostKeyPolicy } from "../transport";

/** One ssh server on the way, with all that is needed to log in there. */
export interface Hop {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly hostKey: HostKeyPlan;
  readonly identities: IdentityPlan;
  readonly password?: string;
  readonly authOnly?: readonly string[];
  readonly connectTimeoutMs?: number;
}

const DEFAULT_KEYS = ["id_ed25519", "id_ecdsa", "id_rsa"];
const GLOBAL_KNOWN_HOSTS = ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"];
const MAX_HOPS = 8;

/**
 * The ssh servers from here to the address's host, the last one being the host itself, as the address, the credentials and the
 * user's ssh configuration say together. Read anew for each connection: `$HOME` and the files may change.
 */
export function planRoute(
  address: LibvirtAddress,
  credentials: Credentials,
  warn: (warning: string) => void,
): readonly Hop[] {
  const home = process.env["HOME"] ?? homedir();
  const planner = new Planner(address, credentials, home, warn);
  return planner.route({ host: address.host ?? "", user: address.user, port: address.port }, true);
}

interface Stop {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

class Planner {
  #hops = 0;

  constructor(
    readonly address: LibvirtAddress,
    readonly credentials: Credentials,
    readonly home: string,
    readonly warn: (warning: string) => void,
  ) {}

  route(stop: Stop, target: boolean, jumps = true): readonly Hop[] {
    this.#hops += 1;
    if (this.#hops > MAX_HOPS)
      throw this.#refuse(
        `The ssh configuration leads through more than ${MAX_HOPS} hosts`,
        "is there a loop of ProxyJump?",
      );
    const config = readSshConfig({ ...stop, home: this.home, warn: this.warn });
    const before = jumps ? this.#jumps(stop.host, config) : [];
    return [...before, this.#hop(stop, config, target)];
  }

  #jumps(host: string, config: SshHostConfig): readonly Hop[] {
    const command = config.proxyCommand;
    if (command !== undefined && command.toLowerCase() !== "none") {
      throw this.#refuse(
        `The ssh configuration of ${host} has a ProxyCommand, which is not run: it names a program`,
        "use ProxyJump in ~/.ssh/config instead",
      );
    }
    const jump = config.proxyJump;
    if (jump === undefined || jump.toLowerCase() === "none") return [];
    // Only the first of a list goes through its own ProxyJump; the others are reached from the one before.
    return jump
      .split(",")
      .flatMap((text, index) => this.route(this.#readStop(text.trim()), false, index === 0));
  }

  #readStop(text: string): Stop {
    const parts = /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:@/]+))(?::([0-9]{1,5}))?\/?$/.exec(text);
    const host = parts?.[2] ?? parts?.[3];
    if (host === undefined)
      throw this.#refuse(
        `The ssh configuration has a ProxyJump that names no host: ${text}`,
        "write it as user@host:port",
      );
    const user = parts?.[1];
    const port = parts?.[4];
    return {
      host,
      ...(user === undefined ? {} : { user }),
      ...(port === undefined ? {} : { port: Number(port) }),
    };
  }

  #hop(stop: Stop, config: SshHostConfig, target: boolean): Hop {
    const { credentials, address, home } = this;
    const user = config.user ?? localUser();
    const port = config.port ?? 22;
    const label = target
      ? address.label
      : `${user}@${config.hostName}:${port} (on the way to ${address.label})`;
    const sshName = stop.user === undefined ? stop.host : `${stop.user}@${stop.host}`;
    const keyFiles = [credentials.sshKeyFile, address.params["keyfile"]].flatMap((file) =>
      file === undefined ? [] : [resolve(expandHome(file, home))],
    );
    const agentSocket = config.identityAgent ?? process.env["SSH_AUTH_SOCK"];
    const authOnly = target ? address.params["sshauth"]?.split(",") : undefined;
    return {
      host: config.hostName,
      port,
      user,
      hostKey: {
        label,
        sshName: port === 22 || config.port === undefined ? sshName : `-p ${port} ${sshName}`,
        host: config.hostName,
        port,
        ...(config.hostKeyAlias === undefined ? {} : { alias: config.hostKeyAlias }),
        policy: this.#policy(config),
        ...this.#knownHosts(config, target),
        warn: this.warn,
      },
      identities: {
        ...(credentials.sshPrivateKey === undefined ? {} : { inlineKey: credentials.sshPrivateKey }),
        ...(credentials.sshPassphrase === undefined ? {} : { passphrase: credentials.sshPassphrase }),
        explicitFiles: keyFiles,
        configuredFiles: config.identityFiles,
        // As in ssh, an IdentityFile of the configuration replaces the default ones.
        defaultFiles:
          config.identityFiles.length > 0 ? [] : DEFAULT_KEYS.map((name) => join(home, ".ssh", name)),
        ...(agentSocket === undefined || agentSocket === "" || agentSocket.toLowerCase() === "none"
          ? {}
          : { agentSocket }),
        identitiesOnly: config.identitiesOnly,
      },
      // A key is only proven, a password is handed over: hosts on the way do not get it.
      ...(target && credentials.password !== undefined ? { password: credentials.password } : {}),
      ...(authOnly === undefined ? {} : { authOnly }),
      ...(config.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: config.connectTimeoutMs }),
    };
  }

  #policy(config: SshHostConfig): HostKeyPolicy {
    const { params } = this.address;
    if (this.credentials.hostKeyPolicy !== undefined) return this.credentials.hostKeyPolicy;
    if (params["no_verify"] === "1") return "ignore";
    const word = params["known_hosts_verify"] ?? config.strictHostKeyChecking;
    if (word === "auto" || word === "accept-new") return "accept-new";
    return word === "ignore" || word === "no" || word === "off" ? "ignore" : "strict";
  }

  /** A pin replaces the user's files; hosts on the way may be in either. */
  #knownHosts(config: SshHostConfig, target: boolean): Pick<HostKeyPlan, "text" | "files"> {
    const own = [
      ...(config.userKnownHostsFiles ?? [
        join(this.home, ".ssh", "known_hosts"),
        join(this.home, ".ssh", "known_hosts2"),
      ]),
      ...(config.globalKnownHostsFiles ?? GLOBAL_KNOWN_HOSTS),
    ];
    const pinned = this.credentials.sshKnownHosts ?? this.address.params["known_hosts"];
    if (pinned === undefined) return { files: own };
    const rest = target ? [] : own;
    if (isKnownHostsText(pinned)) return { text: pinned, files: rest };
    const file = resolve(expandHome(pinned, this.home));
    if (!existsSync(file) && this.#policy(config) === "strict")
      throw this.#refuse(
        `The known_hosts file ${file} does not exist`,
        "name a file that exists, or give its lines as text",
      );
    return { files: [file, ...rest] };
  }

  #refuse(message: string, remedy: string): DriverError {
    return new DriverError(message, {
      code: "invalid-argument",
      operation: "connect",
      host: this.address.label,
      remedy,
    });
  }
}

/** A line with a key in it is text; anything else is a path. */
function isKnownHostsText(value: string): boolean {
  return /\s(ssh-|ecdsa-|sk-)\S+\s/.test(value) || value.trimStart().startsWith("#") || value.includes("\n");
}
