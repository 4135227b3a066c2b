import { availableParallelism } from "node:os";
import { conclude, runJest } from "./lib/jest.ts";
import { main } from "./lib/progress.ts";

/** `npm run test:unit`: what needs no host. Arguments go to jest. */
main(async () => {
  return conclude([
    await runJest(["unit"], [`--maxWorkers=${availableParallelism()}`, ...process.argv.slice(2)]),
  ]);
});
