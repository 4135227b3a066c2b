import type { HostDriver, PowerState } from "../../../driver/contract";
import { hasCode } from "../../../driver/errors";
import type { VmSpec } from "../../../schema/vm";
import { isOn, shutDown, shutdownRules } from "./power";

/** Whether the program lets a guest be stopped for what cannot be done while it runs. Memory that it wants saved is not lost for that. */
export function mayStop({
  restart,
  running,
}: {
  readonly restart?: unknown;
  readonly running?: unknown;
}): boolean {
  return running === false || (restart === "ifNeeded" && running !== "saved");
}

export const STOP_IT = 'let it be restarted for that (`restart: "ifNeeded"`), or stop it (`running: false`)';

/** A time in which a guest is off because of a change, once in an update however often its steps are repeated. */
export class Pause {
  private before: PowerState | undefined;

  constructor(
    private readonly id: string,
    private readonly spec: VmSpec,
  ) {}

  /** Whether it may be off because of us. */
  get open(): boolean {
    return this.before !== undefined;
  }

  /** Shuts down a guest that is on, where the program lets it. */
  async begin(driver: HostDriver, state: PowerState | undefined): Promise<void> {
    if (mayStop(this.spec)) await this.stop(driver, state);
  }

  /** Shuts down a guest that is on. */
  async stop(driver: HostDriver, state: PowerState | undefined): Promise<void> {
    if (!isOn(state)) return;
    this.before ??= state;
    const rules = shutdownRules(this.spec);
    // Nobody else knows that it was on: where the program manages that, the next run sees what is wrong.
    const noted = this.spec.running === undefined;
    const hard = rules.forceDestroy || rules.cancelNoAcpi;
    if (noted)
      await driver.vms.noteStop(this.id, { was: this.before === "paused" ? "paused" : "running", hard });
    try {
      await shutDown(driver, this.id, rules);
    } catch (error) {
      // It runs on.
      if (noted && !hasCode(error, "connection-lost", "unreachable", "busy"))
        await driver.vms.noteStop(this.id, undefined).catch(() => undefined);
      throw error;
    }
  }

  /** Starts it again as it was, unless it is to stay off; tells whether there was anything to end. */
  async end(driver: HostDriver): Promise<boolean> {
    const { before, spec } = this;
    if (before === undefined || spec.running === false) return false;
    await driver.vms.start(this.id, { paused: (spec.running ?? before) === "paused" });
    this.before = undefined;
    if (spec.running === undefined) await driver.vms.noteStop(this.id, undefined);
    return true;
  }
}
