import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { registerDriver } from "../../../provider/driver/connect";
import type { HostDriver } from "../../../provider/driver/contract";
import { changesOf, check } from "../../../provider/lifecycle/engine/check";
import type { Handler } from "../../../provider/lifecycle/kind/handler";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import { snapshot } from "../../../provider/lifecycle/snapshot";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { storageVolume } from "../../../provider/lifecycle/storageVolume";
import { vm } from "../../../provider/lifecycle/vm";
import { createLxdDriver } from "../../../provider/lxd";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import { lxdImage, lxdPool, startLxd, type ThrowawayLxd } from "../../../scripts/lib/lxd";
import { ownHost } from "../../support/host";

registerDriver("lxd", createLxdDriver);
let lxd: ThrowawayLxd;
let driver: HostDriver;

beforeAll(async () => {
  lxd = await startLxd(await ownHost());
  driver = createLxdDriver(objectOf(hostFields).parse({ address: lxd.address }));
});

afterAll(async () => {
  await driver?.close();
  await lxd?.host.stop();
});

function pass(handler: unknown, kind: string, input: Record<string, unknown>): [never, { owner: string }] {
  const owner = `live/lxd/${kind}/${String(input["name"])}`;
  const news = { host: { address: lxd.address }, owner, ...input };
  const { inputs, failures } = check(handler as Handler<never>, {}, news);
  expect(failures).toEqual([]);
  return [inputs as never, { owner }];
}

const container = (name: string, disks: readonly object[] = []): [never, { owner: string }] =>
  pass(vm, "Vm", {
    name,
    memory: 64,
    instanceType: "container",
    disks: [{ name: "root", pool: lxdPool, image: lxdImage }, ...disks],
  });

test("all parts of a VM's snapshot vanish at the same time, also when that is changed", async () => {
  await driver.vms.create(...container("web", [{ name: "data", pool: lxdPool, size: "1MiB" }]));
  const parts = async (): Promise<unknown[]> =>
    Promise.all(
      [
        "/1.0/instances/web/snapshots/one",
        `/1.0/storage-pools/${lxdPool}/volumes/custom/web-data/snapshots/one`,
      ].map(async (path) => (await lxd.query<{ expires_at: string }>(path))?.expires_at),
    );
  const at = (expiresAt?: string): [never, { owner: string }] =>
    pass(snapshot, "Snapshot", { vm: "web", name: "one", expiresAt });
  await driver.snapshots?.create(...at("2040-01-31T00:00:00Z"));
  expect(await parts()).toEqual(Array(2).fill("2040-01-31T00:00:00Z"));
  await driver.snapshots?.change(at("2041-01-31T00:00:00Z")[0]);
  expect(await parts()).toEqual(Array(2).fill("2041-01-31T00:00:00Z"));
  await driver.snapshots?.change(at()[0]);
  expect(await parts()).toEqual(Array(2).fill("0001-01-01T00:00:00Z"));
  await driver.vms.remove("web");
});

const CUSTOM = `/1.0/storage-pools/${lxdPool}/volumes/custom`;
const volumes = providerFor(storageVolume);
const snapshots = providerFor(snapshot);

interface Made {
  readonly id: string;
  readonly inputs: Plain;
  readonly outs: Plain;
}

const input = (kind: string, args: Plain): Plain => ({
  host: { address: lxd.address, retries: 0 },
  owner: `live/lxd/${kind}/x`,
  ...args,
});
const make = async (one: typeof volumes, kind: string, args: Plain): Promise<Made> => {
  const { inputs, failures } = await one.check({}, input(kind, args));
  expect(failures).toEqual([]);
  return { inputs, ...(await one.create(inputs)) };
};
const next = async (one: typeof volumes, kind: string, was: Made, args: Plain): Promise<Made> => {
  const { inputs, failures } = await one.check(was.inputs, input(kind, args));
  expect(failures).toEqual([]);
  expect(await one.diff(was.id, was.outs, inputs)).toMatchObject({ changes: true, replaces: [] });
  return { id: was.id, inputs, ...(await one.update(was.id, was.outs, inputs)) };
};

