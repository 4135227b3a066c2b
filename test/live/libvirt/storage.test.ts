import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { HostDriver, Named } from "../../../provider/driver/contract";
import { openContent } from "../../../provider/lifecycle/content/open";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import type { StoragePoolSpec } from "../../../provider/schema/storagePool";
import type { StorageVolumeSpec } from "../../../provider/schema/storageVolume";
import { poolPath, type ThrowawayHost } from "../../../scripts/lib/throwaway-host";
import { contentOf, emptyQcow2, noise } from "../../contract/content";
import { failure, objectsBench, type ObjectsBench } from "./objects-bench";

const MiB = 2 ** 20;
let bench: ObjectsBench;
let host: ThrowawayHost;
let driver: HostDriver;

beforeAll(async () => {
  bench = await objectsBench();
  ({ host, driver } = bench);
});
afterAll(() => bench?.end());

const pool = (name: string, input?: Plain): Named<StoragePoolSpec> => bench.pool(name, input);
const volume = (of: string, name: string, input: Plain): Named<StorageVolumeSpec> =>
  bench.volume(of, name, input);

describe("a pool", () => {
  const folder = (name: string): string => join(host.dir, "lib", "images", name);
  const exists = async (name: string): Promise<boolean> =>
    (await stat(folder(name)).catch(() => undefined)) !== undefined;

  test("makes its folder, and leaves it unless it may go and is empty", async () => {
    for (const contents of [false, true]) {
      const spec = pool("folder");
      const made = await driver.pools.create(spec, { owner: spec.owner });
      expect(await exists("folder")).toBe(true);
      await driver.pools.remove(made.id, { contents });
      expect(await exists("folder")).toBe(!contents);
    }
    expect(await host.virsh(["pool-list", "--all", "--name"])).toBe("");
  });

  test("of a killed run is found by its owner, defined or half-way, also when its folder is another by now", async () => {
    const spec = pool("killed");
    const made = await driver.pools.create(spec, { owner: spec.owner });
    await host.virsh(["pool-destroy", "killed"]);
    await host.exec(["rmdir", `${poolPath}/killed`]);
    expect(await driver.pools.create(spec, { owner: spec.owner })).toEqual(made);
    const moved = { ...spec, path: `${poolPath}/moved` };
    const again = await driver.pools.create(moved, { owner: spec.owner });
    expect(again).toMatchObject({ id: made.id, spec: { path: moved.path, active: true } });
    expect(await host.virsh(["pool-dumpxml", "killed"])).toContain(`<path>${moved.path}</path>`);
    await driver.pools.remove(made.id, { contents: true });
    await host.exec(["rmdir", `${poolPath}/killed`]);
  });

  test("made by hand belongs to nobody else, even where everything is the same", async () => {
    await host.virsh(["pool-define-as", "hand", "dir", "--target", `${poolPath}/hand`]);
    const before = await host.virsh(["pool-dumpxml", "hand"]);
    const spec = pool("hand");
    expect(await failure(driver.pools.create(spec, { owner: spec.owner }))).toMatchObject({
      code: "already-exists",
      target: 'storage pool "hand"',
    });
    expect(await host.virsh(["pool-dumpxml", "hand"])).toBe(before);
    expect((await driver.pools.list()).find(({ name }) => name === "hand")).toMatchObject({
      active: false,
      totalBytes: 0,
      usedBytes: 0,
      availableBytes: 0,
    });
    await host.virsh(["pool-undefine", "hand"]);
  });

  test("that cannot be made is not there afterwards", async () => {
    await host.exec(["touch", `${poolPath}/a-file`]);
    const spec = pool("in-file", { path: `${poolPath}/a-file/below` });
    const error = await failure(driver.pools.create(spec, { owner: spec.owner }));
    expect(error).toMatchObject({ operation: "create", target: 'storage pool "in-file"' });
    expect(error.message).toMatch(/Not a directory/);
    expect(await host.virsh(["pool-list", "--all", "--name"])).toBe("");
    await host.exec(["rm", `${poolPath}/a-file`]);
  });
});

