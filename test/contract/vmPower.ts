import { describe, expect, test } from "@jest/globals";
import type { ObservedVm } from "../../provider/driver/contract";
import { expectCode, expectTold, type CurrentBench } from "./bench";
import type { Missing } from "./setup";
import { poolFor } from "./vms";

export function vmPowerContract(bench: CurrentBench, missing: Missing): void {
  describe("the power of a VM", () => {
    const pool = "contract-power";
    poolFor(bench, pool);

    const make = (name: string, input: Record<string, unknown> = {}): Promise<ObservedVm> => {
      const spec = bench().vm(name, input);
      return bench().driver.vms.create(spec, { owner: spec.owner });
    };

    test("is switched on and off, and asking twice is asking once", async () => {
      const { driver, witness } = bench();
      const name = bench().name("power");
      const { id } = await make(name, { autostart: true });
      const steps = [
        ["running", () => driver.vms.start(id)],
        ["paused", () => driver.vms.pause(id)],
        ["running", () => driver.vms.resume(id)],
        ["stopped", () => driver.vms.stop(id, { hard: true })],
      ] as const;
      for (const [state, step] of steps) {
        await step();
        await step();
        expect(await driver.vms.state(id)).toBe(state);
        expect((await witness.vm(name))?.state).toBe(state);
        const seen = await driver.vms.find(id);
        expect(seen?.state).toBe(state);
        expect(await driver.vms.find(id, { many: true })).toEqual(seen);
      }
      await driver.vms.stop(id, { hard: false });
      await driver.vms.remove(id);
    });

    if (missing.startPaused === undefined) {
      test("can begin with a paused guest", async () => {
        const { driver, witness } = bench();
        const name = bench().name("paused");
        const { id } = await make(name);
        await driver.vms.start(id, { paused: true });
        expect(await driver.vms.state(id)).toBe("paused");
        expect((await witness.vm(name))?.state).toBe("paused");
        await driver.vms.stop(id, { hard: true });
        await driver.vms.remove(id);
      });
    }

    test("of a stopped guest can be neither paused nor resumed", async () => {
      const { driver } = bench();
      const { id } = await make(bench().name("off"));
      await expectCode(driver.vms.pause(id), "invalid-state");
      await expectCode(driver.vms.resume(id), "invalid-state");
      expect(await driver.vms.state(id)).toBe("stopped");
      await driver.vms.remove(id);
    });

    test("is not needed to know that the guest has ACPI", async () => {
      const { driver } = bench();
      const { id } = await make(bench().name("acpi"));
      expect(await driver.vms.hasAcpi(id)).toBe(true);
      await driver.vms.remove(id);
    });

    test("goes with a VM that is removed while it runs", async () => {
      const { driver, witness } = bench();
      const name = bench().name("removed");
      const { id } = await make(name, { disks: [{ pool, size: "1MiB" }] });
      await driver.vms.start(id);
      await driver.vms.remove(id);
      expect(await witness.vm(name)).toBeUndefined();
      expect(await driver.vms.state(id)).toBeUndefined();
      expect(await driver.volumes.list(pool)).toEqual([]);
    });

    test("stays as it is when something else changes", async () => {
      const { driver, witness } = bench();
      const name = bench().name("running");
      const { id } = await make(name, { description: "before" });
      await driver.vms.start(id);
      const spec = bench().vm(name, { description: "after" });
      const changed = await driver.vms.change(id, spec, { owner: spec.owner });
      expect(changed).toMatchObject({ id, state: "running" });
      expectTold("vm", spec, changed.spec, "description");
      expect(await witness.vm(name)).toMatchObject({ state: "running", description: "after" });
      await driver.vms.remove(id);
    });

    test("bears the note of a stop for a change until that is taken away, whatever else is changed", async () => {
      const { driver } = bench();
      const name = bench().name("noted");
      const { id } = await make(name);
      const seen = async (): Promise<unknown> => (await driver.vms.find(id))?.interrupted;
      await driver.vms.start(id);
      expect(await seen()).toBeUndefined();
      await driver.vms.noteStop(id, { was: "running", hard: true });
      // It is on.
      expect(await seen()).toBe("over");
      await driver.vms.stop(id, { hard: true });
      expect(await seen()).toBe("running");
      const spec = bench().vm(name, { description: "other" });
      expect(await driver.vms.change(id, spec, { owner: spec.owner })).toMatchObject({
        interrupted: "running",
      });
      await driver.vms.start(id);
      expect(await seen()).toBe("over");
      await driver.vms.noteStop(id, { was: "paused", hard: true });
      await driver.vms.stop(id, { hard: true });
      expect(await seen()).toBe("paused");
      await driver.vms.noteStop(id, undefined);
      await driver.vms.noteStop(id, undefined);
      expect(await seen()).toBeUndefined();
      await driver.vms.remove(id);
    });

    if (missing.restart === undefined) {
      test("has to be switched off and on for what the running guest cannot take", async () => {
        const { driver, witness } = bench();
        const name = bench().name("restart");
        const { before, after, field } = bench().restart;
        const { id } = await make(name, before);
        await driver.vms.start(id);
        const spec = bench().vm(name, after);
        const changed = await driver.vms.change(id, spec, { owner: spec.owner });
        expect(changed.restartRequired).toEqual(expect.arrayContaining([field]));
        expectTold("vm", spec, changed.spec, ...Object.keys(after));
        await driver.vms.stop(id, { hard: true });
        expect((await driver.vms.find(id))?.restartRequired).toEqual([]);
        await driver.vms.start(id);
        expect((await driver.vms.find(id))?.restartRequired).toEqual([]);
        const seen = await witness.vm(name);
        expect(field === "memory" ? seen?.liveMemoryMiB : seen?.liveCores).toBe(
          spec[field as "cores" | "memory"],
        );
        await driver.vms.remove(id);
      });
    }

    if (missing.hotplug === undefined) {
      test("stays on while cores and a disk are added", async () => {
        const { driver, witness } = bench();
        const name = bench().name("hotplug");
        const headroom = missing.headroom === undefined ? { maxCores: 4 } : {};
        const before = bench().vm(name, { cores: 1, ...headroom, disks: [{ pool, size: "1MiB" }] });
        const { id } = await driver.vms.create(before, { owner: before.owner });
        await driver.vms.start(id);
        const spec = bench().vm(
          name,
          {
            cores: bench().hotCores,
            ...headroom,
            disks: [
              { pool, size: "1MiB" },
              { name: "data", pool, size: "2MiB" },
            ],
          },
          before,
        );
        const changed = await driver.vms.change(id, spec, { owner: spec.owner });
        expect(changed).toMatchObject({ id, state: "running", restartRequired: [] });
        expectTold("vm", spec, changed.spec, "cores", "disks");
        expect(await witness.vm(name)).toMatchObject({
          state: "running",
          cores: bench().hotCores,
          liveCores: bench().hotCores,
          liveDisks: Object.keys(bench().at({ vda: ["root", true], vdb: ["data", true] })).sort(),
        });
        await driver.vms.remove(id);
        expect(await driver.volumes.list(pool)).toEqual([]);
      });
    }

    if (missing.startCheck === undefined) {
      test("a start that fails says what is missing, and leaves the VM stopped", async () => {
        const { driver } = bench();
        const { id } = await make(bench().name("lost"), { interfaces: [{ network: "no-such-network" }] });
        await expectCode(driver.vms.start(id), "not-found");
        expect(await driver.vms.state(id)).toBe("stopped");
        await driver.vms.remove(id);
      });
    }

    test("guests that are off have no addresses", async () => {
      const { driver } = bench();
      const { id } = await make(bench().name("silent"));
      await expectCode(driver.vms.addresses(id, "lease"), "invalid-state");
      await driver.vms.remove(id);
    });
  });
}
