/** One measured figure: a ratio against something measured in the same run, and what it must not exceed. */
export interface Figure {
  readonly name: string;
  readonly ratio: number;
  readonly limit: number;
  readonly detail: string;
}

/** Milliseconds of one round: ours, the engine's with nothing to do, and the bare client's. */
export interface Round {
  readonly ours: number;
  readonly engine: number;
  readonly bare: number;
}

/** The round in the middle: a disturbed one does not count. */
export function figureOf(name: string, rounds: readonly Round[], limit: number, what: string): Figure {
  const ratioOf = ({ ours, engine, bare }: Round): number => ours / (engine + bare);
  const ratio = median(rounds.map(ratioOf));
  const round = rounds.find((each) => ratioOf(each) === ratio);
  if (round === undefined) throw new Error(`nothing was measured for ${name}`);
  const { ours, engine, bare } = round;
  const detail = `${what} in ${secondsOf(ours)}; engine ${secondsOf(engine)}, bare client ${secondsOf(bare)}`;
  return { name, ratio, limit, detail };
}

export interface Benchmark {
  readonly name: string;
  readonly about: string;
  run(): Promise<Figure>;
}

/** The middle of several measurements: one disturbed run does not count. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

export function secondsOf(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

export async function timed<T>(action: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const start = performance.now();
  const result = await action();
  return { ms: performance.now() - start, result };
}

/** Runs tasks with at most `width` of them at a time; the results keep their order. */
export async function inFlight<T>(width: number, tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const queue = tasks.map((task, index) => async () => void (results[index] = await task()));
  const worker = async (): Promise<void> => {
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) await task();
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
