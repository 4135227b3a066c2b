import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./command.ts";
import type { CommandResult } from "./command.ts";
import { cacheDir, checkoutDir } from "./paths.ts";

/** The quickstart's stack: its program is the checkout's example, its state and plugins live in the user's cache folder. */
export const stack = "quickstart";
/** A fixed place, so that the next run finds the host again; below the temporary folder because QEMU's user must get there. */
export const hostDir = join(tmpdir(), "vmhost-quickstart");
const stateDir = (): string => cacheDir("quickstart");
export const programDir = (): string => join(checkoutDir(), "examples", "quickstart");
export const environmentFile = (): string => join(stateDir(), "env");
const configFile = (): string => join(programDir(), `Pulumi.${stack}.yaml`);

/** What makes the CLI work on this stack, here and in the user's shell. */
export function environment(): Record<string, string> {
  return {
    PULUMI_BACKEND_URL: `file://${join(stateDir(), "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_HOME: join(stateDir(), "pulumi-home"),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}

export function pulumi(
  args: readonly string[],
  options: { allowFailure?: boolean } = {},
): Promise<CommandResult> {
  const env = { ...process.env, ...environment() };
  return run(["pulumi", ...args, "--color", "never"], { cwd: programDir(), env, ...options });
}

export function stackExists(): boolean {
  return existsSync(join(stateDir(), "state", ".pulumi", "stacks", "vmhost-quickstart", `${stack}.json`));
}

/** Makes the stack where there is none, and sets its configuration. */
export async function prepareStack(config: Record<string, string>): Promise<void> {
  await mkdir(join(stateDir(), "state"), { recursive: true });
  await mkdir(join(stateDir(), "pulumi-home"), { recursive: true });
  if (!stackExists()) {
    await rm(configFile(), { force: true });
    await pulumi(["stack", "init", stack, "--non-interactive"]);
  }
  const settings = Object.entries(config).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
  await pulumi(["config", "set-all", "--stack", stack, ...settings]);
  const path = `export PATH=${quoted(process.env.PATH ?? "")}`;
  const variables = Object.entries(environment()).map(([name, value]) => `export ${name}=${quoted(value)}`);
  await writeFile(environmentFile(), `${[path, ...variables].join("\n")}\n`);
}

export async function forgetStack(): Promise<void> {
  await rm(stateDir(), { recursive: true, force: true });
  await rm(configFile(), { force: true });
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
