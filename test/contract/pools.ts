import { describe, expect, test } from "@jest/globals";
import type { ObservedPool } from "../../provider/driver/contract";
import { expectCode, expectTold, type CurrentBench } from "./bench";
import type { Missing } from "./setup";

const NOWHERE = "00000000-0000-4000-8000-000000000000";

/** The pool as a later look tells it: what one call has made is told by that call alone. */
function found({ built: _built, ...pool }: ObservedPool): ObservedPool {
  return pool;
}

export function poolsContract(bench: CurrentBench, missing: Missing): void {
  describe("storage pools", () => {
    test("what is not there is undefined, and removing it succeeds", async () => {
      const { pools } = bench().driver;
      expect(await pools.find("never-made")).toBeUndefined();
      expect(await pools.find(NOWHERE)).toBeUndefined();
      await pools.remove(NOWHERE, { contents: false });
    });

    test("a pool is made with its folder, active and autostarted", async () => {
      const { driver, witness } = bench();
      const spec = bench().pool(bench().name("pool"));
      const made = await driver.pools.create(spec, { owner: spec.owner });
      expectTold("pool", spec, made.spec, "type", "path", "autostart", "active");
      expect(await driver.pools.find(spec.name)).toEqual(found(made));
      expect(await driver.pools.find(made.id)).toEqual(found(made));
      expect(await witness.pool(spec.name)).toEqual({
        id: made.id,
        active: true,
        autostart: true,
        path: made.spec.path,
      });
      expect(made.spec.path).toBe(spec.path ?? made.spec.path);
      const listed = (await driver.pools.list()).find(({ id }) => id === made.id);
      expect(listed).toMatchObject({ name: spec.name, type: "dir", path: made.spec.path, active: true });
      expect(Number(listed?.totalBytes)).toBeGreaterThan(0);
      expect(Number(listed?.availableBytes)).toBeLessThanOrEqual(Number(listed?.totalBytes));
      await driver.pools.remove(made.id, { contents: true });
      expect(await driver.pools.find(spec.name)).toBeUndefined();
      expect(await witness.pool(spec.name)).toBeUndefined();
      await driver.pools.remove(made.id, { contents: true });
    });

    test("making it twice is making it once", async () => {
      const { driver } = bench();
      const spec = bench().pool(bench().name("twice"));
      const first = await driver.pools.create(spec, { owner: spec.owner });
      expect(await driver.pools.create(spec, { owner: spec.owner })).toEqual(found(first));
      await driver.pools.remove(first.id, { contents: true });
    });

    test("a name that another owner has is refused, and its pool stays as it is", async () => {
      const { driver } = bench();
      const spec = bench().pool(bench().name("mine"));
      const made = await driver.pools.create(spec, { owner: spec.owner });
      const other = { ...spec, owner: "other/stack/StoragePool/x", autostart: false };
      await expectCode(driver.pools.create(other, { owner: other.owner }), "already-exists");
      expect(await driver.pools.find(spec.name)).toEqual(found(made));
      await driver.pools.remove(made.id, { contents: true });
    });

    test("names with quotes, angle brackets and ampersands come back as they went", async () => {
      const { driver, witness } = bench();
      const spec = bench().pool(bench().oddName());
      const made = await driver.pools.create(spec, { owner: spec.owner });
      expect(made.name).toBe(spec.name);
      expect(made.spec.path).toBe(spec.path ?? made.spec.path);
      expect((await witness.pool(spec.name))?.id).toBe(made.id);
      await driver.pools.remove(made.id, { contents: true });
      expect(await witness.pool(spec.name)).toBeUndefined();
    });

    if (missing.poolPower === undefined) {
      test("it is switched off and on in place, and autostart as well", async () => {
        const { driver, witness } = bench();
        const name = bench().name("toggle");
        const made = await driver.pools.create(bench().pool(name), {
          owner: bench().owner("StoragePool", name),
        });
        for (const [active, autostart] of [
          [false, false],
          [true, false],
          [true, true],
        ] as const) {
          const spec = bench().pool(name, { active, autostart });
          const changed = await driver.pools.change(made.id, spec, { owner: spec.owner });
          expect(changed).toMatchObject({ id: made.id, spec: { active, autostart } });
          expect(await witness.pool(name)).toMatchObject({ id: made.id, active, autostart });
        }
        await driver.pools.remove(made.id, { contents: true });
      });
    }

    if (missing.poolAlone === undefined) {
      test("volumes outlive their pool, also where the empty folder may be deleted", async () => {
        const { driver, witness } = bench();
        const spec = bench().pool(bench().name("leave"));
        const path = String(spec.path);
        const made = await driver.pools.create(spec, { owner: spec.owner });
        const volume = bench().volume(spec.name, "precious", { size: "1MiB", format: "raw" });
        await driver.volumes.create(volume, { owner: volume.owner });
        await driver.pools.remove(made.id, { contents: true });
        expect(await driver.pools.find(spec.name)).toBeUndefined();
        if (missing.files === undefined) expect(await witness.files(path)).toContain("precious");
        const again = await driver.pools.create(spec, { owner: spec.owner });
        if (missing.files === undefined) {
          expect((await driver.volumes.find(spec.name, "precious"))?.capacityBytes).toBe(2 ** 20);
          await driver.volumes.remove(spec.name, "precious");
        }
        await driver.pools.remove(again.id, { contents: true });
      });
    } else {
      test("with volumes in it, it is not removed", async () => {
        const { driver, witness } = bench();
        const spec = bench().pool(bench().name("filled"));
        const made = await driver.pools.create(spec, { owner: spec.owner });
        const volume = bench().volume(spec.name, "precious", { size: "1MiB" });
        await driver.volumes.create(volume, { owner: volume.owner });
        await expectCode(driver.pools.remove(made.id, { contents: true }), "invalid-state");
        expect((await witness.volume(spec.name, "precious"))?.capacityBytes).toBe(2 ** 20);
        await driver.volumes.remove(spec.name, "precious");
        await driver.pools.remove(made.id, { contents: true });
        expect(await witness.pool(spec.name)).toBeUndefined();
      });
    }

    test("changing what is not there is not-found", async () => {
      const spec = bench().pool("gone");
      await expectCode(bench().driver.pools.change(NOWHERE, spec, { owner: spec.owner }), "not-found");
    });
  });
}
