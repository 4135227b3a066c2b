import { describe, expect, test } from "@jest/globals";
import type { NamedVmSpec, ObservedVm } from "../../provider/driver/contract";
import { expectCode, expectTold } from "./bench";
import type { Missing } from "./setup";
import type { CurrentBench } from "./suite";
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
