import { describe, expect, jest, test } from "@jest/globals";
import { DriverError } from "../../../provider/driver/errors";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { vm } from "../../../provider/lifecycle/vm";
import { createMemoryHost } from "../../support/memoryDriver";
import { machineAt, Stack } from "./program";

/** A guest whose power is not the program's, in a change that it is restarted for. */
async function rig(given: Plain = {}) {
  const memory = createMemoryHost();
  const stack = new Stack("dev");
  const host = machineAt(() => memory.session());
  const args = { host, name: "web", restart: "ifNeeded", ...given };
  await stack.up("web", args);
  const [made] = memory.witness.vms.values();
  if (made === undefined) throw new Error("it was not made");
  const change = { ...args, memory: 8192 };
  return {
    memory,
    made,
    up: (more: Plain = {}): Promise<void> => stack.up("web", { ...change, ...more }),
    diff: (): Promise<boolean> => stack.diff("web", change),
    /** The run ends without a word of what it has done: its process was killed before the start. */
    async cutOff(): Promise<void> {
      memory.faults.fail("vms.start", new DriverError("killed", { code: "connection-lost" }));
      await expect(stack.up("web", change)).rejects.toThrow("killed");
      expect(made).toMatchObject({ state: "stopped", spec: { memory: 8192 } });
    },
    async refresh(): Promise<Plain> {
      const known = stack.state.get("web");
      if (known === undefined) throw new Error("it is not in state");
      const { props, inputs = {} } = await providerFor(vm).read(known.id, known.outs);
      stack.state.set("web", { id: known.id, outs: props, inputs });
      return props;
    },
  };
}

describe("a restart that was cut off after the stop", () => {
  test("is completed by the next update", async () => {
    const { cutOff, up, made } = await rig();
    await cutOff();
    await up();
    expect(made).toMatchObject({ state: "running", starts: 2 });
    expect(made.note).toBeUndefined();
  });

  test("is a difference that a refresh finds, said in the preview and gone when it is completed", async () => {
    const { cutOff, refresh, diff, up, made } = await rig();
    await cutOff();
    expect(await refresh()).toMatchObject({ interrupted: "running" });
    const said = jest.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      expect(await diff()).toBe(true);
      expect(String(said.mock.calls[0]?.[0])).toMatch(/^VM web: it is off since a run that was cut off/);
    } finally {
      said.mockRestore();
    }
    await up();
    expect(made.state).toBe("running");
    expect(await refresh()).not.toHaveProperty("interrupted");
    expect(await diff()).toBe(false);
  });

  test("leaves a guest paused that was paused", async () => {
    const { cutOff, up, made, memory } = await rig();
    await memory.driver.vms.pause(made.id);
    await cutOff();
    await up();
    expect(made.state).toBe("paused");
  });

  test("is over for a guest that somebody has started since, also where it is off again", async () => {
    const { cutOff, refresh, diff, up, made, memory } = await rig();
    await cutOff();
    await memory.driver.vms.start(made.id);
    await memory.driver.vms.stop(made.id, { hard: false });
    expect(await refresh()).toMatchObject({ interrupted: "over" });
    expect(await diff()).toBe(true);
    await up();
    expect(made.state).toBe("stopped");
    expect(made.note).toBeUndefined();
    await refresh();
    expect(await diff()).toBe(false);
  });

  test("is given up where the program says that the guest is to be off", async () => {
    const { cutOff, up, made } = await rig();
    await cutOff();
    await up({ running: false });
    expect(made.state).toBe("stopped");
    expect(made.note).toBeUndefined();
  });

  test("is noted of no guest that does not shut down", async () => {
    const { up, made } = await rig({ shutdownTimeout: "1s" });
    made.obedient = false;
    await expect(up({ shutdownTimeout: "1s" })).rejects.toThrow(/runs on/);
    expect(made.state).toBe("running");
    expect(made.note).toBeUndefined();
  });

  test("leaves no note where the change cannot be started with, and the guest runs again as it was", async () => {
    const { up, made, memory } = await rig();
    memory.faults.fail("vms.start", new DriverError("too much", { code: "failed" }));
    await expect(up()).rejects.toThrow(/has its old definition again, and was started/);
    expect(made.state).toBe("running");
    expect(made.note).toBeUndefined();
  });
});
