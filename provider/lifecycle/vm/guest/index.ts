import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import type { HostDriver, InsideDriver } from "../../../driver/contract";
import { DriverError } from "../../../driver/errors";
import type { Complaint } from "../../../schema/table/gate";
import { hasUnknown } from "../../../schema/table/unknown";
import type { VmSpec } from "../../../schema/vm";
import type { CommandSpec, FileSpec } from "../../../schema/vm/guest";
import type { CheckedInputs } from "../../kind/handler";
import { waitingFor } from "../../status/sharedLine";
import { isPlain, type Plain } from "../../engine/state";
import { dueCommands, GuestCommands } from "./exec";
import { dueFiles, GuestFiles } from "./files";
import { isOff, waitForAgent, waitForCloudInit } from "./inside";

/** How long an agent is waited for by a program that does not say. */
const AGENT_SECONDS = 300;

/** The inside of a VM: what it is waited for, what is written into it, and what is run in it. */
export class GuestWork {
  private readonly files: GuestFiles;
  private readonly commands: GuestCommands;

  constructor(
    private readonly spec: VmSpec,
    olds: Plain,
  ) {
    this.files = new GuestFiles(spec.files, olds);
    this.commands = new GuestCommands(spec.exec, olds);
  }

  /** Whether anything of it needs the host at all. */
  get wanted(): boolean {
    const { waitFor } = this.spec;
    return (
      waitFor?.agent === true ||
      waitFor?.cloudInit === true ||
      this.files.due ||
      this.commands.due ||
      this.commands.watchesStarts
    );
  }

  /** What is kept of it, whatever has come of it. */
  get outs(): Plain {
    const { files, commands } = this;
    return { files: files.outs, exec: commands.outs, execResults: commands.execResults };
  }

  /** What is waited for comes first: files and commands are for a guest that is up. */
  async bring(driver: HostDriver, id: string, name: string, updating: boolean): Promise<void> {
    const { waitFor, running } = this.spec;
    const inside = driver.guests?.inside;
    const on = (running ?? true) === true && !(updating && (await driver.vms.state(id)) !== "running");
    const seconds = waitFor?.timeout ?? AGENT_SECONDS;
    const wait = <T>(what: string, step: () => Promise<T>): Promise<T> =>
      waitingFor(`${what} in ${name}`, seconds, step);
    const agent = (): Promise<void> => wait("the agent", () => waitForAgent(driver, id, seconds));
    if (on && waitFor?.agent === true) await agent();
    if (on && waitFor?.cloudInit === true) {
      const reached = need(inside);
      if (waitFor.agent !== true) await agent();
      await wait("cloud-init", () =>
        waitForCloudInit(driver, reached, id, { name, timeoutSeconds: seconds }),
      );
    }
    if (this.files.due) {
      const reached = need(inside);
      if (await reached.needsAgent(id)) await agent();
      await this.files.bring(reached, id);
    }
    if (!this.commands.due && !(on && this.commands.watchesStarts)) return;
    const reached = need(inside);
    if (!on) throw isOff(await driver.vms.state(id), "run commands in the guest");
    await agent();
    await this.commands.bring(reached, id, name);
  }
}

/** What a refresh leaves as it is: nobody looks into guests. */
export function guestOuts({ files, exec, execResults }: Plain): Plain {
  return { files, exec, execResults };
}

function need(inside: InsideDriver | undefined): InsideDriver {
  if (inside !== undefined) return inside;
  throw new DriverError("there is no way into its guests", {
    code: "unsupported",
    operation: "reach into the VM",
  });
}

/** Looks at the files that the program names, and at what a guest that is off can do. */
export async function checkGuest(inputs: Plain, olds: Plain): Promise<CheckedInputs> {
  const { files, exec, running, instanceType } = inputs;
  if (files === undefined && exec === undefined) return { inputs, complaints: [] };
  const complaints: Complaint[] = [];
  const summed = await Promise.all(
    (Array.isArray(files) ? (files as unknown[]) : []).map((file, index) =>
      withSum(file, (message) => complaints.push({ path: ["files", index, "source"], message })),
    ),
  );
  const checked = { ...inputs, ...(Array.isArray(files) ? { files: summed } : {}) };
  const off = running !== undefined && running !== true;
  if (off && !hasUnknown([summed, exec])) {
    const state = running === false ? "off" : `not running (\`running\` is ${JSON.stringify(running)})`;
    if (instanceType !== "container")
      for (const index of dueFiles(summed as FileSpec[], olds))
        complaints.push({
          path: ["files", index],
          message: `cannot be written while the VM is ${state}: lxd-agent takes it`,
        });
    for (const index of dueCommands((exec ?? []) as CommandSpec[], olds))
      complaints.push({ path: ["exec", index], message: `cannot be run while the VM is ${state}` });
  }
  return { inputs: checked, complaints };
}

async function withSum(file: unknown, complain: (message: string) => void): Promise<unknown> {
  if (!isPlain(file) || typeof file["source"] !== "string" || hasUnknown(file["source"])) return file;
  const path = resolve(file["source"]);
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (error) {
    complain(`cannot be read on the machine that runs Pulumi: ${(error as Error).message}`);
    return file;
  }
  return { ...file, sha256: hash.digest("hex") };
}
