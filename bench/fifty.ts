import { median, secondsOf, type Benchmark, type Figure } from "./figures.ts";
import { makeAll, openSession, readModel, removeAll } from "./bareClient.ts";
import { nothingProgram, theStand, took, vmsProgram } from "./stand.ts";

const COUNT = 50;
const ROUNDS = 3;

/** Milliseconds of one round: ours, the engine's with nothing to do, and the bare client's. */
interface Round {
  readonly ours: number;
  readonly engine: number;
  readonly bare: number;
}

interface Rounds {
  readonly up: readonly Round[];
  readonly refresh: readonly Round[];
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
  const result = { up: [] as Round[], refresh: [] as Round[], destroy: [] as Round[] };
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const up = await took(ours.up());
      const model = await readModel(session);
      const refresh = await took(ours.refresh());
      const destroy = await took(ours.destroy());
      const engine = {
        up: await took(nothing.up()),
        refresh: await took(nothing.refresh()),
        destroy: await took(nothing.destroy()),
      };
      const bare = { up: await makeAll(session, model, stand), destroy: await removeAll(session) };
      result.up.push({ ours: up, engine: engine.up, bare: bare.up });
      result.refresh.push({ ours: refresh, engine: engine.refresh, bare: 0 });
      result.destroy.push({ ours: destroy, engine: engine.destroy, bare: bare.destroy });
    }
  } finally {
    await session.close();
    await Promise.all([ours.dispose(), nothing.dispose()]);
  }
  return result;
}

function against(
  name: string,
  rows: readonly Round[],
  limit: number,
  floorOf: (round: Round) => number,
): Figure {
  const ratio = median(rows.map((round) => round.ours / floorOf(round)));
  const round = rows.find((each) => each.ours / floorOf(each) === ratio);
  if (round === undefined) throw new Error(`nothing was measured for ${name}`);
  const parts = [
    `engine ${secondsOf(round.engine)}`,
    ...(round.bare > 0 ? [`bare client ${secondsOf(round.bare)}`] : []),
  ];
  return { name, ratio, limit, detail: `${COUNT} VMs in ${secondsOf(round.ours)}; ${parts.join(", ")}` };
}

const sum = ({ engine, bare }: Round): number => engine + bare;

/** Everything that refresh may cost over an engine that asks nobody. */
const REFRESH_ALLOWANCE_MS = 300;

export const fifty: readonly Benchmark[] = [
  {
    name: "up-50",
    about: "`pulumi up` of 50 VMs / (the engine alone + a bare client of the daemon)",
    run: async () => against("up-50", (await rounds()).up, 1.1, sum),
  },
  {
    name: "refresh-50",
    about: "`pulumi refresh` of 50 VMs / (the engine alone + 0.3 s)",
    run: async () =>
      against("refresh-50", (await rounds()).refresh, 1, ({ engine }) => engine + REFRESH_ALLOWANCE_MS),
  },
  {
    name: "destroy-50",
    about: "`pulumi destroy` of 50 VMs / (the engine alone + a bare client of the daemon)",
    run: async () => against("destroy-50", (await rounds()).destroy, 1.1, sum),
  },
];
