import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../../scripts/lib/command.ts";
import { checkoutDir } from "../../scripts/lib/paths.ts";
import { environment } from "./pulumiCli.ts";

/** What `pulumi stack init` leaves: the stack's settings, and its state in the backend. */
export interface EmptyStack {
  readonly settings: string;
  readonly meta: string;
  readonly state: string;
}

const PROJECT = "template";
const stateFile = (dir: string, project: string, stack: string): string =>
  join(dir, "state/.pulumi/stacks", project, `${stack}.json`);

/** A stack that this machine's CLI has made once; `placeStack` gives it to every program, which saves each of them a second. */
export async function emptyStack(cli: string, path: string, stack: string): Promise<EmptyStack> {
  const { size, mtimeMs } = await stat(join(cli, "pulumi"));
  const folder = join(checkoutDir(), "node_modules/.cache/stacks");
  const file = join(folder, `${stack}-${size}-${Math.round(mtimeMs)}.json`);
  const kept = await readFile(file, "utf8").catch(() => undefined);
  if (kept !== undefined) return JSON.parse(kept) as EmptyStack;
  const made = await makeStack(cli, path, stack);
  await mkdir(folder, { recursive: true });
  // Whole or not at all: other files of tests make theirs at the same time.
  await writeFile(`${file}.${process.pid}`, JSON.stringify(made));
  await rename(`${file}.${process.pid}`, file);
  return made;
}

async function makeStack(cli: string, path: string, stack: string): Promise<EmptyStack> {
  const dir = await mkdtemp(join(tmpdir(), "vmhost-stack-"));
  try {
    await Promise.all(["home", "pulumi-home", "state"].map((part) => mkdir(join(dir, part))));
    await writeFile(join(dir, "Pulumi.yaml"), `name: ${PROJECT}\nruntime: nodejs\n`);
    const env = environment(dir, path, {});
    await run([join(cli, "pulumi"), "stack", "init", stack, "--non-interactive"], { cwd: dir, env });
    const read = (file: string): Promise<string> => readFile(file, "utf8");
    return {
      settings: await read(join(dir, `Pulumi.${stack}.yaml`)),
      meta: await read(join(dir, "state/.pulumi/meta.yaml")),
      state: await read(stateFile(dir, PROJECT, stack)),
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The same stack for the project in `dir`, whose state is in `state` below it. */
export async function placeStack(
  { settings, meta, state }: EmptyStack,
  dir: string,
  project: string,
  stack: string,
): Promise<void> {
  const file = stateFile(dir, project, stack);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(join(dir, "state/.pulumi/meta.yaml"), meta);
  await writeFile(file, state.replace(`/${PROJECT}/`, `/${project}/`));
  await writeFile(join(dir, `Pulumi.${stack}.yaml`), settings);
}
