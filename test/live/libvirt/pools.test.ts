import { rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { registerDriver } from "../../../provider/driver/connect";
import type { HostDriver } from "../../../provider/driver/contract";
import { createLibvirtDriver } from "../../../provider/libvirt";
import { providerFor, type EngineProvider } from "../../../provider/lifecycle/engine/provider";
import { drifted, inputsOf, toState, type Plain } from "../../../provider/lifecycle/engine/state";
import { storagePool } from "../../../provider/lifecycle/storagePool";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import { storagePoolFields } from "../../../provider/schema/storagePool";
import { run } from "../../../scripts/lib/command";
import { poolPath } from "../../../scripts/lib/throwaway-host";
import { failure, objectsBench, type ObjectsBench } from "./objects-bench";

let bench: ObjectsBench;
let testDriver: HostDriver;
const loops: string[] = [];

beforeAll(async () => {
  registerDriver("libvirt", createLibvirtDriver);
  bench = await objectsBench();
  testDriver = createLibvirtDriver(objectOf(hostFields).parse({ address: bench.host.testAddress }));
});
afterAll(async () => {
  await testDriver.close();
  await bench.end();
  for (const loop of loops) await run(["losetup", "--detach", loop]);
});

/** An empty disk of the host. */
async function loopDevice(name: string): Promise<string> {
  const file = join(bench.host.dir, `${name}.img`);
  await writeFile(file, "");
  await truncate(file, 48 * 2 ** 20);
  const device = (await run(["losetup", "--find", "--show", "--partscan", file])).stdout.trim();
  loops.push(device);
  // The device keeps the file for as long as it is needed.
  await rm(file);
  return device;
}

describe("pools on devices", () => {
  test("a file system is made where asked for, never over another, and is mounted", async () => {
    const { driver, host } = bench;
    const device = await loopDevice("fs");
    const fs = { type: "fs", source: { devices: [device], format: "ext4" } };
    // Without `build` nothing is written onto it.
    const plain = bench.pool("plain", fs);
    expect((await failure(driver.pools.create(plain, { owner: plain.owner }))).message).toMatch(/mount/);
    expect((await host.exec(["blkid", "--probe", device], { allowFailure: true })).stdout).toBe("");
    const spec = bench.pool("fs", { ...fs, build: true });
    const made = await driver.pools.create(spec, { owner: spec.owner });
    expect(made).toMatchObject({ built: true, spec: { active: true, source: fs.source } });
    expect((await host.exec(["mount"])).stdout).toContain(`${device} on ${poolPath}/fs type ext4`);
    expect(await host.virsh(["pool-info", "fs"])).toMatch(/Persistent: +yes/);
    await host.exec(["touch", `${poolPath}/fs/precious`]);
    // A run that was cut off after this one goes on with it: what is built is not built again.
    const again = { ...spec, overwrite: true };
    expect((await driver.pools.create(again, { owner: spec.owner })).built).toBeUndefined();
    expect((await host.exec(["ls", `${poolPath}/fs`])).stdout).toContain("precious");
    await driver.pools.remove(made.id, { contents: false });
    const other = bench.pool("other", { ...fs, build: true });
    const refused = await failure(driver.pools.create(other, { owner: other.owner }));
    expect(refused.message).toMatch(/already formatted using 'ext4'/);
    expect(refused.remedy).toContain("overwrite: true");
    expect(await host.virsh(["pool-list", "--all", "--name"])).toBe("");
    // Taken as it is, with all that is in it.
    const kept = bench.pool("other", fs);
    const there = await driver.pools.create(kept, { owner: kept.owner });
    expect((await host.exec(["ls", `${poolPath}/other`])).stdout).toContain("precious");
    const listed = (await driver.pools.list()).find(({ name }) => name === "other");
    expect(listed?.totalBytes).toBeGreaterThan(30 * 2 ** 20);
    await driver.pools.remove(there.id, { contents: true });
    const over = bench.pool("over", { ...fs, build: true, overwrite: true });
    const anew = await driver.pools.create(over, { owner: over.owner });
    expect((await host.exec(["ls", `${poolPath}/over`])).stdout).not.toContain("precious");
    await driver.pools.remove(anew.id, { contents: true });
    expect((await host.exec(["ls", poolPath])).stdout.split("\n")).not.toContain("over");
  });

  test("a disk gets its partition table, and its partitions are volumes", async () => {
    const { driver, host } = bench;
    const device = await loopDevice("disk");
    const input = { type: "disk", path: undefined, source: { devices: [device], format: "gpt" } };
    const spec = bench.pool("disk", { ...input, build: true });
    const made = await driver.pools.create(spec, { owner: spec.owner });
    expect(made).toMatchObject({ built: true, spec: { path: "/dev", source: input.source } });
    expect((await host.exec(["parted", "--script", device, "print"])).stdout).toContain("Table: gpt");
    const part = `${device.slice(5)}p1`;
    await host.virsh(["vol-create-as", "disk", part, "10MiB"]);
    expect((await driver.volumes.list("disk")).map(({ path }) => path)).toEqual([`/dev/${part}`]);
    // With a partition on it, it is not taken apart.
    await driver.pools.remove(made.id, { contents: true });
    expect((await host.exec(["parted", "--script", device, "print"])).stdout).toContain("Table: gpt");
    expect(await host.virsh(["pool-list", "--all", "--name"])).toBe("");
  });
});

describe("a folder", () => {
  test("gets its owner and access, also when they change", async () => {
    const { driver, host } = bench;
    const stat = async (): Promise<string> =>
      (await host.exec(["stat", "--format", "%a %u %g", `${poolPath}/mine`])).stdout.trim();
    const spec = bench.pool("mine", { permissions: { mode: "0711", owner: 7, group: 8 } });
    const made = await driver.pools.create(spec, { owner: spec.owner });
    expect(await stat()).toBe("711 7 8");
    const next = bench.pool("mine", { permissions: { mode: "0750", owner: 7, group: 9 } });
    const changed = await driver.pools.change(made.id, next, { owner: next.owner });
    expect(await stat()).toBe("750 7 9");
    expect(changed).toMatchObject({ id: made.id, spec: { active: true, permissions: next.permissions } });
    await driver.pools.remove(made.id, { contents: true });
  });
});

const SECRET = "2ec115d7-3a88-3ceb-bc12-0ac909a6fd87";
const IQN = "iqn.2013-06.com.example:pool";
const auth = { username: "chap", secret: SECRET };

/** Types whose hardware or server is not here: [type, what else the program says, which driver defines it]. */
const DEFINED: readonly (readonly [string, Plain, "qemu" | "test"])[] = [
  [
    "netfs",
    { source: { hosts: [{ name: "nas" }], dir: "/export", format: "nfs", protocolVersion: "4.2" } },
    "qemu",
  ],
  ["logical", { source: { devices: ["/dev/sdx", "/dev/sdy"], name: "vg" } }, "qemu"],
  ["iscsi", { source: { hosts: [{ name: "san", port: 3261 }], iqn: IQN, initiator: IQN, auth } }, "qemu"],
  ["scsi", { source: { adapter: { name: "scsi_host1" } } }, "qemu"],
  ["mpath", {}, "qemu"],
  ["iscsi-direct", { source: { hosts: [{ name: "san" }], iqn: IQN, initiator: IQN, auth } }, "test"],
  ["rbd", { source: { hosts: [{ name: "mon1", port: 6789 }, { name: "mon2" }], name: "vms", auth } }, "test"],
  ["gluster", { source: { hosts: [{ name: "gl" }], name: "vol", dir: "/sub" } }, "test"],
  ["zfs", { source: { name: "tank/vms", devices: ["/dev/sdx"] } }, "test"],
  ["vstorage", { source: { name: "cluster" }, permissions: { mode: "0770" } }, "test"],
];

describe("not here, and proven on the definition alone", () => {
  test.each(DEFINED)(
    "%s: defined, told again without drift, and changed in place: %j",
    async (type, input, by) => {
      const driver = by === "test" ? testDriver : bench.driver;
      const spec = bench.pool(`only-${type}`, {
        type,
        path: undefined,
        active: false,
        autostart: false,
        ...input,
      });
      const made = await driver.pools.create(spec, { owner: spec.owner });
      const inputs = inputsOf(storagePoolFields, toState(spec as unknown as Plain));
      expect(drifted(storagePoolFields, inputs, made.spec as Plain)).toEqual(inputs);
      expect(made.built).toBeUndefined();
      const said = input["source"] as Plain | undefined;
      if (said?.["auth"] !== undefined) {
        const source = { ...said, auth: { ...auth, username: "another" } };
        const next = bench.pool(`only-${type}`, {
          ...input,
          type,
          path: undefined,
          active: false,
          autostart: false,
          source,
        });
        const changed = await driver.pools.change(made.id, next, { owner: next.owner });
        expect(changed).toMatchObject({ id: made.id, spec: { source: { auth: source.auth } } });
      }
      await driver.pools.remove(made.id, { contents: true });
      expect(await driver.pools.find(spec.name)).toBeUndefined();
    },
  );
});

describe("a preview", () => {
  const provider: EngineProvider = providerFor(storagePool);
  const check = async (news: Plain, olds: Plain = {}): Promise<readonly string[]> => {
    const { failures } = await provider.check(olds, { owner: "live/test/StoragePool/p", ...news });
    return failures.map(({ property, reason }) => `${property}: ${reason}`);
  };

  test("refuses a type that the host has no driver for, with what it has; a host that is away refuses nothing", async () => {
    const { host } = bench;
    const news = { type: "zfs", source: { name: "tank" } };
    const [said = "", ...more] = await check({ ...news, host: { address: host.address, name: "kvm1" } });
    expect(more).toEqual([]);
    expect(said).toMatch(/^type: "zfs" is not possible on kvm1 .*; it has dir, fs, netfs, logical, disk, /);
    expect(await bench.driver.pools.types?.()).not.toContain("zfs");
    const away = { address: "qemu+unix:///system?socket=/nowhere", connectTimeout: "1s" };
    expect(await check({ ...news, host: away })).toEqual([]);
    // libvirt's test driver has no such question.
    expect(await check({ ...news, host: host.testAddress })).toEqual([]);
    const spec = bench.pool("zfs", { ...news, path: undefined });
    const refused = await failure(bench.driver.pools.create(spec, { owner: spec.owner }));
    expect(refused).toMatchObject({ code: "unsupported" });
    expect(refused.message).toMatch(/no driver for pools of type zfs; it has dir/);
  });

  test("refuses to put a pool elsewhere while volumes are in it, unless their loss is allowed", async () => {
    const { driver, host } = bench;
    const spec = bench.pool("full");
    const made = await driver.pools.create(spec, { owner: spec.owner });
    const olds = toState(spec as unknown as Plain);
    const news = { host: host.address, owner: spec.owner, name: "full", path: `${poolPath}/elsewhere` };
    expect(await check(news, olds)).toEqual([]);
    const volume = bench.volume("full", "v", { size: "1MiB" });
    await driver.volumes.create(volume, { owner: volume.owner });
    expect(await check(news, olds)).toEqual([
      expect.stringMatching(
        /^path: would replace the pool, which has 1 volume in it: .* `allowDataLoss: true`/,
      ),
    ]);
    expect(await check({ ...news, allowDataLoss: true }, olds)).toEqual([]);
    await driver.volumes.remove("full", "v");
    await driver.pools.remove(made.id, { contents: true });
  });
});

test("only a folder that the resource has made goes with it", async () => {
  const { host } = bench;
  const provider = providerFor(storagePool);
  const before = ["foreign", "own"];
  await host.exec(["mkdir", `${poolPath}/foreign`]);
  for (const name of before) {
    const news = {
      host: host.address,
      owner: `live/test/StoragePool/${name}`,
      name,
      path: `${poolPath}/${name}`,
    };
    const { inputs, failures } = await provider.check({}, { ...news, deleteContents: true });
    expect(failures).toEqual([]);
    const { id, outs } = await provider.create(inputs);
    expect(outs["built"]).toBe(name === "own");
    // What an update and a refresh do not see stays known.
    const updated = (await provider.update(id, outs, { ...inputs, autostart: false })).outs;
    const { props } = await provider.read(id, updated);
    expect(props["built"]).toBe(name === "own");
    await provider.delete(id, props);
  }
  const left = (await host.exec(["ls", poolPath])).stdout.split("\n");
  expect(before.filter((name) => left.includes(name))).toEqual(["foreign"]);
});