/** What a container would see in the volume. */
const note = (name: string): string =>
  join(lxd.dir, "storage-pools", lxdPool, "custom", `default_${name}`, "note");

test("a volume gets another name in place, with its snapshots, and with the disks of VMs that are off", async () => {
  const args = { pool: lxdPool, contentType: "filesystem", size: "1MiB" };
  const volume = await make(volumes, "StorageVolume", { ...args, name: "first" });
  await writeFile(note("first"), "one");
  const point = { volume: `${lxdPool}/first`, volumeId: volume.id, name: "p", description: "before" };
  const taken = await make(snapshots, "Snapshot", point);
  expect(taken.outs).toMatchObject({
    consistency: "stopped",
    createdAt: expect.stringMatching(/^20/),
    kind: "internal",
  });
  await driver.vms.create(...container("user", [{ name: "d", volume: `${lxdPool}/first` }]));
  await lxd.lxc(["start", "user"]);
  const wanted = { ...args, name: "second", size: "2MiB", description: "renamed" };
  const { failures } = await volumes.check(volume.inputs, input("StorageVolume", wanted));
  expect(failures).toEqual([
    {
      property: "name",
      reason: expect.stringMatching(/^cannot change from "first" while instance "user" has/),
    },
  ]);
  // Past the preview, where somebody has started it since.
  const checked = { ...volume.inputs, ...(wanted as Plain), size: 2 * 2 ** 20 };
  await expect(volumes.update(volume.id, volume.outs, checked)).rejects.toThrow(/in use by instance "user"/);
  expect(await lxd.query(`${CUSTOM}/first`)).toMatchObject({ description: "" });
  await lxd.lxc(["stop", "--force", "user"]);
  const renamed = await next(volumes, "StorageVolume", volume, wanted);
  expect(renamed.outs).toMatchObject({ name: "second", path: `${lxdPool}/custom/second` });
  expect(await lxd.query(`${CUSTOM}/first`)).toBeUndefined();
  expect(await lxd.query(`${CUSTOM}/second`)).toMatchObject({
    description: "renamed",
    config: { size: "2097152" },
  });
  expect(await lxd.query("/1.0/instances/user")).toMatchObject({ devices: { d: { source: "second" } } });
  const read = await volumes.read(volume.id, renamed.outs);
  expect(read).toMatchObject({ id: volume.id, props: { name: "second" } });
  // A run that was cut off after the rename goes on where it was.
  expect((await volumes.update(volume.id, volume.outs, renamed.inputs)).outs).toMatchObject({
    name: "second",
  });
  // The VM follows without a replacement, and so does the snapshot.
  const [old, spec] = ["first", "second"].map(
    (name) => container("user", [{ name: "d", volume: `${lxdPool}/${name}` }])[0] as Plain,
  );
  const swap = changesOf(vm as never, { ...old, owner: "x" }, { ...spec, owner: "x" });
  expect(swap.map(({ path, fate }) => [path.join("."), fate])).toEqual([["disks.1.volume", "live"]]);
  const after = { ...point, volume: `${lxdPool}/second` };
  const followed = await next(snapshots, "Snapshot", taken, after);
  expect(await snapshots.read(taken.id, followed.outs)).toMatchObject({
    id: taken.id,
    props: { name: "p", description: "before" },
  });
  const another = await snapshots.check(taken.inputs, input("Snapshot", { ...after, volumeId: "another" }));
  expect(await snapshots.diff(taken.id, taken.outs, another.inputs)).toMatchObject({
    replaces: ["volume", "volumeId"],
  });

  // The data of that moment comes back when the program says so, and no VM is on.
  await writeFile(note("second"), "two");
  await lxd.lxc(["start", "user"]);
  const back = { ...after, revert: "try 1" };
  const { inputs } = await snapshots.check(followed.inputs, input("Snapshot", back));
  await expect(snapshots.update(taken.id, followed.outs, inputs)).rejects.toThrow(
    /Stop instance "user" first/,
  );
  expect(await readFile(note("second"), "utf8")).toBe("two");
  await lxd.lxc(["stop", "--force", "user"]);
  const reverted = await next(snapshots, "Snapshot", followed, back);
  expect(await readFile(note("second"), "utf8")).toBe("one");
  expect(await lxd.query(`${CUSTOM}/second`)).toMatchObject({ description: "renamed" });
  await lxd.lxc(["delete", "user"]);
  await snapshots.delete(taken.id, reverted.outs);
  expect(await lxd.query(`${CUSTOM}/second/snapshots`)).toEqual([]);
  await volumes.delete(volume.id, renamed.outs);
  expect(await lxd.query(`${CUSTOM}/second`)).toBeUndefined();
});

