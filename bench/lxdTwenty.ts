import { lxdImage, lxdPool, startLxd, type ThrowawayLxd } from "../scripts/lib/lxd.ts";
import { ownHost } from "../test/support/host.ts";
import { Program } from "../test/support/pulumi.ts";
import { median, secondsOf, type Benchmark, type Figure } from "./figures.ts";
import { BareClient } from "./lxdBareClient.ts";
import { LXD_CONTAINERS, NO_CONTAINERS } from "./programs.ts";
import { took } from "./stand.ts";

const COUNT = 20;
const ROUNDS = 3;
/** A refresh is over quickly, so it is repeated, and each side's quickest counts: what disturbs one only adds. */
const REFRESHES = 3;
const LIMIT = 1.2;

/** Milliseconds of one round: ours, the engine's with nothing to do, and the bare client's. */
interface Round {
  readonly ours: number;
  readonly engine: number;
  readonly bare: number;
}

type Step = "up" | "refresh" | "destroy";

let measured: Promise<Readonly<Record<Step, readonly Round[]>>> | undefined;

/** The three figures come from the same rounds: whoever asks first pays for them. */
function rounds(): Promise<Readonly<Record<Step, readonly Round[]>>> {
  measured ??= measure();
  return measured;
}

async function measure(): Promise<Readonly<Record<Step, readonly Round[]>>> {
  const host = await ownHost({ name: "bench-lxd" });
  const result: Record<Step, Round[]> = { up: [], refresh: [], destroy: [] };
  try {
    const lxd = await startLxd(host);
    await round(lxd, result, ROUNDS);
  } finally {
    await host.stop();
  }
  return result;
}

async function round(lxd: ThrowawayLxd, result: Record<Step, Round[]>, count: number): Promise<void> {
  const config = { address: lxd.address, image: lxdImage, pool: lxdPool, count: COUNT };
  const ours = new Program({ name: "bench", source: LXD_CONTAINERS, config, wholeSdk: true });
  const nothing = new Program({ name: "bench", source: NO_CONTAINERS, config, wholeSdk: true });
  const bare = new BareClient(lxd.socket);
  try {
    for (let each = 0; each < count; each++) {
      const up = { ours: await took(ours.up()), engine: await took(nothing.up()) };
      const models = await bare.models();
      if (models.length !== COUNT) throw new Error(`there are ${models.length} instances of ${COUNT}`);
      for (let time = 0; time < REFRESHES; time++) {
        const refresh = { ours: await took(ours.refresh()), engine: await took(nothing.refresh()) };
        result.refresh.push({ ...refresh, bare: await bare.readAll(models) });
      }
      const destroy = { ours: await took(ours.destroy()), engine: await took(nothing.destroy()) };
      result.up.push({ ...up, bare: await bare.makeAll(models, lxdImage) });
      result.destroy.push({ ...destroy, bare: await bare.removeAll(models) });
    }
  } finally {
    await bare.close();
    await Promise.all([ours.dispose(), nothing.dispose()]);
  }
}

/** The round in the middle: a disturbed one does not count. */
function middle(rows: readonly Round[]): Round {
  const ratio = median(rows.map(ratioOf));
  const found = rows.find((each) => ratioOf(each) === ratio);
  if (found === undefined) throw new Error("nothing was measured");
  return found;
}

function quickest(rows: readonly Round[]): Round {
  const least = (side: keyof Round): number => Math.min(...rows.map((row) => row[side]));
  return { ours: least("ours"), engine: least("engine"), bare: least("bare") };
}

function ratioOf({ ours, engine, bare }: Round): number {
  return ours / (engine + bare);
}

function figure(step: Step, round: Round): Figure {
  const { ours, engine, bare } = round;
  const detail = `${COUNT} containers in ${secondsOf(ours)}; engine ${secondsOf(engine)}, bare client ${secondsOf(bare)}`;
  return { name: `lxd-${step}-20`, ratio: ratioOf(round), limit: LIMIT, detail };
}

const about = (step: Step): string =>
  `\`pulumi ${step}\` of ${COUNT} LXD containers / (the engine alone + a bare HTTP client)`;

export const lxdTwenty: readonly Benchmark[] = (["up", "refresh", "destroy"] as const).map((step) => ({
  name: `lxd-${step}-20`,
  about: about(step),
  run: async () => {
    const rows = (await rounds())[step];
    return figure(step, step === "refresh" ? quickest(rows) : middle(rows));
  },
}));
