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
}

/** A real host that rows are tried on, with eyes of its own. */
export interface Stand {
  program(objects: Objects): Promise<Program>;
  look(resources: readonly StateResource[], names: ReadonlySet<string>): Promise<ReadonlyMap<string, Look>>;
  end(): Promise<void>;
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
    await this.clean("creation", program.up({ args: ["--continue-on-error"] }));
    await this.clean("preview after creation", program.preview({ expectNoChanges: true, args: ["--diff"] }));
    const before = await this.witness(stand, program);
    await program.setConfig("side", "b");
    const preview = await program.preview();
    if (preview.code !== 0) throw new Error(preview.stdout.slice(0, preview.stdout.indexOf("\n{")));
    await program.setConfig("side", "c");
    // What goes wrong with one object keeps no row of another from being judged.
    await this.clean("change", program.up({ args: ["--continue-on-error"] }));
    await this.clean("preview after change", program.preview({ expectNoChanges: true, args: ["--diff"] }));
    await this.clean("refresh after change", program.refresh({ expectNoChanges: true, args: ["--diff"] }));
    const after = await this.witness(stand, program);
    for (const row of this.rows) {
      const [then, now] = [before.get(row), after.get(row)];
      if (then !== undefined && now !== undefined)
        this.proofs.set(row, { said: saidOf(row, preview), before: then, after: now });
    }
  }

  async end(): Promise<void> {
    const outcome = await this.program?.destroy();
    await this.program?.dispose();
    await this.stand?.end();
    if (outcome !== undefined && outcome.code !== 0) throw new Error(outcome.stdout);
  }

  private async witness(stand: Stand, program: Program): Promise<ReadonlyMap<Row, string>> {
    const { deployment } = await program.exportState();
    const looks = await stand.look(deployment.resources ?? [], new Set(this.rows.map(carrierOf)));
    const found = new Map<Row, string>();
    for (const row of this.rows) {
      const look = looks.get(carrierOf(row));
      if (look !== undefined) found.set(row, await seen(row, look));
    }
    return found;
  }

  private async clean(moment: string, run: Promise<Outcome>): Promise<void> {
    const { code, stdout } = await run;
    if (code !== 0)
      this.unclean.push(
        `${moment}:\n${stdout.slice(Math.max(0, stdout.indexOf("Diagnostics:"))).slice(0, 5000)}`,
      );
  }
}
