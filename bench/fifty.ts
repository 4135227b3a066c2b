import { type Benchmark, type Figure, figureOf, type Round, secondsOf } from "./figures.ts";
import { makeAll, openSession, readModel, removeAll } from "./bareClient.ts";
import { nothingProgram, theStand, took, vmsProgram } from "./stand.ts";

const COUNT = 50;
const ROUNDS = 3;
/** A refresh is over quickly, so it is repeated, and each side's quickest counts: what disturbs one only adds. */
const REFRESHES = 3;

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

const hostFigure = (name: string, rounds: readonly Round[]): Figure =>
  figureOf(name, rounds, 1.1, `${COUNT} VMs`);

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
