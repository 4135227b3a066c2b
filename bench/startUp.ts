import { Program } from "../test/support/pulumi.ts";
import { secondsOf, type Benchmark } from "./figures.ts";
import { EMPTY, ONE } from "./programs.ts";
import { took } from "./stand.ts";

const ALLOWANCE_MS = 300;
const ROUNDS = 5;

/** Both programs load the package; they differ in what the engine's provider process has to load. */
export const startUp: Benchmark = {
  name: "provider-start",
  about: "what our provider's start adds to an empty dynamic provider's / 0.3 s",
  run: async () => {
    const ours = new Program({ name: "bench", source: ONE, wholeSdk: true });
    const empty = new Program({ name: "bench", source: EMPTY, wholeSdk: true });
    try {
      await Promise.all([ours, empty].map((program) => program.preview()));
      const [ownTimes, emptyTimes]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round++) {
        ownTimes.push(await took(ours.preview()));
        emptyTimes.push(await took(empty.preview()));
      }
      // The difference of two programs' whole runs: each one's quickest, because whatever disturbs them only adds.
      const [whole, floor] = [Math.min(...ownTimes), Math.min(...emptyTimes)];
      const ms = whole - floor;
      const detail = `${secondsOf(ms)}: a preview in ${secondsOf(whole)}, with an empty provider ${secondsOf(floor)}`;
      return { name: "provider-start", ratio: ms / ALLOWANCE_MS, limit: 1, detail };
    } finally {
      await Promise.all([ours.dispose(), empty.dispose()]);
    }
  },
};
