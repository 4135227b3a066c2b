import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../../scripts/lib/command.ts";
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

/** Has the CLI make a stack of that name once; `placeStack` gives it to every program, which saves each of them a second. */
export async function makeStack(cli: string, path: string, stack: string): Promise<EmptyStack> {
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
