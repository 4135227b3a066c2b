import { spawn } from "node:child_process";
import type { SpawnOptions } from "node:child_process";
import { UserError } from "./progress.ts";

export interface CommandResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  durationMs: number;
}

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  input?: string | Buffer;
  /** Milliseconds after which the command and its children are killed. */
  timeout?: number;
  /** Return a failing exit code instead of throwing. */
  allowFailure?: boolean;
}

export class CommandError extends UserError {
  readonly argv: readonly string[];
  readonly result: CommandResult;

  constructor(argv: readonly string[], result: CommandResult) {
    const why = result.signal ? `was ended by ${result.signal}` : `failed with exit code ${result.code}`;
    super(`${argv.join(" ").slice(0, 300)} ${why}\n${tail(result.stderr || result.stdout)}`);
    this.argv = argv;
    this.result = result;
  }
}

function tail(text: string): string {
  return text.trim().split("\n").slice(-30).join("\n");
}

/** Runs a program with exact arguments (no shell), collects its output and throws when it fails. */
export function run(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [file = "", ...args] = argv;
  // With a time limit the command leads a group of its own, so that what it started ends with it.
  const detached = options.timeout !== undefined;
  const spawnOptions: SpawnOptions = {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["pipe", "pipe", "pipe"],
    detached,
  };
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, spawnOptions);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => err.push(chunk));
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input ?? "");
    const timer =
      options.timeout === undefined
        ? undefined
        : setTimeout(() => {
            if (child.pid !== undefined) killGroup(child.pid);
          }, options.timeout);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const result: CommandResult = {
        code,
        signal,
        stdout: Buffer.concat(out).toString("utf8"),
        stderr: Buffer.concat(err).toString("utf8"),
        durationMs: performance.now() - start,
      };
      if (code === 0 || options.allowFailure) resolve(result);
      else reject(new CommandError(argv, result));
    });
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}
