import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { checkoutDir } from "./paths.ts";

/** One machine that runs Pulumi: makes and removes VMs with the handlers that the engine calls, as it is told. */

export interface Order {
  readonly host: Readonly<Record<string, unknown>>;
  readonly stack: string;
  /** Names of the VMs to make at once; those of the last order are removed first. */
  readonly make: readonly string[];
  readonly delayMs: number;
}

/** Why a VM was refused; nothing for one that was made. */
export type Answer = readonly (string | null)[];

interface Handler {
  check(olds: object, news: object): Promise<{ inputs: object; failures: readonly { reason: string }[] }>;
  create(inputs: object): Promise<{ id: string; outs: object }>;
  delete(id: string, outs: object): Promise<void>;
}

const runtime = createRequire(join(checkoutDir(), "package.json"))(
  join(checkoutDir(), "dist", "runtime.js"),
) as {
  provider(kind: string): Handler;
};
const vms = runtime.provider("Vm");
let made: { id: string; outs: object }[] = [];

async function make({ host, stack, delayMs }: Order, name: string): Promise<string | null> {
  await sleep(delayMs * Math.random());
  const owner = `race/${stack}/Vm/${name}`;
  const given = { host, owner, name: `${stack}-${name}`, memory: 32, domainType: "qemu", running: false };
  const { inputs, failures } = await vms.check({}, given);
  if (failures[0] !== undefined) return failures[0].reason;
  try {
    made.push(await vms.create(inputs));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

process.on("message", (order: Order) => {
  void (async () => {
    const before = made;
    made = [];
    await Promise.all(before.map(({ id, outs }) => vms.delete(id, outs)));
    process.send?.((await Promise.all(order.make.map((name) => make(order, name)))) satisfies Answer);
  })();
});
