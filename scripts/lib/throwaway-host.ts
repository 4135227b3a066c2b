import { spawn } from "node:child_process";
import { createConnection } from "node:net";
import { chmod, copyFile, readFile, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { openSync, closeSync } from "node:fs";
import { basename, join } from "node:path";
import type { CommandOptions, CommandResult } from "./command.ts";
import { run } from "./command.ts";
import { layOut, removeHost, removeStaleHosts, newHostDir, readRecord, writeRecord } from "./host-files.ts";
import type { HostRecord } from "./host-files.ts";
import { checkoutDir } from "./paths.ts";
import { childrenOf, commandName, identify, isAlive, killIfAlive, poll } from "./processes.ts";
import { UserError } from "./progress.ts";

export interface HostOptions {
  /** Folder of the host, made and in the end removed; every user must be able to enter it. Default: a new one in the temporary folder. */
  dir?: string;
  /** Its host name. Default: the folder's name. */
  name?: string;
  /** Outlives the process that started it (the quickstart). Default: it ends with that process. */
  persistent?: boolean;
}

/** Paths inside every throwaway host, where QEMU's user may read. */
export const poolPath = "/var/lib/libvirt/images";
export const bootPath = "/var/lib/libvirt/boot";

/** A libvirt host in namespaces of its own. */
export class ThrowawayHost {
  readonly dir: string;
  readonly name: string;
  /** The `unshare` process: its death is the host's. */
  readonly pid: number;
  /** The first process inside, whose namespaces commands enter. */
  readonly innerPid: number;
  readonly #record: HostRecord;

  constructor(dir: string, record: HostRecord) {
    this.dir = dir;
    this.name = record.name;
    this.pid = record.outer.pid;
    this.innerPid = record.inner.pid;
    this.#record = record;
  }

  get socket(): string {
    return join(this.dir, "run", "libvirt-sock");
  }

  get address(): string {
    return `qemu+unix:///system?socket=${this.socket}`;
  }

  /** libvirt's driver without guests, served by the same daemon. */
  get testAddress(): string {
    return `test+unix:///default?socket=${this.socket}`;
  }

  get alive(): boolean {
    return isAlive(this.#record.outer) && isAlive(this.#record.inner);
  }

  /** The command that runs a program inside the host's namespaces. */
  inside(argv: readonly string[]): string[] {
    const namespaces = ["--mount", "--net", "--pid", "--ipc", "--uts"];
    return ["nsenter", "--target", String(this.innerPid), ...namespaces, "--", ...argv];
  }

  /** Runs a program inside the host's namespaces. */
  exec(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return run(this.inside(argv), options);
  }

  async virsh(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return (
      await this.exec(["virsh", "--quiet", "--connect", "qemu:///system", ...args], options)
    ).stdout.trim();
  }

  /** The body of a web page as seen from inside the host's network; undefined when nothing answers within the time. */
  async get(url: string, timeout = 4000): Promise<string | undefined> {
    const program =
      "fetch(process.argv[1], { signal: AbortSignal.timeout(+process.argv[2]) }).then((r) => r.text()).then((t) => process.stdout.write(t))";
    const argv = [process.execPath, "-e", program, url, String(timeout)];
    const { code, stdout } = await this.exec(argv, { allowFailure: true, timeout: timeout + 2000 });
    return code === 0 ? stdout : undefined;
  }

  /** Copies a file to where the host's QEMU can read it; returns its path on the host. */
  async place(file: string, name: string = basename(file)): Promise<string> {
    const target = join(this.dir, "lib", "boot", name);
    await copyFile(file, target);
    await chmod(target, 0o644);
    return join(bootPath, name);
  }

  /** Process id of libvirtd on this machine (SIGSTOP makes a host that accepts and never answers). */
  daemonPid(): number | undefined {
    // tini, its loop, and the loop of the daemon.
    return childrenOf(this.innerPid)
      .flatMap(childrenOf)
      .flatMap(childrenOf)
      .find((pid) => commandName(pid) === "libvirtd" && isAlive(identify(pid)));
  }

  /** SIGKILL to libvirtd alone: guests, networks and leases live on. */
  async killDaemon(): Promise<void> {
    const pid = this.daemonPid();
    if (pid === undefined) return;
    const daemon = identify(pid);
    killIfAlive(daemon);
    await poll(() => !isAlive(daemon), 10_000);
  }

  /** Starts libvirtd again, with more arguments if wanted, and waits until it answers; ends a running one first. */
  async restartDaemon(args: readonly string[] = []): Promise<void> {
    await this.killDaemon();
    await writeFile(join(this.dir, "control"), `${["libvirtd", ...args].join(" ")}\n`);
    await this.ready();
  }

  /** Waits until a connection through the socket gets an answer. */
  async ready(): Promise<void> {
    const answering = await poll(async () => {
      if (!this.alive)
        throw new UserError(`The throwaway libvirt host ended while it started:\n${await this.logTail()}`);
      return this.answers();
    }, 30_000);
    if (answering === undefined)
      throw new UserError(`The throwaway libvirt host does not answer:\n${await this.logTail()}`);
  }

  /** Whether libvirtd takes a connection and a call through it. */
  async answers(): Promise<boolean> {
    if (!(await connects(this.socket))) return false;
    const asked = await this.exec(["virsh", "--connect", "qemu:///system", "uri"], {
      allowFailure: true,
      timeout: 20_000,
    });
    return asked.code === 0;
  }

  async logTail(lines = 20): Promise<string> {
    const logs = await Promise.all(
      ["start.log", "libvirtd.log"].map((name) =>
        readFile(join(this.dir, "log", name), "utf8").catch(() => ""),
      ),
    );
    return logs.join("").trim().split("\n").slice(-lines).join("\n");
  }

  /** Ends the host with everything in it and removes its folder. */
  async stop(): Promise<void> {
    await removeHost(this.dir, this.#record);
  }
}

/** Starts a throwaway libvirt host (root only) and waits until it answers. */
export async function startHost(options: HostOptions = {}): Promise<ThrowawayHost> {
  if (process.getuid?.() !== 0)
    throw new UserError("A throwaway libvirt host needs root: it lives in namespaces of its own");
  await removeStaleHosts();
  const dir = options.dir ?? (await newHostDir());
  const name = options.name ?? basename(dir);
  const dead = await readRecord(dir);
  if (dead !== undefined) await removeHost(dir, dead);
  await layOut(dir);
  await run(["mkfifo", join(dir, "control")]);
  const lifetime = options.persistent ? "keep" : "follow";
  const log = openSync(join(dir, "log", "start.log"), "w");
  const script = join(checkoutDir(), "scripts", "lib", "host-outer.sh");
  // The group's name must be unique on the machine, the host's name need not be.
  const group = `${name}-${randomBytes(3).toString("hex")}`;
  const child = spawn("bash", [script, dir, group, name, lifetime], {
    stdio: ["ignore", log, log],
    detached: true,
    cwd: "/",
  });
  closeSync(log);
  child.unref();
  if (child.pid === undefined) throw new Error("bash cannot be started");
  const outer = identify(child.pid);
  const starting: HostRecord = {
    name,
    group,
    outer,
    inner: outer,
    owner: options.persistent ? undefined : identify(process.pid),
  };
  await writeRecord(dir, starting);
  const record = { ...starting, inner: identify(await firstInside(child.pid, dir)) };
  await writeRecord(dir, record);
  const host = new ThrowawayHost(dir, record);
  try {
    await host.ready();
  } catch (error) {
    await host.stop();
    throw error;
  }
  return host;
}

/** A host that an earlier process started, when it still runs. */
export async function findHost(dir: string): Promise<ThrowawayHost | undefined> {
  const record = await readRecord(dir);
  if (record === undefined) return undefined;
  const host = new ThrowawayHost(dir, record);
  return host.alive ? host : undefined;
}

async function firstInside(pid: number, dir: string): Promise<number> {
  const inner = await poll(() => (commandName(pid) === "unshare" ? childrenOf(pid)[0] : undefined), 10_000);
  if (inner !== undefined) return inner;
  throw new UserError(
    `The throwaway libvirt host does not start:\n${await readFile(join(dir, "log", "start.log"), "utf8")}`,
  );
}

function connects(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(socket, () => {
      connection.destroy();
      resolve(true);
    });
    connection.on("error", () => resolve(false));
  });
}

/**
 * A cable between two hosts: a veth pair named `peer0` (then `peer1`, …) with one address at each end.
 * Give addresses in CIDR form, e.g. "192.0.2.1/30".
 */
export async function connectHosts(
  a: ThrowawayHost,
  b: ThrowawayHost,
  addresses: readonly [string, string],
): Promise<string> {
  const names = (await a.exec(["ls", "/sys/class/net"])).stdout
    .split("\n")
    .concat((await b.exec(["ls", "/sys/class/net"])).stdout.split("\n"));
  let index = 0;
  while (names.includes(`peer${index}`)) index += 1;
  const link = `peer${index}`;
  const [pidA, pidB] = [String(a.innerPid), String(b.innerPid)];
  await run(["ip", "link", "add", link, "netns", pidA, "type", "veth", "peer", "name", link, "netns", pidB]);
  for (const [host, address] of [
    [a, addresses[0]],
    [b, addresses[1]],
  ] as const) {
    await host.exec(["ip", "address", "add", address, "dev", link]);
    await host.exec(["ip", "link", "set", link, "up"]);
  }
  return link;
}
