import { setTimeout as sleep } from "node:timers/promises";
import type { HostDriver, PowerState } from "../../../driver/contract";
import { DriverError, hasCode, isDriverError } from "../../../driver/errors";
import type { HostConnection } from "../../../schema/address/connection";

export interface ShutdownRules {
  readonly timeoutSeconds: number;
  readonly forceDestroy: boolean;
  readonly cancelNoAcpi: boolean;
}

/** What a program can ask for. */
export type Power = boolean | "paused" | "saved";

interface PowerInput {
  readonly host: HostConnection;
  readonly shutdownTimeout?: number;
  readonly forceDestroy?: boolean;
  readonly cancelNoAcpi?: boolean;
}

export function shutdownRules(spec: PowerInput): ShutdownRules {
  return {
    timeoutSeconds: spec.shutdownTimeout ?? spec.host.shutdownTimeout,
    forceDestroy: spec.forceDestroy ?? spec.host.forceDestroy ?? false,
    cancelNoAcpi: spec.cancelNoAcpi ?? spec.host.cancelNoAcpi ?? false,
  };
}

/**
 * Bring the VM to the power state that the program asks for; `undefined` leaves it alone (R116). The state that is known is from
 * just now.
 */
export async function setPower(
  driver: HostDriver,
  id: string,
  wanted: Power | undefined,
  rules: ShutdownRules,
  known?: PowerState,
): Promise<void> {
  if (wanted === undefined) return;
  const state = known ?? (await driver.vms.state(id));
  if (wanted === false) {
    if (isOn(state)) await shutDown(driver, id, rules);
    return;
  }
  if (wanted === "saved") {
    if (isOn(state)) await save(driver, id);
    return;
  }
  if (wanted === "paused") {
    if (!isOn(state)) await driver.vms.start(id, { paused: true });
    else if (state !== "paused") await driver.vms.pause(id);
    return;
  }
  if (state === "paused" || state === "suspended") await driver.vms.resume(id);
  else if (state !== "running") await driver.vms.start(id);
}

/**
 * A VM that is to stay off has not shown that it can start, and libvirt takes much into a definition that it refuses at the
 * start: it is started paused, which no guest notices, and switched off again (R112). A run that was cut off meanwhile has
 * left it on.
 */
export async function proveStart({ kind, vms }: HostDriver, id: string, wanted: boolean): Promise<void> {
  if (isOn(await vms.state(id))) await vms.stop(id, { hard: true });
  if (!wanted || kind !== "libvirt") return;
  try {
    await vms.start(id, { paused: true });
  } catch (error) {
    // libvirt's test driver starts nothing paused.
    if (hasCode(error, "unsupported", "invalid-argument") && /unsupported flags/.test(String(error))) return;
    if (!isDriverError(error) || hasCode(error, "connection-lost", "unreachable")) throw error;
    const undone = "The VM was taken away again; `validateStart: false` makes it without trying.";
    throw error.advising(undone);
  }
  await vms.stop(id, { hard: true });
}

async function save({ vms }: HostDriver, id: string): Promise<void> {
  if (vms.save !== undefined) return vms.save(id);
  throw new DriverError("this host cannot save a guest's memory", {
    code: "unsupported",
    operation: "save",
    target: "the VM",
    remedy: 'Use `running: false` or `running: "paused"`.',
  });
}

export function isOn(state: PowerState | undefined): boolean {
  return state === "running" || state === "paused" || state === "suspended";
}

/**
 * Ask the guest to shut down, once more at half time (R156), and see what the program wants when it does not: an
 * error with the VM running on (the default), or a hard stop. A guest without ACPI cannot be asked (R159).
 */
export async function shutDown({ vms }: HostDriver, id: string, rules: ShutdownRules): Promise<void> {
  if ((await vms.state(id)) === "paused") await vms.resume(id);
  if (!(await vms.hasAcpi(id)) && rules.cancelNoAcpi) return vms.stop(id, { hard: true });
  const start = Date.now();
  const limit = rules.timeoutSeconds * 1000;
  await vms.stop(id, { hard: false });
  for (let asked = 1; Date.now() - start < limit;) {
    await sleep(Math.min(1000, Math.max(50, limit / 20)));
    if (!isOn(await vms.state(id))) return;
    if (asked === 1 && Date.now() - start > limit / 2) {
      asked++;
      await vms.stop(id, { hard: false });
    }
  }
  if (rules.forceDestroy) return vms.stop(id, { hard: true });
  throw new DriverError(`the guest did not shut down within ${rules.timeoutSeconds} s and runs on`, {
    code: "timeout",
    operation: "shut down the VM",
    remedy:
      "Does the guest react to ACPI (acpid, or qemu-guest-agent)? A longer wait is `shutdownTimeout`; `forceDestroy: true` switches it off hard.",
  });
}
