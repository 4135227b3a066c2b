import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { emptyStack, placeStack, type EmptyStack } from "./emptyStack.ts";
import {
  environment,
  named,
  readPreview,
  startCli,
  type Outcome,
  type Running,
  type Step,
} from "./pulumiCli.ts";
import { ensureBuilt } from "../../scripts/lib/build.ts";
import { checkoutDir } from "../../scripts/lib/paths.ts";
import { identify, killIfAlive, poll } from "../../scripts/lib/processes.ts";
import { ensurePulumiCli, pathWith, type PulumiCli } from "../../scripts/lib/pulumi-cli.ts";

export interface ProgramOptions {
  /** Name of the project. */
  name: string;
  /** Text of the program; it imports the package by its published name. */
  source: string;
  /** Texts of other files that the program imports, by name. */
  files?: Record<string, string>;
  /** Default: JavaScript, which starts half a second sooner. */
  language?: "javascript" | "typescript";
  /** Stack configuration; a key without a colon is the project's. */
  config?: Record<string, ConfigValue>;
  /** More environment for the engine, the program and the provider. */
  env?: NodeJS.ProcessEnv;
  /** As users have it: the SDK is loaded as a whole, and the engine keeps backups of the state. Default: false. */
  wholeSdk?: boolean;
}

export type ConfigValue = string | number | boolean | { secret: string };

export type { Outcome, Running, Step };

export interface PreviewOutcome extends Outcome {
  /** Empty when `diff` was asked for: the engine gives a text then. */
  steps: Step[];
}

export interface UpdateOptions {
  expectNoChanges?: boolean;
  /** More arguments for the CLI, such as `--target`. */
  args?: readonly string[];
}

const stack = "dev";

/** What every program needs is looked for once per test file. */
let ready: Promise<{ readonly cli: PulumiCli; readonly empty: EmptyStack }> | undefined;

async function readyOnce(): Promise<{ cli: PulumiCli; empty: EmptyStack }> {
  await ensureBuilt({ typeErrors: "ignore" });
  const cli = await ensurePulumiCli();
  return { cli, empty: await emptyStack(cli.dir, pathWith(cli), stack) };
}

/** What makes a command quicker and no difference to whom it is about. */
function shortcuts(root: string): NodeJS.ProcessEnv {
  return {
    NODE_OPTIONS: `--require ${JSON.stringify(join(root, "test/support/lazySdk.js"))}`,
    // Each step of a run writes the whole state; once is enough for who does not come back to it.
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
  };
}

/** One program with its own project folder, state, home and plugins, run by the real engine. */
export class Program {
  readonly name: string;
  readonly #options: ProgramOptions;
  readonly #marker = randomBytes(8).toString("hex");
  #prepared: Promise<void> | undefined;
  #dir = "";
  #env: NodeJS.ProcessEnv = {};
  #running: Running | undefined;

