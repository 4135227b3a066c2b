import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";

/** A throwaway OpenSSH server on a loopback port, with keys and configuration of its own. Needs Debian's openssh-server. */
export interface Sshd {
  readonly port: number;
  readonly host: "127.0.0.1";
  /** The host key as a line of a known_hosts file. */
  readonly knownHostsLine: string;
  /** As `ssh-keygen -lf` prints it. */
  readonly fingerprint: string;
  /** What the server wrote so far (LogLevel VERBOSE). */
  log(): string;
  stop(): Promise<void>;
}

export interface SshdOptions {
  /** Public keys, each a line, that may log in as any user. */
  readonly authorizedKeys: readonly string[];
  /** Further lines of sshd_config; they win over the defaults here. */
  readonly config?: readonly string[];
  readonly hostKeyType?: "ed25519" | "rsa" | "ecdsa";
  /** Default: a free one. */
  readonly port?: number;
  /** Where it runs: a throwaway host's namespaces. Default: on this machine. */
  readonly inside?: (argv: readonly string[]) => readonly string[];
  /** An account that only this server knows, with root's rights; it logs in by its password too. */
  readonly account?: { readonly name: string; readonly password: string };
}

export async function startSshd(options: SshdOptions): Promise<Sshd> {
  const dir = temporaryFolder("sshd");
  chmodSync(dir, 0o755); // sshd reads the authorized keys as the user who logs in
  const port = options.port ?? (await freePort());
  const hostKey = makeKey(dir, "host_key", { type: options.hostKeyType ?? "ed25519" });
  const authorizedKeys = join(dir, "authorized_keys");
  writeFileSync(authorizedKeys, `${options.authorizedKeys.join("\n")}\n`, { mode: 0o644 });
  const config = join(dir, "sshd_config");
  writeFileSync(
    config,
    [
      ...(options.config ?? []),
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${hostKey.file}`,
      `PidFile ${join(dir, "pid")}`,
      `AuthorizedKeysFile ${authorizedKeys}`,
      "StrictModes no",
      "UsePAM no",
      `PasswordAuthentication ${options.account === undefined ? "no" : "yes"}`,
      "KbdInteractiveAuthentication no",
      "PermitRootLogin yes",
      "UseDNS no",
      "LogLevel VERBOSE",
      "",
    ].join("\n"),
  );
  const { inside = (argv) => argv } = options;
  const [program = "", ...args] = inside([
    ...(options.account === undefined ? [] : ["unshare", "--mount", "--propagation", "private"]),
    "sh",
    "-c",
    `mkdir -p /run/sshd && ${options.account === undefined ? "" : knowing(options.account, dir)} exec /usr/sbin/sshd -D -e -f ${config}`,
  ]);
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  await new Promise<void>((resolve, reject) => {
    child.stderr.on("data", (chunk: Buffer) => {
      log += chunk.toString("utf8");
      if (log.includes("Server listening on")) resolve();
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`sshd ended with ${code}: ${log}`)));
  });
  return {
    port,
    host: "127.0.0.1",
    knownHostsLine: `[127.0.0.1]:${port} ${hostKey.publicKey}`,
    fingerprint: hostKey.fingerprint,
    log: () => log,
    stop: async () => {
      await endProcess(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Shell that puts one account more into the /etc/passwd and /etc/shadow of its own mount namespace. */
function knowing(
  { name, password }: { readonly name: string; readonly password: string },
  dir: string,
): string {
  const hash = execFileSync("perl", ["-e", "print crypt(<STDIN>, q($6$throwaway$))"], {
    input: password,
    encoding: "utf8",
  });
  const lines = { passwd: `${name}:x:0:0::/root:/bin/sh`, shadow: `${name}:${hash}:19000:0:99999:7:::` };
  return Object.entries(lines)
    .map(([file, line]) => {
      const own = join(dir, file);
      writeFileSync(own, `${line}\n${readFileSync(`/etc/${file}`, "utf8")}`, {
        mode: file === "shadow" ? 0o600 : 0o644,
      });
      return `mount --bind ${own} /etc/${file} &&`;
    })
    .join(" ");
}

export interface KeyPair {
  /** The private key's file; the public one has `.pub` behind it. */
  readonly file: string;
  readonly privateKey: string;
  /** Type and base64, without a comment. */
  readonly publicKey: string;
  readonly fingerprint: string;
}

export function makeKey(
  dir: string,
  name: string,
  options: { readonly type?: "ed25519" | "rsa" | "ecdsa"; readonly passphrase?: string } = {},
): KeyPair {
  const file = join(dir, name);
  const { type = "ed25519", passphrase = "" } = options;
  execFileSync("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", name, "-f", file]);
  const publicKey = readFileSync(`${file}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
  const listed = execFileSync("ssh-keygen", ["-lf", `${file}.pub`], { encoding: "utf8" });
  return { file, privateKey: readFileSync(file, "utf8"), publicKey, fingerprint: listed.split(" ")[1] ?? "" };
}

export interface Agent {
  /** What SSH_AUTH_SOCK is set to. */
  readonly socket: string;
  add(key: KeyPair): void;
  stop(): Promise<void>;
}

export async function startAgent(): Promise<Agent> {
  const dir = temporaryFolder("agent");
  const socket = join(dir, "sock");
  const child = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => resolve()); // printed once the socket is there
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`ssh-agent ended with ${code}`)));
  });
  return {
    socket,
    add: (key) =>
      void execFileSync("ssh-add", ["-q", key.file], {
        env: { ...process.env, SSH_AUTH_SOCK: socket },
        stdio: "pipe",
      }),
    stop: async () => {
      await endProcess(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export interface EchoSocket {
  readonly path: string;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Those still open. */
  readonly open: number;
  stop(): Promise<void>;
}

/** A unix socket that sends everything back: the stand-in for libvirt's. */
export async function startEcho(dir: string, name = "libvirt-sock"): Promise<EchoSocket> {
  const path = join(dir, name);
  const sockets = new Set<net.Socket>();
  let accepted = 0;
  const server = net.createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    get accepted() {
      return accepted;
    },
    get open() {
      return sockets.size;
    },
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Sends bytes and waits for as many to come back. */
export function roundTrip(stream: Duplex, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (settle: () => void): void => {
      stream.off("data", onData).off("error", onError).off("close", onClose);
      settle();
    };
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= bytes.length) finish(() => resolve(Buffer.concat(chunks)));
    };
    const onError = (error: Error): void => finish(() => reject(error));
    const onClose = (): void => finish(() => reject(new Error(`closed after ${length} bytes`)));
    stream.on("data", onData).on("error", onError).on("close", onClose);
    stream.write(bytes);
  });
}

export function temporaryFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `vmhost-${name}-`));
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}
