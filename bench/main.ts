import { removeHostsOfDeadOrSelf } from "../scripts/lib/host-files.ts";
import { main, UserError } from "../scripts/lib/progress.ts";
import { table } from "../scripts/lib/table.ts";
import { change } from "./change.ts";
import { fifty } from "./fifty.ts";
import type { Benchmark, Figure } from "./figures.ts";
import { fleet } from "./fleet.ts";
import { overlays } from "./overlays.ts";
import { lxdTwenty } from "./lxdTwenty.ts";
import { overSsh } from "./overSsh.ts";
import { sizeFigures } from "./sizes.ts";
import { takeDown } from "./stand.ts";
import { startUp } from "./startUp.ts";
import { leaveSite, uploads } from "./uploads.ts";

const benchmarks: readonly Benchmark[] = [
  ...fifty,
  ...lxdTwenty,
  change,
  ...sizeFigures,
  startUp,
  overSsh,
  ...uploads,
  overlays,
  fleet,
];

/** Arguments: `--json`, and the names of the figures wanted (all without any). Exit code 1 when one is over its limit. */
main(async () => {
  const [options, names] = [
    process.argv.slice(2),
    process.argv.slice(2).filter((arg) => !arg.startsWith("--")),
  ];
  const json = options.includes("--json");
  const unknown = names.filter((name) => !benchmarks.some((each) => each.name === name));
  if (unknown.length > 0) {
    const known = benchmarks.map(({ name, about }) => `  ${name.padEnd(16)} ${about}`).join("\n");
    throw new UserError(`There is no figure ${unknown.join(", ")}; there are:\n${known}`);
  }
  const figures: Figure[] = [];
  try {
    for (const benchmark of benchmarks) {
      if (names.length > 0 && !names.includes(benchmark.name)) continue;
      const figure = await benchmark.run();
      figures.push(figure);
      if (json) process.stdout.write(`${JSON.stringify(figure)}\n`);
      else process.stderr.write(`  measured ${figure.name}: ${figure.ratio.toFixed(2)}\n`);
    }
  } finally {
    await leaveSite();
    await takeDown();
    await removeHostsOfDeadOrSelf();
  }
  if (!json) {
    const rows = figures.map(({ name, ratio, limit, detail }) => [
      name,
      ratio.toFixed(2),
      limit.toFixed(2),
      ratio <= limit ? "ok" : "over",
      detail,
    ]);
    process.stdout.write(`\n${table([["figure", "ratio", "limit", "", "detail"], ...rows])}\n`);
  }
  return figures.every(({ ratio, limit }) => ratio <= limit) ? 0 : 1;
});
