import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ObservedVolume } from "../../provider/driver/contract";
import { expectCode, expectTold, type CurrentBench } from "./bench";
import { brokenContent, bytesOf, contentOf, emptyQcow2, interrupted, noise } from "./content";
import type { Missing } from "./setup";

const MiB = 2 ** 20;

export function volumesContract(bench: CurrentBench, missing: Missing): void {
  const formats = missing.formats === undefined ? ["raw", "qcow2"] : ["raw"];

  describe("volumes", () => {
    const pool = "contract-volumes";
    let poolId: string;

    beforeAll(async () => {
      const spec = bench().pool(pool);
      poolId = (await bench().driver.pools.create(spec, { owner: spec.owner })).id;
    });

    afterAll(async () => {
      await bench().driver.pools.remove(poolId, { contents: true });
    });

    const make = (name: string, input: Record<string, unknown>): Promise<ObservedVolume> => {
      const spec = bench().volume(pool, name, input);
      return bench().driver.volumes.create(spec, { owner: spec.owner });
    };

    test("what is not there is undefined, and removing it succeeds", async () => {
      const { volumes } = bench().driver;
      expect(await volumes.find(pool, "never-made")).toBeUndefined();
      expect(await volumes.find("no-such-pool", "never-made")).toBeUndefined();
      await volumes.remove(pool, "never-made");
      await volumes.remove("no-such-pool", "never-made");
    });

    test.each(formats)("an empty %s volume has the size that was asked for", async (format) => {
      const { driver, witness } = bench();
      const spec = bench().volume(pool, bench().name("empty"), { size: "5MiB", format });
      const made = await driver.volumes.create(spec, { owner: spec.owner });
      expectTold("volume", spec, made.spec, "format", "size");
      expect(made).toMatchObject({ name: spec.name, pool, capacityBytes: 5 * MiB, complete: true });
      expect(await driver.volumes.find(pool, spec.name)).toEqual(made);
      expect(await witness.volume(pool, spec.name)).toMatchObject({
        path: made.path,
        capacityBytes: 5 * MiB,
        format,
      });
      expect((await driver.volumes.list(pool)).map(({ name }) => name)).toContain(spec.name);
      await driver.volumes.remove(pool, spec.name);
      expect(await driver.volumes.find(pool, spec.name)).toBeUndefined();
      expect(await witness.volume(pool, spec.name)).toBeUndefined();
      await driver.volumes.remove(pool, spec.name);
    });

    test("making it twice is making it once", async () => {
      const name = bench().name("twice");
      const first = await make(name, { size: "1MiB" });
      expect(await make(name, { size: "1MiB" })).toEqual(first);
      await bench().driver.volumes.remove(pool, name);
    });

    test("a name that another owner has is refused, and its volume stays as it is", async () => {
      const { driver, witness } = bench();
      const name = bench().name("mine");
      const made = await make(name, { size: "1MiB" });
      const other = bench().volume(pool, name, { size: "2MiB", owner: "other/stack/StorageVolume/x" });
      await expectCode(driver.volumes.create(other, { owner: other.owner }), "already-exists");
      expect(await driver.volumes.find(pool, name)).toEqual(made);
      expect((await witness.volume(pool, name))?.capacityBytes).toBe(MiB);
      await driver.volumes.remove(pool, name);
    });

    test("whose a volume is can be asked, also when another has taken it over", async () => {
      const { volumes } = bench().driver;
      const name = bench().name("whose");
      await make(name, { size: "1MiB" });
      const [spec, other] = [bench().volume(pool, name, { size: "1MiB" }), "other/stack/StorageVolume/x"];
      const askedBy = async (owner: string): Promise<string | undefined> =>
        (await volumes.find(pool, name, { owner }))?.owner;
      expect(await askedBy(spec.owner)).toBe(spec.owner);
      expect(await askedBy(other)).not.toBe(other);
      expect(await askedBy(other)).toBeDefined();
      if (volumes.change !== undefined) {
        await volumes.change(pool, name, spec, { owner: other });
        expect(await askedBy(other)).toBe(other);
        expect(await askedBy(spec.owner)).not.toBe(spec.owner);
        const late = volumes.change(pool, name, spec, { owner: spec.owner, from: [spec.owner] });
        await expectCode(late, "invalid-state");
        expect(await askedBy(other)).toBe(other);
        await volumes.change(pool, name, spec, { owner: other, from: ["an/older/StorageVolume/name"] });
        // Its own again, and only its own.
        await volumes.change(pool, name, spec, { owner: spec.owner });
        expect(await askedBy(other)).not.toBe(other);
      }
      await volumes.remove(pool, name);
    });

    test("a volume made by hand is refused and stays as it is", async () => {
      const { witness } = bench();
      const name = bench().name("by-hand");
      await witness.makeVolume(pool, name);
      const before = await witness.volume(pool, name);
      await expectCode(make(name, { size: "2MiB", format: "raw" }), "already-exists");
      expect(await witness.volume(pool, name)).toEqual(before);
      await witness.dropVolume(pool, name);
    });

    test("names with quotes, angle brackets and ampersands come back as they went", async () => {
      const { driver, witness } = bench();
      const name = bench().oddName();
      expect((await make(name, { size: "1MiB", format: "raw" })).name).toBe(name);
      expect((await witness.volume(pool, name))?.capacityBytes).toBe(MiB);
      await driver.volumes.remove(pool, name);
      expect(await witness.volume(pool, name)).toBeUndefined();
    });

    test("a pool that is missing or off is said to be, and hides nothing", async () => {
      const { driver, witness } = bench();
      const inNowhere = bench().volume("no-such-pool", "x", { size: "1MiB" });
      await expectCode(driver.volumes.create(inNowhere, { owner: inNowhere.owner }), "not-found");
      await expectCode(driver.volumes.list("no-such-pool"), "not-found");
      if (missing.poolPower !== undefined) return;
      const name = bench().name("hidden");
      await make(name, { size: "1MiB" });
      await witness.stopPool(pool);
      try {
        await expectCode(driver.volumes.find(pool, name), "invalid-state");
      } finally {
        await witness.startPool(pool);
      }
      expect((await driver.volumes.find(pool, name))?.name).toBe(name);
      await driver.volumes.remove(pool, name);
    });

    test("resizing what is not there is not-found", async () => {
      await expectCode(bench().driver.volumes.resize(pool, "never-made", MiB), "not-found");
    });

    if (missing.growth === undefined) {
      test.each(formats)("a %s volume grows in place and never shrinks", async (format) => {
        const { driver, witness } = bench();
        const name = bench().name("grow");
        await make(name, { size: "2MiB", format });
        const grown = await driver.volumes.resize(pool, name, 6 * MiB);
        expect(grown.capacityBytes).toBe(6 * MiB);
        expect(await driver.volumes.resize(pool, name, 6 * MiB)).toEqual(grown);
        await expectCode(driver.volumes.resize(pool, name, 4 * MiB), "invalid-argument");
        expect((await witness.volume(pool, name))?.capacityBytes).toBe(6 * MiB);
        await driver.volumes.remove(pool, name);
      });
    }

    if (missing.overlay === undefined) {
      test("an overlay has its backing file, and at least its size", async () => {
        const { driver, witness } = bench();
        const [base, small, large] = [bench().name("base"), bench().name("overlay"), bench().name("overlay")];
        const below = await make(base, { size: "4MiB", format: "qcow2" });
        const overlay = bench().volume(pool, small, { backing: `${pool}/${base}` });
        const made = await driver.volumes.create(overlay, { owner: overlay.owner });
        expectTold("volume", overlay, made.spec, "format");
        expect(made.capacityBytes).toBe(4 * MiB);
        expect((await make(large, { backing: below.path, size: "9MiB" })).capacityBytes).toBe(9 * MiB);
        for (const name of [small, large])
          expect(await witness.volume(pool, name)).toMatchObject({ format: "qcow2", backing: below.path });
        const nowhere = bench().volume(pool, bench().name("lost"), { backing: `${pool}/never-made` });
        await expectCode(driver.volumes.create(nowhere, { owner: nowhere.owner }), "not-found");
        expect(await driver.volumes.find(pool, nowhere.name)).toBeUndefined();
        for (const name of [small, large, base]) await driver.volumes.remove(pool, name);
      });
    }

    if (missing.upload === undefined) {
      test("content arrives byte for byte, holes included", async () => {
        const { driver, witness } = bench();
        const chunks = [
          noise("a", 70_001),
          { hole: 3 * MiB },
          noise("b", 4096),
          { hole: 65_536 },
          noise("c", 1),
        ];
        const spec = bench().volume(pool, bench().name("content"), { source: "image.raw" });
        const made = await driver.volumes.create(spec, { owner: spec.owner }, contentOf(chunks));
        expect(made).toMatchObject({
          complete: true,
          capacityBytes: bytesOf(chunks).length,
          spec: { format: "raw" },
        });
        expect(
          (await witness.content(pool, spec.name)).subarray(0, made.capacityBytes).equals(bytesOf(chunks)),
        ).toBe(true);
        expect(await driver.volumes.create(spec, { owner: spec.owner }, contentOf(chunks))).toEqual(made);
        await driver.volumes.remove(pool, spec.name);
      });

      if (missing.formats === undefined)
        test("content that is an image keeps its virtual size, or grows to the one asked for", async () => {
          const { driver, witness } = bench();
          const image = contentOf([emptyQcow2(16 * MiB)], "qcow2", 16 * MiB);
          const plain = bench().volume(pool, bench().name("image"), { source: "image.qcow2" });
          expect(await driver.volumes.create(plain, { owner: plain.owner }, image)).toMatchObject({
            capacityBytes: 16 * MiB,
            spec: { format: "qcow2" },
          });
          const larger = bench().volume(pool, bench().name("image"), {
            source: "image.qcow2",
            size: "32MiB",
          });
          expect((await driver.volumes.create(larger, { owner: larger.owner }, image)).capacityBytes).toBe(
            32 * MiB,
          );
          expect((await witness.volume(pool, larger.name))?.capacityBytes).toBe(32 * MiB);
          for (const { name } of [plain, larger]) await driver.volumes.remove(pool, name);
        });

      test("a run that ends in the middle of the content leaves half a volume, which the next one makes whole", async () => {
        const { driver, witness } = bench();
        const spec = bench().volume(pool, bench().name("killed"), { source: "image.raw" });
        const whole = [noise("w", MiB), noise("x", MiB), noise("y", MiB)];
        const killed = bench().session();
        const lost = killed.volumes.create(
          spec,
          { owner: spec.owner },
          interrupted(whole, 1, () => killed.close()),
        );
        await expect(lost).rejects.toThrow();
        expect((await driver.volumes.find(pool, spec.name))?.complete ?? false).toBe(false);
        if (missing.halfVolumes === undefined) {
          const other = { ...spec, owner: "other/stack/StorageVolume/x" };
          await expectCode(
            driver.volumes.create(other, { owner: other.owner }, contentOf(whole)),
            "already-exists",
          );
        }
        const made = await driver.volumes.create(spec, { owner: spec.owner }, contentOf(whole));
        expect(made.complete).toBe(true);
        expect((await witness.content(pool, spec.name)).equals(bytesOf(whole))).toBe(true);
        expect(await driver.volumes.find(pool, spec.name)).toEqual(made);
        await driver.volumes.remove(pool, spec.name);
        expect(await driver.volumes.list(pool)).toEqual([]);
      });

      test("content that breaks off leaves nothing that looks whole, and the next attempt makes it whole", async () => {
        const { driver, witness } = bench();
        const spec = bench().volume(pool, bench().name("broken"), { source: "image.raw" });
        const whole = [noise("w", MiB), noise("x", MiB)];
        const files = async (): Promise<readonly string[]> =>
          missing.files === undefined
            ? witness.files(String(bench().pool(pool).path))
            : (await driver.volumes.list(pool)).map(({ name }) => name);
        const before = await files();
        await expect(
          driver.volumes.create(spec, { owner: spec.owner }, brokenContent(whole[0] as Buffer, 2 * MiB)),
        ).rejects.toThrow();
        expect((await driver.volumes.find(pool, spec.name))?.complete ?? false).toBe(false);
        const made = await driver.volumes.create(spec, { owner: spec.owner }, contentOf(whole));
        expect(made.complete).toBe(true);
        expect((await witness.content(pool, spec.name)).equals(bytesOf(whole))).toBe(true);
        await driver.volumes.remove(pool, spec.name);
        expect(await files()).toEqual(before);
      });
    }
  });
}
