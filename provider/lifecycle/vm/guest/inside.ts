import { setTimeout as sleep } from "node:timers/promises";
import type { CommandResult, HostDriver, InsideDriver } from "../../../driver/contract";
import { DriverError, hasCode } from "../../../driver/errors";
import { warn } from "../../../driver/warn";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2000;
const AGENT = { operation: "wait for the guest's agent" };
const CLOUD_INIT = { operation: "wait for cloud-init" };

/** Ends when the guest can be talked to; fails at once when it dies. */
export async function waitForAgent(driver: HostDriver, id: string, timeoutSeconds: number): Promise<void> {
  const { guests, kind, vms } = driver;
  if (guests === undefined)
    throw new DriverError("this host does not tell", { code: "unsupported", ...AGENT });
  const deadline = Date.now() + timeoutSeconds * 1000;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    if (await guests.ready(id)) return;
    const state = await vms.state(id);
    if (state !== "running") throw isOff(state, AGENT.operation);
    if (Date.now() + pause > deadline) {
      const name = kind === "lxd" ? "lxd-agent" : "qemu-guest-agent";
      throw new DriverError(`${name} does not answer within ${timeoutSeconds} s`, {
        code: "guest-agent-unavailable",
        ...AGENT,
        remedy: `Is ${name} installed and running in the guest? A longer wait is \`waitFor.timeout\`. The VM is kept.`,
      });
    }
    await sleep(pause);
  }
}

export function isOff(state: string | undefined, operation: string): DriverError {
  return new DriverError(`the guest is ${state ?? "gone"} instead of running`, {
    code: "invalid-state",
    operation,
    remedy: "Look at its console or log on the host for why it ended; the VM is kept.",
  });
}

/** Ends when cloud-init has: with what it calls recoverable told as a warning, with any other failure of it as an error. */
export async function waitForCloudInit(
  driver: HostDriver,
  inside: InsideDriver,
  id: string,
  { name, timeoutSeconds }: { readonly name: string; readonly timeoutSeconds: number },
): Promise<void> {
  let result: CommandResult;
  try {
    const command = ["cloud-init", "status", "--wait", "--long"];
    result = await inside.run(id, { label: "cloud-init", command, timeoutSeconds });
  } catch (error) {
    const state = await driver.vms.state(id);
    if (state !== "running") throw isOff(state, CLOUD_INIT.operation);
    if (hasCode(error, "not-found"))
      throw new DriverError("the guest has no cloud-init", {
        code: "unsupported",
        ...CLOUD_INIT,
        remedy: "Use an image that has it, or leave `waitFor.cloudInit` out. The VM is kept.",
      });
    if (!hasCode(error, "timeout")) throw error;
    throw new DriverError(`it has not ended within ${timeoutSeconds} s`, {
      code: "timeout",
      ...CLOUD_INIT,
      remedy:
        "What it is at stands in /var/log/cloud-init-output.log in the guest; a longer wait is `waitFor.timeout`. The VM is kept.",
    });
  }
  await judge(driver, id, name, result);
}

/** 2 means, since cloud-init 23.4, that it is done with errors that it could get over. */
const RECOVERABLE = 2;

async function judge(driver: HostDriver, id: string, name: string, result: CommandResult): Promise<void> {
  const { exitStatus, stdout, stderr } = result;
  const said = `${stdout}\n${stderr}`.replace(/^\.+/gm, "").trim();
  const status = /^status: (.*)$/m.exec(said)?.[1] ?? "";
  // The errors that it lists come last; what stands in front of them is of no use here.
  const words = /^(detail|errors|recoverable_errors):[\s\S]*/m.exec(said)?.[0] ?? said;
  const brief = words.replace(/\s*\n\s*/g, " ").slice(0, 1500);
  if (exitStatus === 0 && status !== "disabled" && status !== "error") return;
  if (exitStatus === RECOVERABLE && status !== "error") {
    warn(`cloud-init in VM "${name}" is ${status === "" ? "degraded" : status}: ${brief}`);
    return;
  }
  const state = await driver.vms.state(id);
  if (state !== "running") throw isOff(state, CLOUD_INIT.operation);
  throw new DriverError(`its status is ${status === "" ? `exit ${exitStatus}` : status}: ${brief}`, {
    code: "failed",
    ...CLOUD_INIT,
    remedy:
      status === "disabled"
        ? "cloud-init does not run in this guest; leave `waitFor.cloudInit` out. The VM is kept."
        : "See /var/log/cloud-init.log in the guest. The VM is kept.",
  });
}
