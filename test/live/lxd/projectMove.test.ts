import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { lxdPool, type ThrowawayLxd } from "../../../scripts/lib/lxd";
import { ContainersBench, type Made } from "./containers-bench";

let bench: ContainersBench;
let lxd: ThrowawayLxd;

beforeAll(async () => {
  // Volumes of all projects like `sharing` are in one place.
  bench = await ContainersBench.open("move", { second: [], sharing: ["features.storage.volumes=false"] });
  ({ lxd } = bench);
});
afterEach(() => bench.removeAll());
afterAll(() => bench?.close());

const args = (name: string, project: string | undefined, more: Plain = {}): Plain =>
  bench.args(name, { host: bench.host(project), ...more });

/** Reasons of the preview against it, or the VM as it is afterwards. */
async function update(made: Made, news: Plain): Promise<Made | readonly string[]> {
  const { inputs, failures } = await bench.vms.check(made.inputs, news);
  if (failures.length > 0) return failures.map(({ property, reason }) => `${property}: ${reason}`);
  expect((await bench.vms.diff(made.id, made.outs, inputs)).replaces).toEqual([]);
  return { id: made.id, inputs, ...(await bench.vms.update(made.id, made.outs, inputs)) };
}

const seen = (name: string, project: string) =>
  lxd.query<{ status: string; config: Plain; devices: Plain }>(`/1.0/instances/${name}?project=${project}`);
const volumes = async (project: string): Promise<readonly string[]> =>
  (await lxd.query<string[]>(`/1.0/storage-pools/${lxdPool}/volumes/custom?project=${project}`)) ?? [];

test("a VM goes to another project of its server, with its volume and its snapshot, and comes back", async () => {
  const made = await bench.make(args("wander", undefined));
  await lxd.lxc(["snapshot", "wander", "by-hand"]);
  expect(await update(made, args("wander", "second"))).toEqual([
    ': host: cannot change to another project while the VM runs: let it be restarted for that (`restart: "ifNeeded"`), or stop it (`running: false`)',
  ]);
  const moved = await update(made, args("wander", "second", { restart: "ifNeeded" }));
  if (!("outs" in moved)) throw new Error(String(moved));
  expect(moved.outs).toMatchObject({ uuid: made.id, host: { project: "second" } });
  expect(await seen("wander", "default")).toBeUndefined();
  expect(await seen("wander", "second")).toMatchObject({
    status: "Running",
    config: { "volatile.uuid": made.id },
    devices: { data: { source: "wander-data", pool: lxdPool } },
  });
  expect((await seen("wander", "second"))?.config["user.vmhost.came-from"]).toBeUndefined();
  expect([await volumes("default"), await volumes("second")]).toEqual([
    [],
    [`/1.0/storage-pools/${lxdPool}/volumes/custom/wander-data?project=second`],
  ]);
  expect(await lxd.query(`/1.0/instances/wander/snapshots?project=second`)).toEqual([
    "/1.0/instances/wander/snapshots/by-hand?project=second",
  ]);
  const home = await update(moved, args("wander", undefined, { running: false }));
  if (!("outs" in home)) throw new Error(String(home));
  expect((await seen("wander", "default"))?.status).toBe("Stopped");
  await bench.vms.delete(home.id, home.outs);
  expect([await volumes("default"), await volumes("second")]).toEqual([[], []]);
});

test("a run that was cut off between the VM and its volume is gone on with, and the volume is the same one", async () => {
  const made = await bench.make(args("halfway", undefined, { running: false }));
  const volume = `/1.0/storage-pools/${lxdPool}/volumes/custom/halfway-data`;
  await lxd.lxc(["storage", "volume", "set", lxdPool, "halfway-data", "user.witness=one"]);
  // What such a run has done by then.
  await lxd.lxc(["config", "device", "remove", "halfway", "data"]);
  await lxd.lxc(["config", "set", "halfway", "user.vmhost.came-from=default"]);
  await lxd.lxc(["move", "halfway", "halfway", "--project", "default", "--target-project", "second"]);
  const moved = await update(made, args("halfway", "second", { running: false }));
  if (!("outs" in moved)) throw new Error(String(moved));
  expect(await lxd.query<Plain>(`${volume}?project=second`)).toMatchObject({
    config: { "user.witness": "one" },
  });
  expect((await seen("halfway", "second"))?.devices).toMatchObject({ data: { source: "halfway-data" } });
  expect(await volumes("default")).toEqual([]);
  await bench.vms.delete(moved.id, moved.outs);
  expect(await volumes("second")).toEqual([]);
});

test("where the projects share their volumes these stay where they are; a server that refuses has changed nothing", async () => {
  const made = await bench.make(args("shared", undefined, { running: false }));
  const moved = await update(made, args("shared", "sharing", { running: false }));
  if (!("outs" in moved)) throw new Error(String(moved));
  expect((await seen("shared", "sharing"))?.devices).toMatchObject({ data: { source: "shared-data" } });
  expect(await volumes("default")).toHaveLength(1);
  await lxd.lxc(["init", "--empty", "shared", "--vm", "--storage", lxdPool, "--project", "second"]);
  const before = await seen("shared", "sharing");
  await expect(update(moved, args("shared", "second", { running: false }))).rejects.toThrow(/already exists/);
  expect(await seen("shared", "sharing")).toEqual(before);
  expect(await volumes("default")).toHaveLength(1);
  await bench.vms.delete(moved.id, moved.outs);
  expect(await volumes("default")).toEqual([]);
});