test("a volume's snapshot is taken once, has its text and its end, and is nobody else's", async () => {
  const volume = await make(volumes, "StorageVolume", {
    pool: lxdPool,
    name: "kept",
    size: "1MiB",
    description: "v",
  });
  const args = { volume: `${lxdPool}/kept`, name: "p", expiresAt: "2040-01-31T00:00:00Z" };
  const point = await make(snapshots, "Snapshot", args);
  const shown = (): Promise<unknown> => lxd.query(`${CUSTOM}/kept/snapshots/p`);
  expect(await shown()).toMatchObject({ description: "", expires_at: args.expiresAt });
  expect(await lxd.query(`${CUSTOM}/kept`)).not.toHaveProperty(["config", "user.vmhost.snapshot"]);
  expect((await snapshots.create(point.inputs)).outs).toEqual(point.outs);
  await expect(snapshots.create({ ...point.inputs, owner: "else" })).rejects.toThrow(
    /exists already, and it belongs to/,
  );
  const changed = await next(snapshots, "Snapshot", point, {
    ...args,
    expiresAt: undefined,
    description: "text",
  });
  expect(await shown()).toMatchObject({ description: "text", expires_at: "0001-01-01T00:00:00Z" });
  expect((await snapshots.read(point.id, changed.outs)).inputs).toEqual(changed.inputs);
  // Half of one, of a server that was ended meanwhile, is taken anew.
  const mark = {
    name: "p",
    owner: point.inputs["owner"],
    consistency: "stopped",
    at: "2000-01-01T00:00:00.000Z",
  };
  await lxd.lxc([
    "storage",
    "volume",
    "set",
    lxdPool,
    "kept",
    `user.vmhost.snapshot=${JSON.stringify(mark)}`,
  ]);
  const anew = await snapshots.create(changed.inputs);
  expect(anew.outs["createdAt"]).not.toBe(point.outs["createdAt"]);
  expect(await lxd.query(`${CUSTOM}/kept/snapshots`)).toHaveLength(1);
  // Somebody's own stays.
  await lxd.lxc(["storage", "volume", "snapshot", lxdPool, "kept", "theirs"]);
  await snapshots.delete(`${lxdPool}/kept/theirs`, { ...anew.outs, name: "theirs" });
  await snapshots.delete(point.id, anew.outs);
  expect(await lxd.query(`${CUSTOM}/kept/snapshots`)).toEqual([`${CUSTOM}/kept/snapshots/theirs`]);
  await volumes.delete(volume.id, volume.outs);
});

test("the host's own disks are told as LXD tells them", async () => {
  const { storage } = (await lxd.query<{
    storage: { disks: { id: string; size: number; numa_node: number }[] };
  }>("/1.0/resources")) ?? { storage: { disks: [] } };
  const disks = (await driver.disks?.()) ?? [];
  expect(storage.disks.length).toBeGreaterThan(0);
  expect(disks.map(({ name, bytes, numaNode }) => [name, bytes, numaNode]).sort()).toEqual(
    storage.disks.map(({ id, size, numa_node: node }) => [id, size, node]).sort(),
  );
});
