import { isDeepStrictEqual } from "node:util";
import type { CommandResult, InsideDriver } from "../../../driver/contract";
import { DriverError, hasCode, isDriverError } from "../../../driver/errors";
import type { CommandSpec } from "../../../schema/vm/guest";
import { waitingFor } from "../../status/sharedLine";
import { isPlain, type Plain } from "../../engine/state";

/** What is kept of a command: what was run, and in which life of the guest; the name alone, where it has yet to run well. */
type Kept = Plain & { readonly name?: unknown; readonly life?: unknown };

/** How much of what a failed command has said is shown. */
const LAST_LINES = 8;

/** The commands that the program has for a guest, one by one, each at its place in the program's order. */
export class GuestCommands {
  private readonly before: readonly Kept[];
  private readonly kept: Kept[];
  private readonly results: Plain;

  constructor(
    private readonly wanted: readonly CommandSpec[] | undefined,
    olds: Plain,
  ) {
    this.before = keptIn(olds);
    this.kept = (wanted ?? []).map((command) => {
      const old = this.before.find(({ name }) => name === command.name);
      return old === undefined || isDue(old, command)
        ? { name: command.name }
        : { ...plain(command), ...lifeOf(old) };
    });
    const recorded = isPlain(olds["execResults"]) ? olds["execResults"] : {};
    const names = (wanted ?? []).flatMap(({ name, recordOutput }) => (recordOutput ? [name] : []));
    this.results = Object.fromEntries(names.flatMap((name) => entry(name, recorded[name])));
  }

  get due(): boolean {
    return this.kept.some(hasToRun);
  }

  /** Whether a new life of the guest is to be noticed. */
  get watchesStarts(): boolean {
    return (this.wanted ?? []).some(({ trigger }) => trigger === "onStart");
  }

  /** Runs what has to run, in order, up to the first that fails. */
  async bring(inside: InsideDriver, id: string, vm: string): Promise<void> {
    const life = this.watchesStarts ? await inside.life(id) : undefined;
    for (const [index, command] of (this.wanted ?? []).entries()) {
      const kept = this.kept[index] ?? {};
      const again = command.trigger === "onStart" && kept.life !== life;
      if (!hasToRun(kept) && !again) continue;
      this.kept[index] = { name: command.name };
      const result = await run(inside, id, vm, command);
      if (command.recordOutput) this.results[command.name] = { ...result };
      if (result.exitStatus !== 0 && command.failOnError) throw failed(vm, command, result);
      this.kept[index] = { ...plain(command), ...(life === undefined ? {} : { life }) };
    }
  }

  /** As they are kept among the outputs. */
  get outs(): readonly Plain[] | undefined {
    return this.wanted === undefined ? undefined : this.kept;
  }

  get execResults(): Plain | undefined {
    return Object.keys(this.results).length > 0 ? this.results : undefined;
  }
}

/** Of the commands that a program has, which are to run. */
export function dueCommands(wanted: readonly CommandSpec[], olds: Plain): readonly number[] {
  const before = keptIn(olds);
  return wanted.flatMap((command, index) => {
    const old = before.find(({ name }) => name === command.name);
    return old === undefined || isDue(old, command) ? [index] : [];
  });
}

function run(
  inside: InsideDriver,
  id: string,
  vm: string,
  { name, command, environment, workingDir, uid, gid, timeout, recordOutput }: CommandSpec,
): Promise<CommandResult> {
  const given = {
    label: `command "${name}"`,
    command,
    timeoutSeconds: timeout,
    keepOutput: recordOutput,
    ...(environment === undefined ? {} : { environment }),
    ...(workingDir === undefined ? {} : { workingDir }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
  return waitingFor(`command "${name}" in ${vm}`, timeout, async () => {
    try {
      return await inside.run(id, given);
    } catch (error) {
      if (!isDriverError(error)) throw error;
      throw hasCode(error, "not-found")
        ? error.with({ remedy: `Is the program ${String(command[0])} in the guest? The VM is kept.` })
        : error.with({ remedy: hasCode(error, "timeout") ? "Give it a longer `timeout`." : undefined });
    }
  });
}

function failed(
  vm: string,
  { name }: CommandSpec,
  { exitStatus, stdout, stderr }: CommandResult,
): DriverError {
  const said = stderr.trim() === "" ? stdout : stderr;
  const lines = said.trim().split("\n").slice(-LAST_LINES).join("\n    ");
  return new DriverError(`it ended with exit status ${exitStatus}${lines === "" ? "" : `:\n    ${lines}`}`, {
    code: "failed",
    operation: "run",
    target: `command "${name}" in VM "${vm}"`,
    remedy:
      "The VM is kept, and the next `pulumi up` runs the command again; `failOnError: false` lets it fail.",
  });
}

function keptIn({ exec }: Plain): readonly Kept[] {
  return Array.isArray(exec) ? exec.filter(isPlain) : [];
}

function hasToRun(kept: Kept): boolean {
  return kept["command"] === undefined;
}

function isDue(old: Plain, command: CommandSpec): boolean {
  if (hasToRun(old)) return true;
  return command.trigger !== "once" && !isDeepStrictEqual(essence(old), essence(plain(command)));
}

/** What is run: how long it may take, and what becomes of its output, is another matter. */
function essence({ command, environment, workingDir, uid, gid }: Plain): unknown {
  return [command, environment, workingDir, uid, gid];
}

function lifeOf({ life }: Kept): Plain {
  return life === undefined ? {} : { life };
}

function entry(name: string, value: unknown): readonly (readonly [string, unknown])[] {
  return value === undefined ? [] : [[name, value]];
}

const plain = (command: CommandSpec): Plain => ({ ...command });
