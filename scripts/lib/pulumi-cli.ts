import { chmod, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { run } from "./command.ts";
import { cacheDir, checkoutDir, which } from "./paths.ts";
import { note, UserError } from "./progress.ts";

/**
 * The newest CLI whose Go module builds on its own, and the last SDK module that still contains the Node.js language host:
 * the engine's releases are not in any package registry, their modules are.
 */
const cliVersion = "v3.220.0";
const languageHostVersion = "v3.68.0";
const programs = ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"];

export interface PulumiCli {
  /** Folder with `pulumi` and its Node.js language host: put it on PATH. */
  dir: string;
  origin: "path" | "cache" | "installer" | "built";
}

/** The CLI of this machine without getting one: from PATH, else from the cache. */
export async function findPulumiCli(): Promise<PulumiCli | undefined> {
  const onPath = which("pulumi");
  if (onPath !== undefined && (await works(dirname(realpathSync(onPath)))))
    return { dir: dirname(realpathSync(onPath)), origin: "path" };
  for (const dir of [builtDir(), join(installedDir(), "bin")]) {
    if (await works(dir)) return { dir, origin: "cache" };
  }
  return undefined;
}

/** The CLI from PATH or the cache, else from the vendor's installer, else built from its Go modules. */
export async function ensurePulumiCli(): Promise<PulumiCli> {
  return (await findPulumiCli()) ?? (await install()) ?? { dir: await build(), origin: "built" };
}

const builtDir = (): string => cacheDir(`pulumi-${cliVersion.slice(1)}`);
const installedDir = (): string => cacheDir("pulumi-installed");

async function works(dir: string): Promise<boolean> {
  if (!programs.every((name) => existsSync(join(dir, name)))) return false;
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  try {
    return (
      (await run([join(dir, "pulumi"), "version"], { env, timeout: 30_000, allowFailure: true })).code === 0
    );
  } catch {
    return false;
  }
}

/** The SDK's own installer; undefined where the vendor's download cannot be reached, which is decided within seconds. */
async function install(): Promise<PulumiCli | undefined> {
  try {
    const answer = await fetch("https://get.pulumi.com/install.sh", {
      method: "HEAD",
      signal: AbortSignal.timeout(4000),
    });
    if (!answer.ok) return undefined;
  } catch {
    return undefined;
  }
  note("getting the Pulumi CLI with the SDK's installer");
  const program =
    "require('@pulumi/pulumi/automation').PulumiCommand.install({ root: process.argv[1] }).then(() => process.exit(0), (e) => { console.error(e.message); process.exit(1); })";
  const got = await run([process.execPath, "-e", program, installedDir()], {
    cwd: checkoutDir(),
    timeout: 180_000,
    allowFailure: true,
  });
  const dir = join(installedDir(), "bin");
  return got.code === 0 && (await works(dir)) ? { dir, origin: "installer" } : undefined;
}

/** Builds into a folder beside the final one and renames it at the end, so that a killed build leaves nothing half. */
async function build(): Promise<string> {
  const env = await goEnvironment();
  note(
    `building the Pulumi CLI ${cliVersion} from its Go modules; this happens once per machine and takes a few minutes`,
  );
  await mkdir(cacheDir(), { recursive: true });
  const work = await mkdtemp(join(cacheDir(), "building-pulumi-"));
  try {
    const bin = join(work, "bin");
    await mkdir(bin);
    const version = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${cliVersion}`;
    const cli = {
      module: "github.com/pulumi/pulumi/pkg/v3",
      version: cliVersion,
      program: "cmd/pulumi",
      ldflags: version,
    };
    const languageHost = {
      module: "github.com/pulumi/pulumi/sdk/v3",
      version: languageHostVersion,
      program: "nodejs/cmd/pulumi-language-nodejs",
      ldflags: "-s -w",
    };
    await buildProgram(join(work, "cli"), cli, join(bin, "pulumi"), env);
    const sdkDir = await buildProgram(
      join(work, "language-host"),
      languageHost,
      join(bin, "pulumi-language-nodejs"),
      env,
    );
    const launcher = join(bin, "pulumi-resource-pulumi-nodejs");
    await copyFile(join(sdkDir, "nodejs", "dist", "pulumi-resource-pulumi-nodejs"), launcher);
    await chmod(launcher, 0o755);
    await rm(builtDir(), { recursive: true, force: true });
    await rename(bin, builtDir());
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  if (!(await works(builtDir()))) throw new UserError(`The Pulumi CLI built in ${builtDir()} does not start`);
  return builtDir();
}

interface GoProgram {
  module: string;
  version: string;
  program: string;
  ldflags: string;
}

/** Builds one program of a module and returns the folder where Go keeps that module's source. */
async function buildProgram(
  work: string,
  program: GoProgram,
  output: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  await mkdir(work);
  await writeFile(
    join(work, "go.mod"),
    `module build\n\ngo 1.24\n\nrequire ${program.module} ${program.version}\n`,
  );
  await writeFile(
    join(work, "tools.go"),
    `//go:build tools\n\npackage build\n\nimport _ "${program.module}/${program.program}"\n`,
  );
  await run(["go", "mod", "tidy"], { cwd: work, env });
  await run(
    ["go", "build", "-ldflags", program.ldflags, "-o", output, `${program.module}/${program.program}`],
    { cwd: work, env },
  );
  return (
    await run(["go", "list", "-m", "-f", "{{.Dir}}", program.module], { cwd: work, env })
  ).stdout.trim();
}

async function goEnvironment(): Promise<NodeJS.ProcessEnv> {
  const known = ["/usr/local/go/bin", "/usr/lib/go/bin"].filter((dir) => existsSync(join(dir, "go")));
  const env = { ...process.env, PATH: [process.env.PATH, ...known].join(delimiter) };
  if (which("go", env.PATH) === undefined) {
    throw new UserError(
      "There is no `pulumi` on PATH, its download cannot be reached and there is no Go to build it with: install the Pulumi CLI (https://www.pulumi.com/docs/install/) or Go 1.24 or newer, then run this again",
    );
  }
  const version = (
    await run(["go", "env", "GOVERSION"], { env: { ...env, GOTOOLCHAIN: "local" } })
  ).stdout.trim();
  const minor = Number(/^go1\.(\d+)/.exec(version)?.[1] ?? 0);
  if (minor >= 24) return env;
  if (minor < 21)
    throw new UserError(`Building the Pulumi CLI needs Go 1.24 or newer, this machine has ${version}`);
  return { ...env, GOTOOLCHAIN: "auto" };
}

/** PATH with the CLI and this very Node in front: the language host starts whatever `node` it finds there. */
export function pathWith(cli: PulumiCli, path: string = process.env.PATH ?? ""): string {
  return [cli.dir, dirname(process.execPath), path].join(delimiter);
}
