import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { registerDriver } from "../../../provider/driver/connect";
import { closeHosts } from "../../../provider/lifecycle/host/hosts";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { snapshot } from "../../../provider/lifecycle/snapshot";
import { vm } from "../../../provider/lifecycle/vm";
import { createLxdDriver } from "../../../provider/lxd";
import { lxdImage, lxdPool, startLxd, type ThrowawayLxd } from "../../../scripts/lib/lxd";
import { ownHost } from "../../support/host";

/** Data outlives the instance that is made over it and cannot start, and a look at it that comes at the wrong moment. */
let lxd: ThrowawayLxd;
const provider = providerFor(vm);

beforeAll(async () => {
  registerDriver("lxd", createLxdDriver);
  lxd = await startLxd(await ownHost());
  await lxd.lxc(["project", "create", "second"]);
});
afterEach(async () => {
  for (const project of ["default", "second"]) {
    const { stdout } = await lxd.lxc(["list", "-f", "csv", "-c", "n", "--project", project]);
    for (const name of stdout.split("\n").filter(Boolean))
      await lxd.lxc(["delete", "--force", name, "--project", project]);
  }
});
afterAll(async () => {
  await closeHosts();
  await lxd.host.stop();
});

const args = (name: string, more: Plain = {}): Plain => ({
  host: { address: lxd.address, cpuOvercommitRatio: 10 },
  ...{ owner: `live/kept/Vm/${name}`, name, instanceType: "container", memory: 32 },
  ...{ forceDestroy: true, shutdownTimeout: 1, migrate: true },
  disks: [
    { name: "root", pool: lxdPool, image: lxdImage, size: "64MiB" },
    { name: "data", pool: lxdPool, size: "1MiB" },
  ],
  ...more,
});

interface Made {
  readonly id: string;
  readonly outs: Plain;
}

async function make(given: Plain): Promise<Made> {
  const { inputs, failures } = await provider.check({}, given);
  expect(failures).toEqual([]);
  return provider.create(inputs);
}

const volumes = async (): Promise<readonly string[]> =>
  (
    (await lxd.query<{ name: string; config: Plain }[]>(
      `/1.0/storage-pools/${lxdPool}/volumes/custom?recursion=1`,
    )) ?? []
  ).map(({ name, config }) => `${name} ${String(config["user.witness"])}`);

test("an instance that cannot start goes again, with its new volume and without the one that was there before", async () => {
  await make(args("web"));
  await lxd.lxc(["storage", "volume", "set", lxdPool, "web-data", "user.witness=one"]);
  await lxd.lxc(["delete", "--force", "web"]);
  const { disks } = args("web") as { disks: Plain[] };
  const more = { disks: [...disks, { name: "more", pool: lxdPool, size: "1MiB" }] };
  const config = { "raw.lxc": "lxc.include = /nowhere" };
  await expect(make(args("web", { ...more, config }))).rejects.toThrow(/cannot start VM "web"/);
  expect(await volumes()).toEqual(["web-data one"]);
  const { id, outs } = await make(args("web"));
  expect(await volumes()).toEqual(["web-data one"]);
  await provider.delete(id, outs);
  expect(await volumes()).toEqual([]);
});

test("one that was moved by a run that was cut off, and has gone out of state, is the same one afterwards", async () => {
  const { id } = await make(args("moved"));
  await lxd.lxc(["stop", "--force", "moved"]);
  // What such a run has done by then; a refresh finds nothing where it was.
  await lxd.lxc(["config", "device", "remove", "moved", "data"]);
  await lxd.lxc(["config", "set", "moved", "user.vmhost.came-from=default"]);
  await lxd.lxc(["move", "moved", "moved", "--project", "default", "--target-project", "second"]);
  const { host } = args("moved") as { host: Plain };
  const again = await make(args("moved", { host: { ...host, project: "second" } }));
  expect(again.id).toBe(id);
  await provider.delete(again.id, again.outs);
});

test("snapshots of one VM that are made at the same time are all taken, and each is its own resource's", async () => {
  const { id, outs } = await make(args("many"));
  const snapshots = providerFor(snapshot as never);
  const names = ["one", "two", "three"];
  const taken = await Promise.all(
    names.map(async (name) => {
      const given = { host: args("many")["host"], owner: `live/kept/Snapshot/${name}`, vm: id, name };
      return snapshots.create((await snapshots.check({}, given)).inputs);
    }),
  );
  for (const name of names) {
    const seen = await lxd.query<{ config: Plain }>(`/1.0/instances/many/snapshots/${name}`);
    expect(seen?.config["user.vmhost.snapshot"]).toContain(`live/kept/Snapshot/${name}`);
  }
  await Promise.all(taken.map((each) => snapshots.delete(each.id, each.outs)));
  expect(await lxd.query("/1.0/instances/many/snapshots")).toEqual([]);
  await provider.delete(id, outs);
});
