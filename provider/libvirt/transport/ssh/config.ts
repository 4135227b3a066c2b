import { readdirSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import type { Line } from "ssh-config" with { "resolution-mode": "import" };
import { DriverError } from "../../../driver/errors";
import { matchesPattern, matchesPatterns } from "./patterns";
import { loadSshConfig } from "./libraries";

/** What the user's ssh configuration says of one host (ssh_config(5)), with tokens and `~` replaced in paths. */
export interface SshHostConfig {
  readonly hostName: string;
  readonly user?: string;
  readonly port?: number;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** Socket path, or "none". */
  readonly identityAgent?: string;
  readonly proxyJump?: string;
  readonly proxyCommand?: string;
  readonly userKnownHostsFiles?: readonly string[];
  readonly globalKnownHostsFiles?: readonly string[];
  readonly strictHostKeyChecking?: string;
  readonly hostKeyAlias?: string;
  readonly connectTimeoutMs?: number;
}

export interface SshConfigQuery {
  /** The host as the address names it. */
  readonly host: string;
  /** Given in the address: these win over the configuration. */
  readonly user?: string;
  readonly port?: number;
  readonly home: string;
  /** Told of what is passed over. */
  readonly warn?: (warning: string) => void;
}

const SYSTEM_CONFIG = "/etc/ssh/ssh_config";
const MAX_INCLUDE_DEPTH = 16;

/** The user's file first, then the system's: the first value of each keyword counts. */
export function readSshConfig(query: SshConfigQuery): SshHostConfig {
  const reader = new Reader(query);
  reader.file(join(query.home, ".ssh", "config"));
  reader.file(SYSTEM_CONFIG);
  return reader.result();
}

class Reader {
  readonly #values = new Map<string, readonly string[]>();
  readonly #identityFiles: string[] = [];

  constructor(readonly query: SshConfigQuery) {}

  /** A relative Include is sought beside the outermost file, however deep it stands. */
  file(path: string, folder = dirname(path), depth = 0): void {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch {
      return; // missing or unreadable: ssh goes on without it
    }
    let lines: readonly Line[];
    try {
      lines = loadSshConfig().parse(text);
    } catch (error) {
      throw new DriverError(`${path} cannot be read as an ssh configuration`, {
        code: "invalid-argument",
        operation: "read the ssh configuration",
        target: path,
        remedy: `check it with ssh -G ${this.query.host}`,
        cause: error,
      });
    }
    this.#walk(lines, folder, depth);
  }

  #walk(lines: readonly Line[], folder: string, depth: number): void {
    for (const line of lines) {
      if (!("param" in line)) continue;
      const keyword = line.param.toLowerCase();
      const values = typeof line.value === "string" ? [line.value] : line.value.map(({ val }) => val);
      if (keyword === "host") {
        if ("config" in line && matchesPatterns(values, this.query.host))
          this.#walk(line.config, folder, depth);
      } else if (keyword === "match") {
        if ("config" in line && this.#matches(values)) this.#walk(line.config, folder, depth);
      } else if (keyword === "include") {
        if (depth >= MAX_INCLUDE_DEPTH) continue;
        const paths = values
          .map((value) => this.#expand(value))
          .map((path) => (isAbsolute(path) ? path : join(folder, path)));
        for (const path of paths.flatMap(expandGlob)) this.file(path, folder, depth + 1);
      } else {
        this.#set(keyword, values);
      }
    }
  }

  #set(keyword: string, values: readonly string[]): void {
    const [first] = values;
    if (first === undefined) return;
    if (keyword === "identityfile") this.#identityFiles.push(first);
    if (this.#values.has(keyword)) return;
    // Of ProxyJump and ProxyCommand, the one that comes first stops the other.
    if (keyword === "proxycommand" && this.#values.has("proxyjump")) return;
    if (keyword === "proxyjump" && this.#values.has("proxycommand")) return;
    this.#values.set(keyword, values);
  }

  /** `Match` criteria in pairs; `exec` would run a program and never matches. */
  #matches(words: readonly string[]): boolean {
    for (let i = 0; i < words.length; i += 1) {
      const word = words[i]?.toLowerCase() ?? "";
      const negated = word.startsWith("!");
      const criterion = negated ? word.slice(1) : word;
      if (criterion === "all" || criterion === "final") continue;
      if (criterion === "canonical") {
        if (!negated) return false;
        continue;
      }
      i += 1;
      const matched = this.#criterion(criterion, (words[i] ?? "").split(","));
      if (matched === undefined || matched === negated) return false;
    }
    return true;
  }

  #criterion(name: string, patterns: readonly string[]): boolean | undefined {
    switch (name) {
      case "host":
        return matchesPatterns(patterns, this.#hostName());
      case "originalhost":
        return matchesPatterns(patterns, this.query.host);
      case "user":
        return matchesPatterns(patterns, this.query.user ?? this.#one("user") ?? localUser());
      case "localuser":
        return matchesPatterns(patterns, localUser());
      case "exec":
        this.query.warn?.(
          'A "Match exec" block of the ssh configuration is passed over: it names a program to run',
        );
        return undefined;
      default:
        return undefined;
    }
  }

  #one(keyword: string): string | undefined {
    return this.#values.get(keyword)?.[0];
  }

  #hostName(): string {
    return (this.#one("hostname") ?? this.query.host).replace(/%(.)/g, (all, token: string) =>
      token === "h" ? this.query.host : token === "%" ? "%" : all,
    );
  }

  result(): SshHostConfig {
    const user = this.query.user ?? this.#one("user");
    const port = this.query.port ?? (Number(this.#one("port")) || undefined);
    const timeout = Number(this.#one("connecttimeout")) || undefined;
    const agent = this.#one("identityagent");
    const files = (keyword: string): readonly string[] | undefined =>
      this.#values
        .get(keyword)
        ?.filter((file) => file.toLowerCase() !== "none")
        .map((file) => this.#expand(file));
    const optional = {
      user,
      port,
      identityAgent: agent === undefined ? undefined : this.#expandAgent(agent),
      proxyJump: this.#one("proxyjump"),
      proxyCommand: this.#values.get("proxycommand")?.join(" "),
      userKnownHostsFiles: files("userknownhostsfile"),
      globalKnownHostsFiles: files("globalknownhostsfile"),
      strictHostKeyChecking: this.#one("stricthostkeychecking")?.toLowerCase(),
      hostKeyAlias: this.#one("hostkeyalias"),
      connectTimeoutMs: timeout === undefined ? undefined : timeout * 1000,
    };
    return {
      hostName: this.#hostName(),
      identityFiles: this.#identityFiles
        .filter((file) => file.toLowerCase() !== "none")
        .map((file) => this.#expand(file)),
      identitiesOnly: this.#one("identitiesonly")?.toLowerCase() === "yes",
      ...optional,
    };
  }

  #expandAgent(value: string): string | undefined {
    if (value === "SSH_AUTH_SOCK") return process.env["SSH_AUTH_SOCK"];
    return value.startsWith("$") && !value.startsWith("${")
      ? process.env[value.slice(1)]
      : this.#expand(value);
  }

  /** `~`, `${VARIABLE}` and the tokens of ssh_config(5) that need no network. */
  #expand(path: string): string {
    const { home, host, user } = this.query;
    const tokens: Readonly<Record<string, string>> = {
      "%": "%",
      d: home,
      h: this.#hostName(),
      i: String(process.getuid?.() ?? 0),
      k: this.#one("hostkeyalias") ?? host,
      n: host,
      p: String(this.query.port ?? this.#one("port") ?? 22),
      r: user ?? this.#one("user") ?? localUser(),
      u: localUser(),
    };
    return expandHome(path, home)
      .replace(/\$\{(\w+)\}/g, (_all, name: string) => process.env[name] ?? "")
      .replace(/%(.)/g, (all, token: string) => tokens[token] ?? all);
  }
}

export function expandHome(path: string, home: string): string {
  return path === "~" ? home : path.startsWith("~/") ? join(home, path.slice(2)) : path;
}

export function localUser(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env["USER"] ?? "root"; // a uid without an entry in the user database
  }
}

/** `*` and `?` in any part of an absolute path; in order of name, as glob(3). */
function expandGlob(path: string): readonly string[] {
  if (!/[*?]/.test(path)) return [path];
  return path
    .split("/")
    .slice(1)
    .reduce<readonly string[]>(
      (folders, part) =>
        /[*?]/.test(part)
          ? folders.flatMap((folder) => entries(folder, part).map((name) => `${folder}/${name}`))
          : folders.map((folder) => `${folder}/${part}`),
      [""],
    );
}

function entries(folder: string, pattern: string): readonly string[] {
  try {
    return readdirSync(folder === "" ? "/" : folder)
      .filter((name) => !name.startsWith(".") && matchesPattern(pattern, name))
      .sort();
  } catch {
    return [];
  }
}
