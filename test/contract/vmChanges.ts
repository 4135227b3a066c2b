import { describe, expect, test } from "@jest/globals";
import type { NamedVmSpec, ObservedVm } from "../../provider/driver/contract";
import { expectCode, expectTold, type CurrentBench } from "./bench";
import type { Missing } from "./setup";
import { poolFor } from "./vms";

const MiB = 2 ** 20;

export function vmChangesContract(bench: CurrentBench, missing: Missing): void {
  describe("changes of a stopped VM", () => {
    const pool = "contract-changes";
    poolFor(bench, pool);

    const make = async (
      input: Record<string, unknown>,
    ): Promise<{ name: string; spec: NamedVmSpec; made: ObservedVm }> => {
      const name = bench().name("change");
      const spec = bench().vm(name, input);
      return { name, spec, made: await bench().driver.vms.create(spec, { owner: spec.owner }) };
    };
    const change = async (
      made: ObservedVm,
      before: NamedVmSpec,
      input: Record<string, unknown>,
    ): Promise<{ spec: NamedVmSpec; changed: ObservedVm }> => {
      const spec = bench().vm(made.name, input, before);
      const changed = await bench().driver.vms.change(made.id, spec, { owner: spec.owner });
      expect(changed.id).toBe(made.id);
      expect(await bench().driver.vms.find(made.id)).toEqual(changed);
      return { spec, changed };
    };
    const volumes = async (): Promise<string[]> =>
      (await bench().driver.volumes.list(pool)).map(({ name }) => name).sort();

    test("keep its identity: size, texts and autostart", async () => {
      const { driver, witness } = bench();
      const { name, spec: before, made } = await make({ title: "before", description: "before", zone: "a" });
      const { spec, changed } = await change(made, before, {
        cores: 3,
        memory: 128,
        description: "after",
        autostart: true,
        zone: "b",
      });
      expectTold("vm", spec, changed.spec, "cores", "memory", "description", "autostart", "zone");
      expect(changed.spec.title).toBeUndefined();
      expect(await witness.vm(name)).toMatchObject({
        id: made.id,
        cores: 3,
        memoryMiB: 128,
        description: "after",
        autostart: true,
      });
      await driver.vms.remove(made.id);
    });

    test("done twice are done once", async () => {
      const { driver } = bench();
      const input = {
        description: "after",
        disks: [
          { pool, size: "1MiB" },
          { name: "data", pool, size: "2MiB" },
        ],
      };
      const { spec, made } = await make({ disks: [{ pool, size: "1MiB" }] });
      const { changed } = await change(made, spec, input);
      expect((await change(made, spec, input)).changed).toEqual(changed);
      expect(await volumes()).toHaveLength(2);
      await driver.vms.remove(made.id);
      expect(await volumes()).toEqual([]);
    });

    test("add a disk and an interface, which leave the others as they were", async () => {
      const { driver, witness } = bench();
      const [lan, other] = [await bench().lan(), await bench().lan()];
      const {
        name,
        spec: before,
        made,
      } = await make({ disks: [{ pool, size: "1MiB" }], interfaces: [{ network: lan.name }] });
      const first = await witness.vm(name);
      const { spec, changed } = await change(made, before, {
        disks: [
          { name: "first", pool, size: "2MiB" },
          { name: "root", pool, size: "1MiB" },
        ],
        interfaces: [
          { name: "eth1", network: other.name },
          { name: "eth0", network: lan.name },
        ],
      });
      expectTold("vm", spec, changed.spec, "disks", "interfaces");
      const second = await witness.vm(name);
      const added = bench().at({ vdb: ["first", changed.volumes["first"]?.path] });
      expect(second?.disks).toEqual({ ...first?.disks, ...added });
      expect([...(second?.macs ?? [])].sort()).toEqual(
        [...(first?.macs ?? []), spec.interfaces.find((nic) => nic.name === "eth1")?.mac].sort(),
      );
      await driver.vms.remove(made.id);
      await lan.remove();
      await other.remove();
      expect(await volumes()).toEqual([]);
    });

    test("of the order of disks are none", async () => {
      const { driver, witness } = bench();
      const disks = [
        { name: "root", pool, size: "1MiB" },
        { name: "a", pool, size: "2MiB" },
        { name: "b", pool, size: "3MiB" },
      ];
      const { name, spec, made } = await make({ disks });
      const before = await witness.vm(name);
      const { changed } = await change(made, spec, { disks: [...disks].reverse() });
      expect(await witness.vm(name)).toEqual(before);
      expect(changed.volumes).toEqual(made.volumes);
      await driver.vms.remove(made.id);
    });

    test("take a disk out; its volume stays until the VM goes", async () => {
      const { driver, witness } = bench();
      const { name, spec, made } = await make({
        disks: [
          { pool, size: "1MiB" },
          { name: "data", pool, size: "2MiB" },
        ],
      });
      const both = await volumes();
      const { changed } = await change(made, spec, { disks: [{ name: "root", pool, size: "1MiB" }] });
      expect(Object.keys(changed.volumes)).toEqual(["root"]);
      const left = Object.keys(bench().at({ vda: ["root", true] }));
      expect(Object.keys((await witness.vm(name))?.disks ?? {})).toEqual(left);
      expect(await volumes()).toEqual(both);
      await driver.vms.remove(made.id);
      expect(await volumes()).toEqual([]);
    });

    test("give a disk back that was taken out, with its volume", async () => {
      const { driver } = bench();
      const disks = [
        { name: "root", pool, size: "1MiB" },
        { name: "data", pool, size: "2MiB" },
      ];
      const { spec, made } = await make({ disks });
      const both = await volumes();
      const { spec: without } = await change(made, spec, { disks: disks.slice(0, 1) });
      const { changed } = await change(made, without, { disks });
      expect(changed.volumes["data"]).toEqual(made.volumes["data"]);
      expect(await volumes()).toEqual(both);
      await driver.vms.remove(made.id);
      expect(await volumes()).toEqual([]);
    });

    test("another name is the same VM's, with its volumes, also of a disk that was taken out and comes back", async () => {
      const { driver, witness } = bench();
      const disks = ["root", "data", "more"].map((name) => ({ name, pool, size: "1MiB" }));
      const { name, spec: first, made } = await make({ disks, autostart: true });
      const all = await volumes();
      const { spec } = await change(made, first, { disks: disks.slice(0, 2), autostart: true });
      const renamed = { ...spec, name: bench().name("renamed") };
      const owned = { owner: spec.owner };
      const after = await driver.vms.change(made.id, renamed, owned);
      expect(after).toMatchObject({
        id: made.id,
        name: renamed.name,
        owner: spec.owner,
        restartRequired: [],
      });
      expectTold("vm", renamed, after.spec, "disks", "autostart");
      expect(after.volumes["data"]).toEqual(made.volumes["data"]);
      expect(await witness.vm(name)).toBeUndefined();
      expect(await driver.vms.find(name)).toBeUndefined();
      expect(await witness.vm(renamed.name)).toMatchObject({ id: made.id, autostart: true });
      // Done twice is done once, and a run that was cut off knows the VM again.
      expect(await driver.vms.change(made.id, renamed, owned)).toEqual(after);
      expect(await driver.vms.create(renamed, owned)).toEqual(after);
      const back = { ...bench().vm(name, { disks, autostart: true }, spec), name: renamed.name };
      expect((await driver.vms.change(made.id, back, owned)).volumes["more"]).toEqual(made.volumes["more"]);
      if (missing.files === undefined) expect(await volumes()).toEqual(all);
      expect(await volumes()).toHaveLength(all.length);
      await driver.vms.remove(made.id);
      expect(await volumes()).toEqual([]);
    });

    test("another name is for a VM that is off, and a name that nobody has", async () => {
      const { driver, witness } = bench();
      const { name, spec, made } = await make({});
      const { name: theirs, made: other } = await make({});
      const owned = { owner: spec.owner };
      await expectCode(driver.vms.change(made.id, { ...spec, name: theirs }, owned), "already-exists");
      await driver.vms.start(made.id);
      const renamed = { ...spec, name: bench().name("renamed") };
      await expectCode(driver.vms.change(made.id, renamed, owned), "invalid-state");
      expect(await witness.vm(name)).toMatchObject({ id: made.id, state: "running" });
      await driver.vms.stop(made.id, { hard: true });
      expect((await driver.vms.change(made.id, renamed, owned)).name).toBe(renamed.name);
      await driver.vms.remove(made.id);
      await driver.vms.remove(other.id);
    });

    if (missing.growth === undefined) {
      test("grow a disk and never shrink it", async () => {
        const { driver, witness } = bench();
        const { spec, made } = await make({ disks: [{ pool, size: "2MiB" }] });
        const { changed } = await change(made, spec, { disks: [{ pool, size: "7MiB" }] });
        expect(changed.spec.disks?.[0]?.size).toBe(7 * MiB);
        expect((await witness.volume(pool, String(changed.volumes["root"]?.volume)))?.capacityBytes).toBe(
          7 * MiB,
        );
        const smaller = bench().vm(made.name, { disks: [{ pool, size: "3MiB" }] });
        await expectCode(driver.vms.change(made.id, smaller, { owner: smaller.owner }), "invalid-argument");
        expect((await witness.volume(pool, String(changed.volumes["root"]?.volume)))?.capacityBytes).toBe(
          7 * MiB,
        );
        await driver.vms.remove(made.id);
      });
    }
  });
}
