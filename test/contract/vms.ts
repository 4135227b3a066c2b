import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ObservedVm } from "../../provider/driver/contract";
import { expectCode, expectTold, ODD_TEXT, type CurrentBench } from "./bench";
import type { Missing } from "./setup";

const NOWHERE = "00000000-0000-4000-8000-000000000000";
const MiB = 2 ** 20;

/** A pool for the VMs of one part of the suite; made before its tests, and empty again after each of them. */
export function poolFor(bench: CurrentBench, name: string): void {
  let id: string;

  beforeAll(async () => {
    const spec = bench().pool(name);
    id = (await bench().driver.pools.create(spec, { owner: spec.owner })).id;
  });

  afterAll(async () => {
    await bench().driver.pools.remove(id, { contents: true });
  });
}

export function vmsContract(bench: CurrentBench, missing: Missing): void {
  describe("VMs", () => {
    const pool = "contract-vms";
    poolFor(bench, pool);

    const make = (name: string, input: Record<string, unknown> = {}): Promise<ObservedVm> => {
      const spec = bench().vm(name, input);
      return bench().driver.vms.create(spec, { owner: spec.owner });
    };
    const volumes = async (): Promise<string[]> =>
      (await bench().driver.volumes.list(pool)).map(({ name }) => name).sort();

    test("what is not there is undefined, removing it succeeds, and anything else is not-found", async () => {
      const { vms } = bench().driver;
      expect(await vms.find("never-made")).toBeUndefined();
      expect(await vms.find(NOWHERE)).toBeUndefined();
      expect(await vms.state(NOWHERE)).toBeUndefined();
      await vms.remove(NOWHERE);
      const spec = bench().vm("never-made");
      await expectCode(vms.change(NOWHERE, spec, { owner: spec.owner }), "not-found");
      await expectCode(vms.start(NOWHERE), "not-found");
      await expectCode(vms.hasAcpi(NOWHERE), "not-found");
    });

    test("a VM is made as it was asked for, and stopped", async () => {
      const { driver, witness } = bench();
      const name = bench().name("vm");
      const spec = bench().vm(name, {
        cores: 2,
        memory: 96,
        ...(missing.headroom === undefined ? { maxCores: 4, maxMemory: 128 } : {}),
        title: "one line",
        description: "two\nlines",
        autostart: true,
        zone: "rack-a",
        resourcePool: "web",
        tags: ["ssd", "fast"],
      });
      const made = await driver.vms.create(spec, { owner: spec.owner });
      expectTold(
        "vm",
        spec,
        made.spec,
        "cores",
        "memory",
        "title",
        "description",
        "autostart",
        "zone",
        "resourcePool",
        "tags",
      );
      expect(made).toMatchObject({
        name,
        owner: spec.owner,
        state: "stopped",
        persistent: true,
        restartRequired: [],
      });
      expect(await driver.vms.find(name)).toEqual(made);
      expect(await driver.vms.find(made.id)).toEqual(made);
      expect(await driver.vms.state(made.id)).toBe("stopped");
      expect(await witness.vm(name)).toMatchObject({
        id: made.id,
        state: "stopped",
        autostart: true,
        cores: 2,
        memoryMiB: 96,
        description: "two\nlines",
      });
      // A VM's maximum is promised to it, so that is what counts on the host (R53).
      expect((await driver.vms.list()).find(({ id }) => id === made.id)).toMatchObject({
        name,
        state: "stopped",
        owner: spec.owner,
        ...(missing.headroom === undefined ? { cores: 4, memoryMiB: 128 } : { cores: 2, memoryMiB: 96 }),
      });
      await driver.vms.remove(made.id);
      expect(await driver.vms.find(name)).toBeUndefined();
      expect(await witness.vm(name)).toBeUndefined();
      await driver.vms.remove(made.id);
    });

    test("a VM has the disks and interfaces that were asked for, each under its name", async () => {
      const { driver, witness } = bench();
      const name = bench().name("devices");
      const existing = bench().diskVolume(pool, bench().name("existing"), { size: "2MiB" });
      const volume = await driver.volumes.create(existing, { owner: existing.owner });
      const lan = await bench().lan();
      const chosen = missing.deviceModels === undefined;
      const spec = bench().vm(name, {
        disks: [
          { pool, size: "3MiB" },
          {
            name: "data",
            pool,
            size: "4MiB",
            ...(chosen ? { format: "raw", serial: "DATA-1", bus: "sata" } : {}),
          },
          { name: "shared", volume: `${pool}/${existing.name}` },
        ],
        interfaces: [
          { network: lan.name },
          {
            name: "second",
            network: lan.name,
            mac: "52:54:00:0A:0B:0C",
            ...(chosen ? { model: "e1000e" } : {}),
          },
        ],
      });
      const made = await driver.vms.create(spec, { owner: spec.owner });
      expectTold("vm", spec, made.spec, "disks", "interfaces");
      expect(made.spec.disks?.map((disk) => disk.name).sort()).toEqual(["data", "root", "shared"]);
      expect(made.spec.interfaces?.map((nic) => nic.name)).toEqual(["eth0", "second"]);
      expect(made.volumes).toMatchObject({
        root: { pool, owned: true },
        data: { pool, owned: true },
        shared: { owned: false, path: volume.path },
      });
      const seen = await witness.vm(name);
      expect(seen?.macs).toEqual([spec.interfaces[0]?.mac, "52:54:00:0a:0b:0c"]);
      expect(seen?.disks).toEqual(
        bench().at({
          vda: ["root", made.volumes["root"]?.path],
          sda: ["data", made.volumes["data"]?.path],
          vdb: ["shared", volume.path],
        }),
      );
      const root = await witness.volume(pool, String(made.volumes["root"]?.volume));
      expect(root).toMatchObject({
        path: made.volumes["root"]?.path,
        capacityBytes: 3 * MiB,
        format: missing.formats === undefined ? "qcow2" : "raw",
      });
      await driver.vms.remove(made.id);
      expect(await volumes()).toEqual([existing.name]);
      await driver.volumes.remove(pool, existing.name);
      await lan.remove();
    });

    test("who makes one is told where it was there, and who removes one can spare it", async () => {
      const { driver } = bench();
      const spec = bench().vm(bench().name("spared"), {});
      const told: string[] = [];
      const making = (run: string): Promise<ObservedVm> =>
        driver.vms.create(spec, { owner: spec.owner, wasThere: () => told.push(run) });
      const { id, name } = await making("first");
      await making("second");
      expect(told).toEqual(["second"]);
      const seen: unknown[] = [];
      await driver.vms.remove(id, { spared: (found) => seen.push({ ...found }) > 0 });
      expect(seen).toMatchObject([{ name, owner: spec.owner }]);
      expect((await driver.vms.find(id))?.name).toBe(name);
      await driver.vms.remove(id, { spared: () => false });
      expect(await driver.vms.find(id)).toBeUndefined();
    });

    test("a volume of its own can be kept when it goes", async () => {
      const { driver } = bench();
      const disks = ["root", "data"].map((name) => ({ name, pool, size: "1MiB" }));
      const made = await make(bench().name("kept"), { disks });
      const { volume = "" } = made.volumes["data"] ?? {};
      await driver.vms.remove(made.id, { kept: [`${pool}/${volume}`] });
      expect(await volumes()).toEqual([volume]);
      expect(await driver.vms.find(made.id)).toBeUndefined();
      await driver.volumes.remove(pool, volume);
    });

    test("making it twice is making it once, volumes included", async () => {
      const { driver } = bench();
      const name = bench().name("twice");
      const first = await make(name, { disks: [{ pool, size: "1MiB" }] });
      const before = await volumes();
      expect(await make(name, { disks: [{ pool, size: "1MiB" }] })).toEqual(first);
      expect(await volumes()).toEqual(before);
      expect(before).toHaveLength(1);
      await driver.vms.remove(first.id);
    });

    test("a name that another owner has is refused, and its VM stays as it is", async () => {
      const { driver, witness } = bench();
      const name = bench().name("mine");
      const made = await make(name, { description: "mine", disks: [{ pool, size: "1MiB" }] });
      const before = [await witness.vm(name), await volumes()];
      await expectCode(
        make(name, { owner: "other/stack/Vm/x", description: "theirs", disks: [{ pool, size: "2MiB" }] }),
        "already-exists",
      );
      expect([await witness.vm(name), await volumes()]).toEqual(before);
      await driver.vms.remove(made.id);
    });

    test("a VM made by hand is listed without an owner, and refused", async () => {
      const { driver, witness } = bench();
      const name = bench().name("by-hand");
      await witness.makeVm(name);
      const before = await witness.vm(name);
      await expectCode(make(name), "already-exists");
      const listed = (await driver.vms.list()).find((each) => each.name === name);
      expect(listed?.owner).toBeUndefined();
      expect(listed).toMatchObject({ id: before?.id, state: "stopped" });
      expect((await driver.vms.find(name))?.owner).toBeUndefined();
      expect(await witness.vm(name)).toEqual(before);
      await witness.dropVm(name);
    });

    test("one that another resource has adopted is not changed any more by the one that made it", async () => {
      const { driver, witness } = bench();
      const spec = bench().vm(bench().name("adopted"), { description: "mine" });
      const { id } = await driver.vms.create(spec, { owner: spec.owner });
      await driver.vms.change(id, spec, { owner: spec.owner, from: ["an/older/Vm/name"] });
      const theirs = { owner: "other/stack/Vm/x" };
      await driver.vms.change(id, { ...spec, description: "theirs" }, theirs);
      const before = await witness.vm(spec.name);
      await expectCode(
        driver.vms.change(id, spec, { owner: spec.owner, from: [spec.owner] }),
        "invalid-state",
      );
      expect(await witness.vm(spec.name)).toEqual(before);
      expect((await driver.vms.find(id))?.owner).toBe(theirs.owner);
      await driver.vms.change(id, spec, { owner: spec.owner, from: [theirs.owner] });
      expect((await driver.vms.find(id))?.owner).toBe(spec.owner);
      await driver.vms.remove(id);
    });

    test("a VM made by hand is taken over by a change, with its identity", async () => {
      const { driver, witness } = bench();
      const name = bench().name("adopted");
      await witness.makeVm(name);
      const before = await witness.vm(name);
      const spec = bench().vm(name, { description: "ours now" });
      const taken = await driver.vms.change(String(before?.id), spec, { owner: spec.owner });
      expect(taken).toMatchObject({ id: before?.id, owner: spec.owner, state: "stopped" });
      expect(await witness.vm(name)).toMatchObject({ id: before?.id, description: "ours now" });
      await driver.vms.remove(taken.id);
      expect(await witness.vm(name)).toBeUndefined();
    });

    test("names and texts with quotes, angle brackets and ampersands come back as they went", async () => {
      const { driver, witness } = bench();
      const name = bench().oddName();
      const spec = bench().vm(name, {
        title: ODD_TEXT,
        description: `${ODD_TEXT}\n]]> <!-- &amp; -->`,
        zone: ODD_TEXT,
        tags: [ODD_TEXT],
      });
      const made = await driver.vms.create(spec, { owner: spec.owner });
      expect(made).toMatchObject({ name, owner: spec.owner });
      expectTold("vm", spec, made.spec, "title", "description", "zone", "tags");
      expect(await witness.vm(name)).toMatchObject({ id: made.id, description: spec.description });
      await driver.vms.remove(made.id);
      expect(await witness.vm(name)).toBeUndefined();
    });

    test("what a VM needs and the host has not is told, and nothing half-made stays", async () => {
      const { driver, witness } = bench();
      const before = await volumes();
      for (const disk of [
        { pool: "no-such-pool", size: "1MiB" },
        ...(missing.overlay === undefined ? [{ pool, backing: `${pool}/never-made` }] : []),
        { volume: `${pool}/never-made` },
      ]) {
        const name = bench().name("failing");
        await expectCode(
          make(name, {
            disks: [
              { pool, size: "1MiB" },
              { name: "other", ...disk },
            ],
          }),
          "not-found",
        );
        expect(await driver.vms.find(name)).toBeUndefined();
        expect(await witness.vm(name)).toBeUndefined();
      }
      expect(await volumes()).toEqual(before);
    });

    test("several are made at a time", async () => {
      const { driver } = bench();
      const names = Array.from({ length: 5 }, () => bench().name("parallel"));
      const made = await Promise.all(names.map((name) => make(name, { disks: [{ pool, size: "1MiB" }] })));
      expect(new Set(made.map(({ id }) => id)).size).toBe(5);
      expect(await volumes()).toHaveLength(5);
      await Promise.all(made.map(({ id }) => driver.vms.remove(id)));
      expect(await volumes()).toEqual([]);
    });

    if (missing.overlay === undefined) {
      test("a disk over an image is an overlay of its own; the image stays when the VM goes", async () => {
        const { driver, witness } = bench();
        const base = bench().volume(pool, bench().name("image"), { size: "5MiB", format: "qcow2" });
        const image = await driver.volumes.create(base, { owner: base.owner });
        const spec = bench().vm(bench().name("overlay"), {
          disks: [
            { pool, backing: `${pool}/${base.name}` },
            { name: "large", pool, backing: image.path, size: "8MiB" },
          ],
        });
        const made = await driver.vms.create(spec, { owner: spec.owner });
        expectTold("vm", spec, made.spec, "disks");
        for (const [disk, capacityBytes] of [
          ["root", 5 * MiB],
          ["large", 8 * MiB],
        ] as const) {
          expect(await witness.volume(pool, String(made.volumes[disk]?.volume))).toMatchObject({
            backing: image.path,
            format: "qcow2",
            capacityBytes,
          });
        }
        await driver.vms.remove(made.id);
        expect(await volumes()).toEqual([base.name]);
        await driver.volumes.remove(pool, base.name);
      });
    }
  });
}
