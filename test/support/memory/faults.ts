import { setTimeout as sleep } from "node:timers/promises";
import { DriverError } from "../../../provider/driver/errors";

export interface When {
  /** The first call that is hit, counted from when the fault was set; 1 is the next one. */
  readonly at?: number;
  /** How many calls in a row are hit. Default 1. */
  readonly times?: number;
}

type Fault = {
  readonly step: string;
  readonly kind: "before" | "after";
  readonly error: DriverError;
  at: number;
  times: number;
};

/**
 * Faults to order. A step is a method of the driver (`vms.start`) or a part of one after which a run can be cut off
 * (`vms/define`, `vms/volume`, `volumes/send`).
 */
export class Faults {
  private faults: Fault[] = [];
  private readonly delays = new Map<string, number>();
  /** Every step that was begun, in order. */
  readonly log: string[] = [];

  /** The step throws and has done nothing. */
  fail(step: string, error: DriverError, when: When = {}): void {
    this.add("before", step, error, when);
  }

  /** The step is done, but nobody hears of it: the connection is lost with the answer. */
  crash(step: string, when: When = {}): void {
    this.add(
      "after",
      step,
      new DriverError("the connection was lost", { code: "connection-lost", operation: step }),
      when,
    );
  }

  /** Every call of the step takes that much longer. */
  delay(step: string, milliseconds: number): void {
    this.delays.set(step, milliseconds);
  }

  clear(): void {
    this.faults = [];
    this.delays.clear();
    this.log.length = 0;
  }

  count(step: string): number {
    return this.log.filter((each) => each === step).length;
  }

  async run<T>(step: string, action: () => T | Promise<T>): Promise<T> {
    this.log.push(step);
    const due = this.faults.filter((fault) => fault.step === step && --fault.at < 0 && --fault.times >= 0);
    const wait = this.delays.get(step);
    if (wait !== undefined) await sleep(wait);
    throwFirst(due, "before");
    const result = await action();
    throwFirst(due, "after");
    return result;
  }

  private add(kind: Fault["kind"], step: string, error: DriverError, { at = 1, times = 1 }: When): void {
    this.faults.push({ step, kind, error, at: at - 1, times });
  }
}

function throwFirst(due: readonly Fault[], kind: Fault["kind"]): void {
  const fault = due.find((each) => each.kind === kind);
  // A new error each time: callers put the host's name and the operation on it.
  if (fault !== undefined) throw fault.error.with({});
}

/** The same object with every method as a step named after it. */
export function withFaults<T extends object>(group: string, methods: T, faults: Faults): T {
  const wrapped = Object.entries(methods).map(([name, method]: [string, unknown]) => [
    name,
    typeof method === "function"
      ? (...args: unknown[]) =>
          faults.run(`${group}.${name}`, () =>
            (method as (...all: unknown[]) => unknown).apply(methods, args),
          )
      : method,
  ]);
  return Object.fromEntries(wrapped) as T;
}