describe("volumes", () => {
  const name = "volumes";
  let id: string;
  const create = (spec: Named<StorageVolumeSpec>, ...content: Parameters<typeof contentOf>[]) =>
    driver.volumes.create(spec, { owner: spec.owner }, content[0] && contentOf(...content[0]));
  const files = async (): Promise<string[]> =>
    (await host.exec(["ls", "-A", `${poolPath}/${name}`])).stdout
      .split("\n")
      .filter((file) => file !== "")
      .sort();
  const image = async (path: string): Promise<Plain> =>
    JSON.parse((await host.exec(["qemu-img", "info", "--output=json", path])).stdout) as Plain;

  beforeAll(async () => {
    const spec = pool(name);
    ({ id } = await driver.pools.create(spec, { owner: spec.owner }));
  });
  afterAll(async () => {
    expect(await files()).toEqual([]);
    await driver.pools.remove(id, { contents: true });
  });

  test("whose names end or begin alike keep their owners apart", async () => {
    const names = [
      "a",
      "a.b",
      ".a",
      "a.part",
      `${"v".repeat(229)}`,
      `${"w".repeat(230)}`,
      `${"x".repeat(255)}`,
    ];
    for (const each of names) await create(volume(name, each, { size: "1MiB", format: "raw" }));
    expect((await driver.volumes.list(name)).map((each) => each.name).sort()).toEqual([...names].sort());
    for (const each of names) {
      const theirs = {
        ...volume(name, each, { size: "1MiB", format: "raw" }),
        owner: "other/stack/StorageVolume/x",
      };
      expect((await failure(create(theirs))).code).toBe("already-exists");
      expect(await create(volume(name, each, { size: "1MiB", format: "raw" }))).toMatchObject({
        complete: true,
      });
    }
    await driver.volumes.remove(name, "a");
    expect(await create(volume(name, "a.b", { size: "1MiB", format: "raw" }))).toMatchObject({
      complete: true,
    });
    for (const each of names.slice(1)) await driver.volumes.remove(name, each);
  });

  test("that a killed run has left, at every step, are made whole or left whole", async () => {
    const spec = volume(name, "steps", { source: "image.raw" });
    const chunks = [noise("steps", MiB), { hole: MiB }, noise("end", 4096)];
    await create(spec, [chunks]);
    const whole = (await files()).find((file) => file.startsWith(".")) ?? "";
    const half = whole.replace(/\.vmhost$/, ".part.vmhost");
    const at = (file: string): string => `${poolPath}/${name}/${file}`;
    const steps: [string, string[]][] = [
      ["said, and nothing made", ["rm", at("steps"), at(whole)]],
      ["made, and half of it sent", ["truncate", "--size", "100K", at("steps")]],
      ["whole, and not said yet", ["true"]],
      ["said, and the first word not taken back", ["touch", at(whole)]],
    ];
    for (const [, command] of steps) {
      await host.exec(["mv", at(whole), at(half)]);
      if (command[0] === "rm") await host.exec(["rm", at("steps")]);
      else await host.exec(command);
      await host.virsh(["pool-refresh", name]);
      expect(await create(spec, [chunks])).toMatchObject({ complete: true, capacityBytes: 2 * MiB + 4096 });
      expect(await files()).toEqual([whole, "steps"].sort());
      const bytes = await readFile(join(host.dir, "lib", "images", name, "steps"));
      expect(bytes.equals(Buffer.concat([noise("steps", MiB), Buffer.alloc(MiB), noise("end", 4096)]))).toBe(
        true,
      );
    }
    await driver.volumes.remove(name, "steps");
  });

  test("with holes in them take no space for these", async () => {
    const made = await create(volume(name, "sparse", { source: "image.raw", size: "256MiB" }), [
      [noise("x", MiB), { hole: 126 * MiB }, noise("y", MiB)],
    ]);
    expect(made).toMatchObject({ capacityBytes: 256 * MiB, complete: true });
    const { size, blocks } = await stat(join(host.dir, "lib", "images", name, "sparse"));
    expect(size).toBe(256 * MiB);
    expect(blocks * 512).toBeLessThan(4 * MiB);
    await driver.volumes.remove(name, "sparse");
  });

  test("changed, deleted or made past libvirt are seen as they are now", async () => {
    const made = await create(volume(name, "outside", { size: "4MiB", format: "raw" }));
    await host.exec(["rm", made.path]);
    await create(volume(name, "other", { size: "1MiB" }));
    expect((await driver.volumes.list(name)).map((each) => each.name)).toEqual(["other"]);
    await host.exec(["qemu-img", "create", "-q", "-f", "qcow2", `${poolPath}/${name}/late`, "3M"]);
    expect(await driver.volumes.find(name, "late")).toMatchObject({ capacityBytes: 3 * MiB, complete: true });
    for (const each of ["late", "other", "outside"]) await driver.volumes.remove(name, each);
  });

  test("over an image by reference or path, whatever their names", async () => {
    const odd = `it's <"base"> & größer 🐧`;
    const base = await create(volume(name, odd, { size: "8MiB", format: "raw" }));
    for (const backing of [`${name}/${odd}`, base.path]) {
      const made = await create(volume(name, "overlay", { backing }));
      expect(await image(made.path)).toMatchObject({
        format: "qcow2",
        "virtual-size": 8 * MiB,
        "backing-filename": base.path,
        "backing-filename-format": "raw",
      });
      await driver.volumes.remove(name, "overlay");
    }
    const small = await failure(create(volume(name, "overlay", { backing: base.path, size: "1MiB" })));
    expect(small).toMatchObject({ code: "invalid-argument", remedy: expect.stringContaining("size") });
    await driver.volumes.remove(name, odd);
  });

  test("are made with the options of their format, and QEMU sees them", async () => {
    const made = await create(
      volume(name, "tuned", {
        size: "8MiB",
        qcow2: { clusterSize: "128KiB", compat: "1.1", lazyRefcounts: true },
      }),
    );
    expect(await image(made.path)).toMatchObject({
      "cluster-size": 128 * 1024,
      "format-specific": { data: { compat: "1.1", "lazy-refcounts": true } },
    });
    await driver.volumes.remove(name, "tuned");
    const old = await create(volume(name, "old", { size: "8MiB", qcow2: { compat: "0.10" } }));
    expect(await image(old.path)).toMatchObject({ "format-specific": { data: { compat: "0.10" } } });
    await driver.volumes.remove(name, "old");
    const plain = await create(volume(name, "plain", { size: "8MiB" }));
    expect(await image(plain.path)).toMatchObject({ "format-specific": { data: { compat: "1.1" } } });
    await driver.volumes.remove(name, "plain");
  });

  test.each([
    ["raw", "none", 0, 1],
    ["raw", "full", 8, 9],
    ["qcow2", "none", 0, 1],
    ["qcow2", "full", 8, 9],
  ])(
    "of %s with preallocation %s take their space at once or as it is written",
    async (format, preallocation, least, most) => {
      const made = await create(volume(name, "ahead", { size: "8MiB", format, preallocation }));
      const { blocks } = await stat(join(host.dir, "lib", "images", name, "ahead"));
      expect(blocks * 512).toBeGreaterThanOrEqual(least * MiB);
      expect(blocks * 512).toBeLessThan(most * MiB);
      expect(made.capacityBytes).toBe(8 * MiB);
      await driver.volumes.remove(name, "ahead");
    },
  );

  test.each([
    ["raw", "raw"],
    ["raw", "qcow2"],
    ["qcow2", "raw"],
    ["qcow2", "qcow2"],
  ])("of %s are copied in full to %s, larger on request, and stand on their own", async (from, to) => {
    const data = noise(from, MiB);
    await create(volume(name, "base", { source: "image.raw" }), [[data, { hole: 3 * MiB }]]);
    const below = from === "raw" ? {} : { backing: `${name}/base` };
    await create(volume(name, "origin", from === "raw" ? { copyOf: `${name}/base` } : below));
    const same = await create(volume(name, "same", { copyOf: `${name}/origin`, format: to }));
    const large = await create(volume(name, "large", { copyOf: `${name}/origin`, format: to, size: "9MiB" }));
    for (const each of ["origin", "base"]) await driver.volumes.remove(name, each);
    for (const [made, size] of [
      [same, 4],
      [large, 9],
    ] as const) {
      expect(made).toMatchObject({ capacityBytes: size * MiB, complete: true, spec: { format: to } });
      const seen = await image(made.path);
      expect(seen).toMatchObject({ format: to, "virtual-size": size * MiB });
      expect(seen).not.toHaveProperty("backing-filename");
      await host.exec(["qemu-img", "convert", "-O", "raw", made.path, `${poolPath}/flat`]);
      const flat = await readFile(join(host.dir, "lib", "images", "flat"));
      expect(flat.subarray(0, MiB).equals(data)).toBe(true);
      expect(flat.subarray(MiB).every((byte) => byte === 0)).toBe(true);
      await driver.volumes.remove(name, made.name);
    }
    await host.exec(["rm", `${poolPath}/flat`]);
  });

  test("from a URL, packed, have the image that is in it, with its own size", async () => {
    const packed = gzipSync(emptyQcow2(16 * MiB));
    const server = createServer((_, response) => response.end(packed));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/image.gz`;
    const before = process.env["XDG_CACHE_HOME"];
    process.env["XDG_CACHE_HOME"] = join(host.dir, "cache");
    try {
      const spec = volume(name, "fetched", { source });
      const made = await driver.volumes.create(spec, { owner: spec.owner }, await openContent(source, spec));
      expect(made).toMatchObject({ capacityBytes: 16 * MiB, spec: { format: "qcow2" } });
      expect(await image(made.path)).toMatchObject({ format: "qcow2", "virtual-size": 16 * MiB });
      await driver.volumes.remove(name, "fetched");
    } finally {
      if (before === undefined) delete process.env["XDG_CACHE_HOME"];
      else process.env["XDG_CACHE_HOME"] = before;
      server.close();
    }
  });

  test("cannot be copied from what no pool has, or to less than there is", async () => {
    const lost = await failure(create(volume(name, "lost", { copyOf: "/nowhere/image.raw" })));
    expect(lost).toMatchObject({ code: "not-found", remedy: expect.stringContaining("StoragePool") });
    await create(volume(name, "origin", { size: "4MiB", format: "raw" }));
    const small = await failure(create(volume(name, "small", { copyOf: `${name}/origin`, size: "1MiB" })));
    expect(small).toMatchObject({ code: "invalid-argument" });
    await driver.volumes.remove(name, "origin");
    expect(await files()).toEqual([]);
  });

  test("with their tables made beforehand have every cluster mapped", async () => {
    const made = await create(volume(name, "tables", { size: "8MiB", preallocation: "metadata" }));
    const { stdout } = await host.exec(["qemu-img", "check", "--output=json", made.path]);
    expect(JSON.parse(stdout)).toMatchObject({ "allocated-clusters": 128 });
    await driver.volumes.remove(name, "tables");
  });

  test("to be wiped have their data overwritten before they go, and only these", async () => {
    for (const wipe of [true, false]) {
      const data = noise("secret", MiB);
      const made = await create(volume(name, "secret", { source: "image.raw" }), [[data]]);
      await host.exec(["ln", made.path, `${poolPath}/second-name`]);
      await driver.volumes.remove(name, "secret", { wipe });
      const left = await readFile(join(host.dir, "lib", "images", "second-name"));
      expect(left.equals(wipe ? Buffer.alloc(MiB) : data)).toBe(true);
      await host.exec(["rm", `${poolPath}/second-name`]);
    }
  });

  test("many at once, while others work in the same pool", async () => {
    const names = Array.from({ length: 16 }, (_, index) => `many-${index}`);
    const content = [noise("many", 3 * MiB)];
    const sessions = [bench.session(), bench.session()];
    const refreshing = Array.from({ length: 6 }, () => host.virsh(["pool-refresh", name]).catch(() => ""));
    const made = await Promise.all(
      names.map((each, index) => {
        const spec = volume(name, each, index % 2 === 0 ? { size: "5MiB" } : { source: "image.raw" });
        const { volumes } = sessions[index % 2] ?? driver;
        return volumes.create(spec, { owner: spec.owner }, index % 2 === 0 ? undefined : contentOf(content));
      }),
    );
    await Promise.all(refreshing);
    expect(made.every(({ complete }) => complete)).toBe(true);
    expect(await files()).toHaveLength(2 * names.length);
    await Promise.all(names.map((each) => driver.volumes.remove(name, each)));
    for (const each of sessions) await each.close();
  });
});

describe("a host without room", () => {
  test("says so, and nothing half-made is left", async () => {
    const path = `${poolPath}/small`;
    await host.exec(["mkdir", path]);
    await host.exec(["mount", "-t", "tmpfs", "-o", "size=4M", "tmpfs", path]);
    const spec = pool("small");
    const made = await driver.pools.create(spec, { owner: spec.owner });
    const large = volume("small", "large", { source: "image.raw" });
    const chunks = Array.from({ length: 8 }, (_, index) => noise(String(index), MiB));
    const error = await failure(driver.volumes.create(large, { owner: large.owner }, contentOf(chunks)));
    expect(error).toMatchObject({
      code: "no-space",
      operation: "create",
      target: 'volume "large" in pool "small"',
    });
    expect((await host.exec(["ls", "-A", path])).stdout).toBe("");
    // A mount point is not ours to take away: the pool goes, the folder stays.
    await driver.pools.remove(made.id, { contents: true });
    expect(await driver.pools.find("small")).toBeUndefined();
    await host.exec(["umount", path]);
    await host.exec(["rmdir", path]);
  });
});
