import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { registerDriver } from "../../../provider/driver/connect";
import { closeHosts } from "../../../provider/lifecycle/host/hosts";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { vm } from "../../../provider/lifecycle/vm";
import { createLxdDriver } from "../../../provider/lxd";
import { lxdImage, lxdPool, startLxd, type ThrowawayLxd } from "../../../scripts/lib/lxd";
import { ownHost } from "../../support/host";

let lxd: ThrowawayLxd;
const provider = providerFor(vm);

beforeAll(async () => {
  registerDriver("lxd", createLxdDriver);
  lxd = await startLxd(await ownHost());
  await lxd.lxc(["project", "create", "second"]);
  // Volumes of all projects like it are in one place.
  await lxd.lxc(["project", "create", "sharing", "-c", "features.storage.volumes=false"]);
});
afterEach(async () => {
  for (const project of ["default", "second", "sharing"]) {
    const { stdout } = await lxd.lxc(["list", "-f", "csv", "-c", "n", "--project", project]);
    for (const name of stdout.split("\n").filter(Boolean))
      await lxd.lxc(["delete", "--force", name, "--project", project]);
  }
});
afterAll(async () => {
  await closeHosts();
  await lxd.host.stop();
});

/** A container with a volume of its own, as a program has it. */
const args = (name: string, project: string | undefined, more: Plain = {}): Plain => ({
  host: { address: lxd.address, ...(project === undefined ? {} : { project }), cpuOvercommitRatio: 10 },
  owner: `live/move/Vm/${name}`,
  name,
  instanceType: "container",
  memory: 32,
  migrate: true,
  forceDestroy: true,
  shutdownTimeout: 1,
  disks: [
    { name: "root", pool: lxdPool, image: lxdImage, size: "64MiB" },
    { name: "data", pool: lxdPool, size: "1MiB" },
  ],
  ...more,
});

interface Made {
  readonly id: string;
  readonly outs: Plain;
  readonly inputs: Plain;
}

async function make(news: Plain): Promise<Made> {
  const { inputs, failures } = await provider.check({}, news);
  expect(failures).toEqual([]);
  return { ...(await provider.create(inputs)), inputs };
}

/** Reasons of the preview against it, or the VM as it is afterwards. */
async function update(made: Made, news: Plain): Promise<Made | readonly string[]> {
  const { inputs, failures } = await provider.check(made.inputs, news);
  if (failures.length > 0) return failures.map(({ property, reason }) => `${property}: ${reason}`);
  expect((await provider.diff(made.id, made.outs, inputs)).replaces).toEqual([]);
  return { id: made.id, inputs, ...(await provider.update(made.id, made.outs, inputs)) };
}

const seen = (name: string, project: string) =>
  lxd.query<{ status: string; config: Plain; devices: Plain }>(`/1.0/instances/${name}?project=${project}`);
const volumes = async (project: string): Promise<readonly string[]> =>
  (await lxd.query<string[]>(`/1.0/storage-pools/${lxdPool}/volumes/custom?project=${project}`)) ?? [];

test("a VM goes to another project of its server, with its volume and its snapshot, and comes back", async () => {
  const made = await make(args("wander", undefined));
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
  await provider.delete(home.id, home.outs);
  expect([await volumes("default"), await volumes("second")]).toEqual([[], []]);
});

test("a run that was cut off between the VM and its volume is gone on with, and the volume is the same one", async () => {
  const made = await make(args("halfway", undefined, { running: false }));
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
  await provider.delete(moved.id, moved.outs);
  expect(await volumes("second")).toEqual([]);
});

test("where the projects share their volumes these stay where they are; a server that refuses has changed nothing", async () => {
  const made = await make(args("shared", undefined, { running: false }));
  const moved = await update(made, args("shared", "sharing", { running: false }));
  if (!("outs" in moved)) throw new Error(String(moved));
  expect((await seen("shared", "sharing"))?.devices).toMatchObject({ data: { source: "shared-data" } });
  expect(await volumes("default")).toHaveLength(1);
  await lxd.lxc(["init", "--empty", "shared", "--vm", "--storage", lxdPool, "--project", "second"]);
  const before = await seen("shared", "sharing");
  await expect(update(moved, args("shared", "second", { running: false }))).rejects.toThrow(/already exists/);
  expect(await seen("shared", "sharing")).toEqual(before);
  expect(await volumes("default")).toHaveLength(1);
  await provider.delete(moved.id, moved.outs);
  expect(await volumes("default")).toEqual([]);
});
