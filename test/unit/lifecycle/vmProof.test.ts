import { describe, expect, test } from "@jest/globals";
import type { HostDriver } from "../../../provider/driver/contract";
import { DriverError } from "../../../provider/driver/errors";
import { createMemoryHost } from "../../support/memoryDriver";
import { machineAt, Stack } from "./program";

/** A host that writes down what is asked of its VMs' power, and starts none where it is told so. */
function watched(refusal?: DriverError): { driver: HostDriver; asked: string[]; names: () => string[] } {
  const { driver, witness } = createMemoryHost();
  const asked: string[] = [];
  const { vms } = driver;
  const start: typeof vms.start = async (id, options) => {
    asked.push(`start${options?.paused === true ? " paused" : ""}`);
    if (refusal !== undefined) throw refusal;
    await vms.start(id, options);
  };
  const stop: typeof vms.stop = async (id, options) => {
    asked.push(`stop${options.hard ? " hard" : ""}`);
    await vms.stop(id, options);
  };
  const names = (): string[] => [...witness.vms.values()].map(({ name }) => name);
  return { driver: { ...driver, kind: "libvirt", vms: { ...vms, start, stop } }, asked, names };
}

const off = { memory: 64, name: "standby", running: false };

describe("a VM that is to stay off", () => {
  test("is started paused when it is made, and never again", async () => {
    const { driver, asked } = watched();
    const host = machineAt(() => driver);
    const stack = new Stack("dev");
    await stack.up("standby", { ...off, host });
    expect(asked).toEqual(["start paused", "stop hard"]);
    await stack.up("standby", { ...off, host, title: "another" });
    expect(asked).toHaveLength(2);
  });

  test("and cannot start is taken away again, and the host's words say why", async () => {
    const failure = new DriverError("there is no bridge br9", {
      code: "failed",
      remedy: "Look at `ip link`.",
    });
    const { driver, names } = watched(failure);
    const host = machineAt(() => driver);
    await expect(new Stack("dev").up("standby", { ...off, host })).rejects.toThrow(
      /there is no bridge br9\n {2}Look at `ip link`\.\n {2}The VM was taken away again; `validateStart: false`/,
    );
    expect(names()).toEqual([]);
  });

  test("and was there already stays with all that it holds, whatever the reason", async () => {
    const { driver, names, asked } = watched(new DriverError("no", { code: "failed" }));
    const host = machineAt(() => driver);
    await new Stack("dev").up("standby", { ...off, host, validateStart: false });
    // Another run, of whose state nothing was saved.
    await expect(new Stack("dev").up("standby", { ...off, host, running: true })).rejects.toThrow(/no/);
    expect(names()).toEqual(["standby"]);
    // Nor is it started, or switched off, to prove anything.
    await new Stack("dev").up("standby", { ...off, host });
    expect(asked).toEqual(["start"]);
    const full = machineAt(() => driver, { memoryOvercommitRatio: 0 });
    await expect(
      new Stack("dev").up("standby", { ...off, host: full, validateStart: false }),
    ).rejects.toThrow();
    expect(names()).toEqual(["standby"]);
  });

  test("is switched off where a proof that was cut off has left it paused", async () => {
    const { driver, asked } = watched();
    const host = machineAt(() => driver);
    const stack = new Stack("dev");
    await stack.up("standby", { ...off, host, validateStart: false });
    await driver.vms.start(stack.state.get("standby")?.id ?? "", { paused: true });
    await new Stack("dev").up("standby", { ...off, host });
    expect(asked).toEqual(["start paused", "stop hard"]);
  });

  test("stays when it is not to be tried, or when the connection was lost over it", async () => {
    const refused = watched(new DriverError("no", { code: "failed" }));
    const host = machineAt(() => refused.driver);
    await new Stack("dev").up("standby", { ...off, host, validateStart: false });
    expect([refused.names(), refused.asked]).toEqual([["standby"], []]);
    const lost = watched(new DriverError("gone", { code: "connection-lost" }));
    const there = machineAt(() => lost.driver);
    await expect(new Stack("dev").up("standby", { ...off, host: there })).rejects.toThrow(/gone/);
    expect(lost.names()).toEqual(["standby"]);
  });
});
