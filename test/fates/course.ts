import { carrierOf, objectsOf, seen, type Objects } from "./objects";
import { saidOf, type Said } from "./said";
import type { Program, Outcome, StateResource } from "../support/pulumi";
import type { Look, Row } from "./row";

/** What the engine and the host have said about one row. */
export interface Proof {
  readonly said: Said;
  /** What the witness sees before the change, and after it. */
  readonly before: string;
  readonly after: string;
  /** The running guest's definition, right after the change and after its next start. */
  readonly live: string;
  readonly restarted: string;
  /** What the VM says to be waiting for its next start, at the same two moments. */
  readonly waiting: readonly string[];
  readonly left: readonly string[];
}

export type Looks = ReadonlyMap<Row, Look>;

/** A real host that rows are tried on, with eyes of its own. */
export interface Stand {
  program(objects: Objects): Promise<Program>;
  look(resources: readonly StateResource[], names: ReadonlySet<string>): Promise<ReadonlyMap<string, Look>>;
  /** Waits until guests can be asked to change. */
  ready?(looks: Looks): Promise<void>;
  /** Waits until guests have done what they were asked. */
  settled?(looks: Looks): Promise<void>;
  /** Starts guests anew, so that what waits for a start arrives; tells what went wrong. */
  restart?(looks: Looks): Promise<readonly string[]>;
  end(): Promise<void>;
}

/** The engine writes the state of hundreds of objects at the end of a run, and not at each of their steps. */
export const AT_ONCE: NodeJS.ProcessEnv = { PULUMI_SKIP_CHECKPOINTS: "true" };

interface Moment {
  readonly looks: Looks;
  readonly texts: ReadonlyMap<Row, string>;
}

/** All rows in one program, taken from A to B by the real engine. */
export class Course {
  /** Moments at which the engine wanted to change something although it should not. */
  readonly unclean: string[] = [];
  private readonly proofs = new Map<Row, Proof>();
  private stand: Stand | undefined;
  private program: Program | undefined;

  constructor(
    private readonly rows: readonly Row[],
    private readonly start: () => Promise<Stand>,
  ) {}

  proof(row: Row): Proof {
    const proof = this.proofs.get(row);
    if (proof === undefined) throw new Error(`${row.kind} ${row.field} was not tried`);
    return proof;
  }

  async run(): Promise<void> {
    const stand = (this.stand = await this.start());
    const program = (this.program = await stand.program(objectsOf(this.rows)));
    // What goes wrong with one object keeps no row of another from being judged.
    await this.clean("creation", program.up({ args: ["--continue-on-error"] }));
    await this.clean("preview after creation", program.preview({ expectNoChanges: true, args: ["--diff"] }));
    const before = await this.witness(stand, program);
    await stand.ready?.(before.looks);
    await program.setConfig("side", "b");
    const preview = await program.preview();
    if (preview.code !== 0) throw new Error(preview.stdout.slice(0, preview.stdout.indexOf("\n{")));
    await program.setConfig("side", "c");
    await this.clean("change", program.up({ args: ["--continue-on-error"] }));
    await this.clean("preview after change", program.preview({ expectNoChanges: true, args: ["--diff"] }));
    await this.clean("refresh after change", program.refresh({ expectNoChanges: true, args: ["--diff"] }));
    await stand.settled?.(before.looks);
    const after = await this.witness(stand, program);
    const later = await this.restarted(stand, program, after);
    for (const row of this.rows) {
      const [then, now] = [before.texts.get(row), after.texts.get(row)];
      const [running, started] = [after.looks.get(row), later.looks.get(row)];
      if (then === undefined || now === undefined || running === undefined || started === undefined) continue;
      this.proofs.set(row, {
        said: saidOf(row, preview),
        before: then,
        after: now,
        live: row.part(running.live),
        restarted: row.part(started.live),
        waiting: waitingOf(running),
        left: waitingOf(started),
      });
    }
  }

  async end(): Promise<void> {
    const outcome = await this.program?.destroy();
    await this.program?.dispose();
    await this.stand?.end();
    if (outcome !== undefined && outcome.code !== 0) throw new Error(outcome.stdout);
  }

  private async restarted(stand: Stand, program: Program, after: Moment): Promise<Moment> {
    if (stand.restart === undefined) return after;
    const waiting = new Map([...after.looks].filter(([, look]) => waitingOf(look).length > 0));
    this.unclean.push(...(await stand.restart(waiting)));
    await must(program.refresh());
    return this.witness(stand, program);
  }

  private async witness(stand: Stand, program: Program): Promise<Moment> {
    const args = ["stack", "export", "--show-secrets", "--stack", "dev"];
    const { deployment } = JSON.parse((await must(program.pulumi(args))).stdout) as {
      deployment: { resources?: StateResource[] };
    };
    const resources = inClear(deployment.resources ?? []) as readonly StateResource[];
    const found = await stand.look(resources, new Set(this.rows.map(carrierOf)));
    const looks = new Map<Row, Look>();
    const texts = new Map<Row, string>();
    for (const row of this.rows) {
      const look = found.get(carrierOf(row));
      if (look === undefined) continue;
      looks.set(row, look);
      texts.set(row, await seen(row, look));
    }
    return { looks, texts };
  }

  private async clean(moment: string, run: Promise<Outcome>): Promise<void> {
    const { code, stdout } = await run;
    if (code !== 0) this.unclean.push(`${moment}:\n${diagnosticsOf(stdout).slice(0, 5000)}`);
  }
}

function waitingOf({ outs }: Look): readonly string[] {
  const value = outs["restartRequired"];
  return Array.isArray(value) ? value.map(String) : [];
}

/** An exported state keeps a secret's text in an envelope. */
function inClear(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inClear);
  if (typeof value !== "object" || value === null) return value;
  if ("plaintext" in value) return JSON.parse(String(value.plaintext));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inClear(inner)]));
}

/** Of an update's long report, what went wrong: many VMs have as many warnings. */
function diagnosticsOf(text: string): string {
  const lines = text.slice(Math.max(0, text.indexOf("Diagnostics:"))).split("\n");
  return lines.filter((line) => !/^\s*warning: /.test(line)).join("\n");
}

async function must(run: Promise<Outcome>): Promise<Outcome> {
  const outcome = await run;
  if (outcome.code !== 0) throw new Error(diagnosticsOf(outcome.stdout + outcome.stderr));
  return outcome;
}