  constructor(options: ProgramOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Project folder; `home` inside it is the HOME of everything that runs. Known after the first command or `prepare`. */
  get dir(): string {
    return this.#dir;
  }

  get home(): string {
    return join(this.#dir, "home");
  }

  /** Makes the project and its stack; every command does so by itself. */
  prepare(): Promise<void> {
    this.#prepared ??= this.#prepare();
    return this.#prepared;
  }

  async setSource(source: string): Promise<void> {
    await this.prepare();
    await writeFile(join(this.#dir, this.#main()), source);
  }

  async setConfig(key: string, value: ConfigValue): Promise<void> {
    await this.prepare();
    if (typeof value === "object") {
      await this.#must(["config", "set", "--secret", "--stack", stack, key, value.secret]);
      return;
    }
    const file = join(this.#dir, `Pulumi.${stack}.yaml`);
    const settings = ((parse(await readFile(file, "utf8")) as object | null) ?? {}) as {
      config?: Record<string, unknown>;
    };
    const fullKey = key.includes(":") ? key : `${this.name}:${key}`;
    await writeFile(
      file,
      stringify({ ...settings, config: { ...settings.config, [fullKey]: String(value) } }),
    );
  }

  async up(options: UpdateOptions = {}): Promise<Outcome> {
    return (await this.start("up", options)).done;
  }

  async destroy(options: UpdateOptions = {}): Promise<Outcome> {
    return (await this.start("destroy", options)).done;
  }

  async refresh(options: UpdateOptions = {}): Promise<Outcome> {
    return (await this.start("refresh", options)).done;
  }

  /** Starts `up`, `refresh` or `destroy` and returns while it runs, for tests that kill something meanwhile. */
  async start(
    operation: "up" | "refresh" | "destroy",
    { expectNoChanges, args = [] }: UpdateOptions = {},
  ): Promise<Running> {
    const flags = ["--yes", "--skip-preview", ...(expectNoChanges ? ["--expect-no-changes"] : [])];
    return this.#start([operation, "--stack", stack, "--non-interactive", ...flags, ...args]);
  }

  /**
   * What an update would do. Without `diff` the engine's JSON is read: `steps` holds it, and `stdout` its diagnostics as
   * plain text before the document itself.
   */
  async preview({
    diff,
    expectNoChanges,
    args = [],
  }: UpdateOptions & { diff?: boolean } = {}): Promise<PreviewOutcome> {
    const flags = [diff ? "--diff" : "--json", ...(expectNoChanges ? ["--expect-no-changes"] : [])];
    const outcome = await (
      await this.#start(["preview", "--stack", stack, "--non-interactive", ...flags, ...args])
    ).done;
    if (diff) return { ...outcome, steps: [] };
    const document = readPreview(outcome.stdout);
    const messages = (document.diagnostics ?? []).map(({ message }) => message.replace(/<\{%.*?%\}>/g, ""));
    return {
      ...outcome,
      stdout: [...messages, outcome.stdout].join("\n"),
      steps: (document.steps ?? []).map(named),
    };
  }

  /** Outputs of the stack, secrets in plain text. */
  async outputs(): Promise<Record<string, unknown>> {
    const { deployment } = await this.exportState();
    const written = deployment.resources?.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
    // The engine alone opens what is secret; the rest is read half a second sooner.
    if (!JSON.stringify(written).includes(secretMark)) return written;
    return JSON.parse(
      await this.#must(["stack", "output", "--json", "--show-secrets", "--stack", stack]),
    ) as Record<string, unknown>;
  }

  /** What `pulumi stack export` prints, from the engine's own file. */
  async exportState(): Promise<{ version: number; deployment: Deployment }> {
    await this.prepare();
    const file = join(this.#dir, "state/.pulumi/stacks", this.name, `${stack}.json`);
    const { version, checkpoint } = JSON.parse(await readFile(file, "utf8")) as {
      version: number;
      checkpoint: { latest?: Deployment };
    };
    return { version, deployment: checkpoint.latest ?? {} };
  }

  /** Removes the lock that a killed CLI left behind. */
  async cancel(): Promise<void> {
    await this.#must(["cancel", "--yes", "--stack", stack]);
  }

  /** Any command of the CLI. */
  async pulumi(args: readonly string[]): Promise<Outcome> {
    return (await this.#start(args)).done;
  }

  /** Sends a signal to the CLI that runs at the moment. */
  kill(signal: NodeJS.Signals): void {
    this.#running?.kill(signal);
  }

  /**
   * Processes of this program on the machine: "cli", "provider" (which runs the lifecycle), "program" and the language host.
   * They are told by a mark in their environment, because the engine gives its children groups of their own.
   */
  async processes(kind?: "cli" | "provider" | "program"): Promise<number[]> {
    const marked = await Promise.all(
      (await readdir("/proc"))
        .filter((entry) => /^\d+$/.test(entry))
        .map((entry) => this.#isMine(entry, kind)),
    );
    return marked.filter((pid) => pid !== undefined);
  }

  /** Ends what still runs and removes the project; what it made on a host stays (call `destroy` first). */
  async dispose(): Promise<void> {
    await this.#prepared?.catch(() => undefined);
    await poll(async () => {
      const left = await this.processes();
      for (const pid of left) killIfAlive(identify(pid));
      return left.length === 0;
    }, 5000);
    if (this.#dir !== "") await rm(this.#dir, { recursive: true, force: true, maxRetries: 5 });
  }

  async #isMine(entry: string, kind?: string): Promise<number | undefined> {
    try {
      const environment = await readFile(`/proc/${entry}/environ`, "latin1");
      if (!environment.includes(`VMHOST_TEST_PROGRAM=${this.#marker}`)) return undefined;
      const commandLine = await readFile(`/proc/${entry}/cmdline`, "latin1");
      const found = commandLine.includes("dynamic-provider")
        ? "provider"
        : commandLine.includes("cmd/run")
          ? "program"
          : /(^|\/)pulumi\0/.test(commandLine)
            ? "cli"
            : "other";
      return kind === undefined || found === kind ? Number(entry) : undefined;
    } catch {
      return undefined;
    }
  }

  #main(): string {
    return this.#options.language === "typescript" ? "index.ts" : "index.js";
  }

  async #prepare(): Promise<void> {
    const { cli, empty } = await (ready ??= readyOnce());
    const root = checkoutDir();
    this.#dir = await mkdtemp(join(tmpdir(), "vmhost-program-"));
    const typescript = this.#options.language === "typescript";
    this.#env = environment(this.#dir, pathWith(cli), {
      ...(this.#options.wholeSdk ? {} : shortcuts(root)),
      VMHOST_TEST_PROGRAM: this.#marker,
      VMHOST_TEST_LANGUAGE: typescript ? "typescript" : "javascript",
      // A home without a cache costs every program a second of compiling the same modules.
      NODE_COMPILE_CACHE: join(root, "node_modules/.cache/compiled"),
      ...this.#options.env,
    });
    for (const part of ["home", "pulumi-home", "state", "node_modules/@pulumi"])
      await mkdir(join(this.#dir, part), { recursive: true });
    // As npm would lay it out, but linked: one copy of the SDK, as with a peer dependency.
    await symlink(root, join(this.#dir, "node_modules/pulumi-vmhost"));
    await symlink(join(root, "node_modules/@pulumi/pulumi"), join(this.#dir, "node_modules/@pulumi/pulumi"));
    for (const name of ["typescript", "@types"])
      await symlink(join(root, "node_modules", name), join(this.#dir, "node_modules", name));
    const project = {
      name: this.name,
      runtime: { name: "nodejs", options: { typescript } },
      main: this.#main(),
    };
    await writeFile(join(this.#dir, "Pulumi.yaml"), stringify(project));
    await writeFile(
      join(this.#dir, "package.json"),
      JSON.stringify({
        name: this.name,
        private: true,
        dependencies: { "@pulumi/pulumi": "*", "pulumi-vmhost": "*" },
      }),
    );
    if (typescript) await writeFile(join(this.#dir, "tsconfig.json"), JSON.stringify(userTsconfig));
    const files = { [this.#main()]: this.#options.source, ...this.#options.files };
    for (const [name, text] of Object.entries(files)) await writeFile(join(this.#dir, name), text);
    await placeStack(empty, this.#dir, this.name, stack);
    this.#prepared = Promise.resolve();
    for (const [key, value] of Object.entries(this.#options.config ?? {})) await this.setConfig(key, value);
  }

  async #must(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.pulumi(args);
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  async #start(args: readonly string[]): Promise<Running> {
    await this.prepare();
    const running = startCli(args, this.#dir, this.#env);
    this.#running = running;
    void running.done.finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    return running;
  }
}

/** Key of every secret value that the engine writes. */
const secretMark = "4dabf18193072939515e22adb298388d";

export interface Deployment {
  resources?: StateResource[];
  pending_operations?: unknown[];
}

export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  initErrors?: string[];
}

const userTsconfig = {
  compilerOptions: {
    target: "ES2022",
    module: "node16",
    moduleResolution: "node16",
    strict: true,
    skipLibCheck: true,
    types: ["node"],
  },
  files: ["index.ts"],
};
