import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { checkoutDir } from "./paths.ts";
import type { Answer, Order } from "./racer.ts";
import type { ThrowawayHost } from "./throwaway-host.ts";

export interface RaceResult {
  readonly rounds: number;
  /** Rounds that ended with more VMs on the host than its limit allows, or with others than those that were made. */
  readonly over: number;
  readonly admitted: number;
  readonly refused: number;
  /** Refusals that do not tell by their own numbers why. */
  readonly unexplained: readonly string[];
}

/** Free places of every round, and how many VMs each of the two machines wants of them at once. */
const PLACES = 3;
const WANTED = 2;

/**
 * Two processes, as on two machines, want the last places of one host in every round. What is on the host afterwards is
 * counted by virsh. Both may be refused; never may both be admitted past the limit.
 */
export async function race(host: ThrowawayHost, rounds: number): Promise<RaceResult> {
  const racers = ["left", "right"].map((stack) => ({ stack, process: start() }));
  const cpus = Number(/CPU\(s\):\s+(\d+)/.exec(await host.virsh(["nodeinfo"]))?.[1]);
  const connection = { address: host.address, name: "raced", reservedCpu: cpus - PLACES };
  const names = Array.from({ length: WANTED }, (_, index) => `vm${index}`);
  const result = { rounds, over: 0, admitted: 0, refused: 0, unexplained: [] as string[] };
  try {
    for (let round = 0; round < rounds; round++) {
      const orders = racers.map(({ process, stack }) =>
        ask(process, { host: connection, stack, make: names, delayMs: (round % 4) * 5 }),
      );
      const answers = (await Promise.all(orders)).flat();
      const made = answers.filter((answer) => answer === null).length;
      const there = (await host.virsh(["list", "--all", "--uuid"])).split("\n").filter(Boolean).length;
      if (there > PLACES || there !== made) result.over += 1;
      const refusals = answers.filter((answer) => answer !== null);
      result.admitted += made;
      result.refused += refusals.length;
      result.unexplained.push(...refusals.filter((text) => !explained(text)));
      await Promise.all(
        racers.map(({ process, stack }) => ask(process, { host: connection, stack, make: [], delayMs: 0 })),
      );
    }
  } finally {
    for (const racer of racers) racer.process.kill();
  }
  return result;
}

/** `cores do not fit on raced (…): requested 1 core, 1 core missing; left 0 cores of 3 …`: what is left must be too little. */
function explained(text: string): boolean {
  const [, requested, left] =
    /^cores do not fit on raced .*\n {2}requested (\d+) .* left (\d+) /.exec(text) ?? [];
  return requested !== undefined && Number(requested) > Number(left);
}

function start(): ChildProcess {
  return fork(join(checkoutDir(), "scripts", "lib", "racer.ts"), {
    execArgv: ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
}

async function ask(racer: ChildProcess, order: Order): Promise<Answer> {
  const over = new AbortController();
  const ended = once(racer, "exit", over).then(([code]): never => {
    throw new Error(`a racer ended with ${String(code)}`);
  });
  const answered = once(racer, "message", over) as Promise<[Answer]>;
  racer.send(order);
  try {
    return (await Promise.race([answered, ended]))[0];
  } finally {
    over.abort();
    await Promise.allSettled([answered, ended]);
  }
}
