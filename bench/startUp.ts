import { Program } from "../test/support/pulumi.ts";
import { median, secondsOf, type Benchmark } from "./figures.ts";
import { EMPTY, ONE } from "./programs.ts";
import { took } from "./stand.ts";

const ALLOWANCE_MS = 300;
const ROUNDS = 5;

/** Both programs load the package; they differ in what the engine's provider process has to load. */
export const startUp: Benchmark = {
  name: "provider-start",
  about: "what our provider's start adds to an empty dynamic provider's / 0.3 s",
  run: async () => {
    const ours = new Program({ name: "bench", source: ONE });
    const empty = new Program({ name: "bench", source: EMPTY });
    try {
      await Promise.all([ours, empty].map((program) => program.preview()));
      const extra: number[] = [];
      for (let round = 0; round < ROUNDS; round++)
        extra.push((await took(ours.preview())) - (await took(empty.preview())));
      const ms = median(extra);
      const all = extra.map((each) => secondsOf(each)).join(", ");
      return {
        name: "provider-start",
        ratio: ms / ALLOWANCE_MS,
        limit: 1,
        detail: `${secondsOf(ms)} (${all})`,
      };
    } finally {
      await Promise.all([ours.dispose(), empty.dispose()]);
    }
  },
};
