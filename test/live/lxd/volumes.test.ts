import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { HostDriver } from "../../../provider/driver/contract";
import { check } from "../../../provider/lifecycle/check";
import type { Handler } from "../../../provider/lifecycle/handler";
import { snapshot } from "../../../provider/lifecycle/snapshot";
import { vm } from "../../../provider/lifecycle/vm";
import { createLxdDriver } from "../../../provider/lxd";
import { hostFields } from "../../../provider/schema/connection";
import { objectOf } from "../../../provider/schema/gate";
import { lxdImage, lxdPool, startLxd, type ThrowawayLxd } from "../../../scripts/lib/lxd";
import { ownHost } from "../../support/host";

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
