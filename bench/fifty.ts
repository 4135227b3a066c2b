import { median, secondsOf, type Benchmark, type Figure } from "./figures.ts";
import { makeAll, openSession, readModel, removeAll } from "./bareClient.ts";
import { nothingProgram, theStand, took, vmsProgram } from "./stand.ts";

const COUNT = 50;
const ROUNDS = 3;
/** A refresh is over quickly, so it is repeated, and each side's quickest counts: what disturbs one only adds. */
const REFRESHES = 3;

/** Milliseconds of one round: ours, the engine's with nothing to do, and the bare client's. */
interface Round {
  readonly ours: number;
  readonly engine: number;
  readonly bare: number;
}

interface Rounds {
  readonly up: readonly Round[];
  readonly refresh: { readonly ours: number[]; readonly engine: number[] };
  readonly destroy: readonly Round[];
}

let measured: Promise<Rounds> | undefined;

/** The three figures come from the same rounds: whoever asks first pays for them. */
function rounds(): Promise<Rounds> {
  measured ??= measure();
  return measured;
}

async function measure(): Promise<Rounds> {
  const stand = await theStand();
  const ours = vmsProgram(stand, { count: COUNT });
  const nothing = nothingProgram(stand, { count: COUNT });
  const session = openSession(stand);
  const refresh = { ours: [] as number[], engine: [] as number[] };
  const result = { up: [] as Round[], refresh, destroy: [] as Round[] };
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const up = { ours: await took(ours.up()), engine: await took(nothing.up()) };
      const model = await readModel(session);
      for (let time = 0; time < REFRESHES; time++) {
        refresh.ours.push(await took(ours.refresh()));
        refresh.engine.push(await took(nothing.refresh()));
      }
      const destroy = { ours: await took(ours.destroy()), engine: await took(nothing.destroy()) };
      result.up.push({ ...up, bare: await makeAll(session, model, stand) });
      result.destroy.push({ ...destroy, bare: await removeAll(session) });
    }
  } finally {
    await session.close();
    await Promise.all([ours.dispose(), nothing.dispose()]);
  }
  return result;
}

/** The round in the middle: a disturbed one does not count. */
function hostFigure(name: string, rows: readonly Round[]): Figure {
  const ratioOf = ({ ours, engine, bare }: Round): number => ours / (engine + bare);
  const ratio = median(rows.map(ratioOf));
  const round = rows.find((each) => ratioOf(each) === ratio);
  if (round === undefined) throw new Error(`nothing was measured for ${name}`);
  const { ours, engine, bare } = round;
  const detail = `${COUNT} VMs in ${secondsOf(ours)}; engine ${secondsOf(engine)}, bare client ${secondsOf(bare)}`;
  return { name, ratio, limit: 1.1, detail };
}

/** Everything that a refresh may cost over an engine that asks nobody. */
const REFRESH_ALLOWANCE_MS = 300;

function refreshFigure({ refresh }: Rounds): Figure {
  const [ours, engine] = [Math.min(...refresh.ours), Math.min(...refresh.engine)];
  const detail = `${COUNT} VMs in ${secondsOf(ours)}; engine ${secondsOf(engine)}`;
  return { name: "refresh-50", ratio: ours / (engine + REFRESH_ALLOWANCE_MS), limit: 1, detail };
}

export const fifty: readonly Benchmark[] = [
  {
    name: "up-50",
    about: "`pulumi up` of 50 VMs / (the engine alone + a bare client of the daemon)",
    run: async () => hostFigure("up-50", (await rounds()).up),
  },
  {
    name: "refresh-50",
    about: "`pulumi refresh` of 50 VMs / (the engine alone + 0.3 s)",
    run: async () => refreshFigure(await rounds()),
  },
  {
    name: "destroy-50",
    about: "`pulumi destroy` of 50 VMs / (the engine alone + a bare client of the daemon)",
    run: async () => hostFigure("destroy-50", (await rounds()).destroy),
  },
];
