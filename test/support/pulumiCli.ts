import { spawn } from "node:child_process";
import { join } from "node:path";

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  durationMs: number;
}

export interface Step {
  op: string;
  urn: string;
  /** Last part of the URN. */
  name: string;
  /** The resource's type, such as `pulumi-nodejs:dynamic/vmhost:Vm`. */
  type: string;
  diffReasons?: string[];
  replaceReasons?: string[];
  detailedDiff?: Record<string, { kind: string }>;
  oldState?: { inputs?: Record<string, unknown>; outputs?: Record<string, unknown> };
  newState?: { inputs?: Record<string, unknown>; outputs?: Record<string, unknown> };
}

/** A command of the CLI that still runs. */
export interface Running {
  readonly pid: number;
  readonly done: Promise<Outcome>;
  /** What it has printed so far. */
  readonly output: () => string;
  /** The CLI alone gets the signal; see `Program.processes` for the others. */
  kill(signal: NodeJS.Signals): void;
}

/** Nothing of the caller's stacks, accounts, plugins or keys reaches the engine, and it asks no network for anything. */
export function environment(dir: string, path: string, more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(PULUMI_|SSH_|npm_|NODE_OPTIONS$|NODE_ENV$|JEST_|VMHOST_|CI$)/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    PATH: path,
    HOME: join(dir, "home"),
    PULUMI_HOME: join(dir, "pulumi-home"),
    PULUMI_BACKEND_URL: `file://${join(dir, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
    NO_COLOR: "1",
    ...more,
  };
}

export function startCli(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Running {
  const start = performance.now();
  // A group of its own, so that Ctrl-C in a terminal reaches the test run and not the engine.
  const child = spawn("pulumi", [...args, "--color", "never"], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const done = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject);
    // Not "close": after a kill, the engine's orphans hold the pipes for a while longer.
    child.on("exit", (code, signal) => {
      const finish = (): void =>
        resolve({ code, signal, stdout, stderr, durationMs: performance.now() - start });
      const late = setTimeout(finish, 500);
      child.on("close", () => {
        clearTimeout(late);
        finish();
      });
    });
  });
  return {
    pid: child.pid ?? 0,
    done,
    output: () => stdout + stderr,
    kill: (signal) => void child.kill(signal),
  };
}

export interface PreviewDocument {
  steps?: Omit<Step, "name" | "type">[];
  diagnostics?: { message: string; severity: string; urn?: string }[];
}

export function readPreview(stdout: string): PreviewDocument {
  try {
    return JSON.parse(stdout.slice(stdout.indexOf("{"))) as PreviewDocument;
  } catch {
    return {};
  }
}

export function named(step: Omit<Step, "name" | "type">): Step {
  const parts = step.urn.split("::");
  return { ...step, name: parts.at(-1) ?? "", type: parts.at(-2)?.split("$").at(-1) ?? "" };
}
