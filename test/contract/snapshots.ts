import { describe, expect, test } from "@jest/globals";
import type { HostDriver, ObservedVm, SnapshotDriver } from "../../provider/driver/contract";
import { snapshot } from "../../provider/lifecycle/snapshot";
import { expectCode, expectTold, ODD_TEXT, type CurrentBench } from "./bench";
import type { Missing } from "./setup";
import { poolFor } from "./vms";

const NOWHERE = "00000000-0000-4000-8000-000000000000";

export function snapshotsContract(bench: CurrentBench, missing: Missing): void {
  if (missing.snapshots !== undefined) return;

  describe("snapshots", () => {
    const pool = "contract-snapshots";
    poolFor(bench, pool);

    const driver = (): SnapshotDriver => {
      const { snapshots } = bench().driver;
      if (snapshots === undefined) throw new Error("The driver has no snapshots");
      return snapshots;
    };
    const anyFormat = missing.formats === undefined ? "qcow2" : "raw";
    const make = (name: string, format = anyFormat, input = {}): Promise<ObservedVm> => {
      const of = missing.formats === undefined ? { format } : {};
      const disks = [
        { pool, size: "1MiB", ...of },
        { name: "data", pool, size: "1MiB", ...of },
      ];
      const spec = bench().vm(name, { disks, ...input });
      return bench().driver.vms.create(spec, { owner: spec.owner });
    };
    const take = (vm: string, name: string, input: Record<string, unknown> = {}) => {
      const spec = bench().snapshot(vm, name, input);
      return driver().create(spec, { owner: spec.owner });
    };

    test("what is not there is undefined, removing it succeeds, and anything else is not-found", async () => {
      const { id } = await make(bench().name("bare"));
      for (const vm of [NOWHERE, "never-made", id]) {
        expect(await driver().find(vm, "none")).toBeUndefined();
        await driver().remove(vm, "none");
        await expectCode(driver().revert(vm, "none"), "not-found");
        await expectCode(driver().change(bench().snapshot(vm, "none")), "not-found");
      }
      await expectCode(take(NOWHERE, "none"), "not-found");
      await bench().driver.vms.remove(id);
    });

    test("one is taken as it was asked for, told as it is, and taking it twice is taking it once", async () => {
      const { witness } = bench();
      const name = bench().name("taken");
      const made = await make(name);
      const spec = bench().snapshot(made.id, "one", { description: ODD_TEXT });
      const taken = await driver().create(spec, { owner: spec.owner });
      expect(taken).toMatchObject({ id: `${made.id}/one`, vm: made.id, name: "one", owner: spec.owner });
      expect(taken).toMatchObject({ consistency: "stopped" });
      expect(await driver().create(spec, { owner: spec.owner })).toEqual(taken);
      expect(await driver().find(name, "one")).toEqual(taken);
      expectTold("snapshot", spec, taken.spec, "memory", "description");
      expect(await witness.snapshots(name)).toEqual(["one"]);
      expect(await bench().driver.vms.find(made.id)).toEqual(made);
      await expectCode(driver().create(spec, { owner: "some/body/Snapshot/else" }), "already-exists");
      const changed = bench().snapshot(made.id, "one", { description: "other" });
      expect((await driver().change(changed)).spec.description).toBe("other");
      expect((await driver().change(bench().snapshot(made.id, "one"))).spec.description).toBeUndefined();
      await driver().remove(made.id, "one");
      expect(await witness.snapshots(name)).toEqual([]);
      await bench().driver.vms.remove(made.id);
    });

    test("one that is another owner's by now stays when the first one leaves", async () => {
      const { witness, driver: host } = bench();
      const name = bench().name("another");
      const { id } = await make(name);
      const mine = bench().snapshot(id, "one");
      const theirs = { ...mine, owner: "some/body/Snapshot/else" };
      const here = { act: (_host: unknown, step: (on: HostDriver) => unknown) => step(host) } as never;
      const leave = ({ owner }: typeof mine): Promise<void> =>
        snapshot.delete(`${id}/one`, { ...mine, owner, stateVersion: 1 }, here);
      await driver().create(theirs, { owner: theirs.owner });
      await leave(mine);
      expect(await witness.snapshots(name)).toEqual(["one"]);
      await leave(theirs);
      expect(await witness.snapshots(name)).toEqual([]);
      await host.vms.remove(id);
    });

    test("a guest that is off has no memory to keep", async () => {
      const { witness } = bench();
      const name = bench().name("off");
      const { id } = await make(name);
      await expectCode(take(id, "memory", { memory: true }), "invalid-state");
      expect(await witness.snapshots(name)).toEqual([]);
      await bench().driver.vms.remove(id);
    });

    test("leave with their VM", async () => {
      const name = bench().name("leaves");
      const { id } = await make(name);
      await take(id, "one");
      await bench().driver.vms.remove(id);
      expect(await driver().find(id, "one")).toBeUndefined();
      await driver().remove(id, "one");
      expect((await bench().driver.volumes.list(pool)).map((volume) => volume.name)).toEqual([]);
    });

    if (missing.diskBytes === undefined) {
      const [first, second] = missing.deviceModels === undefined ? ["vda", "vdb"] : ["root", "data"];
      test.each(missing.formats === undefined ? ["qcow2", "raw"] : ["raw"])(
        "returning brings all %s disks back and leaves the configuration, removing keeps what they hold",
        async (format) => {
          const { witness, driver: host } = bench();
          const name = bench().name("data");
          const { id, spec } = await make(name, format);
          const write = async (text: string): Promise<void> => {
            await witness.write(name, first, text);
            await witness.write(name, second, `${text} data`);
          };
          const holds = async (text: string): Promise<void> => {
            expect(await witness.read(name, first)).toBe(text);
            expect(await witness.read(name, second)).toBe(`${text} data`);
          };
          await write("first");
          await take(id, "one");
          const changed = { ...bench().vm(name, {}), ...spec, name, description: "since then" };
          await host.vms.change(id, changed, { owner: changed.owner });
          for (const text of ["second", "third"]) {
            await write(text);
            await driver().revert(id, "one");
            await holds("first");
            expect(await witness.vm(name)).toMatchObject({ description: "since then", state: "stopped" });
          }
          await write("fourth");
          await take(id, "two");
          await write("fifth");
          await driver().remove(id, "one");
          await holds("fifth");
          await driver().revert(id, "two");
          await holds("fourth");
          await write("sixth");
          await driver().remove(id, "two");
          await holds("sixth");
          await host.vms.remove(id);
          expect(await host.volumes.list(pool)).toEqual([]);
        },
      );
    }

    if (missing.guestMemory === undefined) {
      test("with its memory a guest goes on where it was, and stays as paused as it is", async () => {
        const { driver: host, witness } = bench();
        const name = bench().name("memory");
        const { id } = await make(name, anyFormat, bench().stateful);
        await host.vms.start(id, { paused: true });
        if (missing.quiesce === undefined)
          await expectCode(take(id, "insisting", { quiesce: true }), "guest-agent-unavailable");
        const kept = await take(id, "memory", { memory: true });
        expect(kept).toMatchObject({ consistency: "memory", spec: { memory: true } });
        await host.vms.stop(id, { hard: true });
        await driver().revert(id, "memory");
        expect((await witness.vm(name))?.state).not.toBe("stopped");
        await host.vms.pause(id);
        await driver().revert(id, "memory");
        expect((await witness.vm(name))?.state).toBe("paused");
        await host.vms.remove(id);
      });
    }
  });
}
