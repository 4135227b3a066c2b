import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { snapshot } from "../../../provider/lifecycle/snapshot";
import { createLxdDriver } from "../../../provider/lxd";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import { lxdPool, type ThrowawayLxd } from "../../../scripts/lib/lxd";
import { ContainersBench } from "./containers-bench";

/** Data outlives the instance that is made over it and cannot start, and a look at it that comes at the wrong moment. */
let bench: ContainersBench;
let lxd: ThrowawayLxd;

beforeAll(async () => {
  bench = await ContainersBench.open("kept", { second: [] });
  ({ lxd } = bench);
});
afterEach(() => bench.removeAll());
afterAll(() => bench?.close());

const volumes = async (): Promise<readonly string[]> =>
  (
    (await lxd.query<{ name: string; config: Plain }[]>(
      `/1.0/storage-pools/${lxdPool}/volumes/custom?recursion=1`,
    )) ?? []
  ).map(({ name, config }) => `${name} ${String(config["user.witness"])}`);

test("an instance that cannot start goes again, with its new volume and without the one that was there before", async () => {
  await bench.make(bench.args("web"));
  await lxd.lxc(["storage", "volume", "set", lxdPool, "web-data", "user.witness=one"]);
  await lxd.lxc(["delete", "--force", "web"]);
  const { disks } = bench.args("web") as { disks: Plain[] };
  const more = { disks: [...disks, { name: "more", pool: lxdPool, size: "1MiB" }] };
  const config = { "raw.lxc": "lxc.include = /nowhere" };
  await expect(bench.make(bench.args("web", { ...more, config }))).rejects.toThrow(/cannot start VM "web"/);
  expect(await volumes()).toEqual(["web-data one"]);
  const { id, outs } = await bench.make(bench.args("web"));
  expect(await volumes()).toEqual(["web-data one"]);
  await bench.vms.delete(id, outs);
  expect(await volumes()).toEqual([]);
});

test("one that was moved by a run that was cut off, and has gone out of state, is the same one afterwards", async () => {
  const { id } = await bench.make(bench.args("moved"));
  await lxd.lxc(["stop", "--force", "moved"]);
  // What such a run has done by then; a refresh finds nothing where it was.
  await lxd.lxc(["config", "device", "remove", "moved", "data"]);
  await lxd.lxc(["config", "set", "moved", "user.vmhost.came-from=default"]);
  await lxd.lxc(["move", "moved", "moved", "--project", "default", "--target-project", "second"]);
  const again = await bench.make(bench.args("moved", { host: bench.host("second") }));
  expect(again.id).toBe(id);
  await bench.vms.delete(again.id, again.outs);
});

test.each([
  ["is off since is started by the next run", "RUNNING"],
  ["somebody has started and stopped since stays off", "STOPPED"],
])("an instance that a run has stopped, and did not live to start, and that %s", async (_what, wanted) => {
  const { id, outs } = await bench.make(bench.args("web"));
  // What such a run has done by then.
  const driver = createLxdDriver(objectOf(hostFields).parse({ address: lxd.address }));
  await driver.vms.noteStop(id, { was: "running", hard: false });
  await driver.close();
  await lxd.lxc(["stop", "--force", "web"]);
  if (wanted === "STOPPED")
    for (const step of [["start"], ["stop", "--force"]]) await lxd.lxc([...step, "web"]);
  const { props } = await bench.vms.read(id, outs);
  expect(props["interrupted"]).toBe(wanted === "STOPPED" ? "over" : "running");
  const { inputs } = await bench.vms.check(props, bench.args("web"));
  expect((await bench.vms.diff(id, props, inputs)).changes).toBe(true);
  const after = (await bench.vms.update(id, props, inputs)).outs;
  expect((await lxd.lxc(["list", "web", "-f", "csv", "-c", "s"])).stdout.trim()).toBe(wanted);
  expect((await lxd.lxc(["config", "show", "web"])).stdout).not.toContain("user.vmhost.restart");
  const again = await bench.vms.read(id, after);
  expect((await bench.vms.diff(id, again.props, inputs)).changes).toBe(false);
  await bench.vms.delete(id, again.props);
});

test("snapshots of one VM that are made at the same time are all taken, and each is its own resource's", async () => {
  const { id, outs } = await bench.make(bench.args("many"));
  const snapshots = providerFor(snapshot as never);
  const names = ["one", "two", "three"];
  const taken = await Promise.all(
    names.map(async (name) => {
      const given = { host: bench.host(), owner: `live/kept/Snapshot/${name}`, vm: id, name };
      return snapshots.create((await snapshots.check({}, given)).inputs);
    }),
  );
  for (const name of names) {
    const seen = await lxd.query<{ config: Plain }>(`/1.0/instances/many/snapshots/${name}`);
    expect(seen?.config["user.vmhost.snapshot"]).toContain(`live/kept/Snapshot/${name}`);
  }
  await Promise.all(taken.map((each) => snapshots.delete(each.id, each.outs)));
  expect(await lxd.query("/1.0/instances/many/snapshots")).toEqual([]);
  await bench.vms.delete(id, outs);
});
