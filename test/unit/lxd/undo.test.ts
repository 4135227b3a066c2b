import { afterEach, expect, test } from "@jest/globals";
import type { HostDriver, NamedSnapshotSpec, NamedVmSpec } from "../../../provider/driver/contract";
import { createLxdDriver } from "../../../provider/lxd";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import { vmFields } from "../../../provider/schema/vm";
import { FakeHost, instance } from "../../support/fakeLxd/host";
import { failure, success } from "../../support/fakeLxd/server";

const owner = "p/s/Vm/web";
const CUSTOM = "/1.0/storage-pools/base/volumes/custom";
const volume = (name: string) =>
  success({ name, type: "custom", config: { size: "1073741824", "user.vmhost.owner": owner } });

let host: FakeHost;
let driver: HostDriver;

afterEach(async () => {
  await driver.close();
  await host.stop();
});

const open = async (instances: readonly ReturnType<typeof instance>[] = []): Promise<void> => {
  host = await new FakeHost("5.0", { instances }).start();
  driver = createLxdDriver(objectOf(hostFields).parse({ address: host.address }));
};
const changes = (): string[] =>
  host.asked.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`);
const codeOf = async (step: Promise<unknown>): Promise<unknown> =>
  step.then(
    () => undefined,
    (error: unknown) => (error as { code?: unknown }).code,
  );

test("a new VM that fails takes away the volumes made for it, but not one that was there before", async () => {
  await open();
  let made = false;
  host.on(`GET ${CUSTOM}/web-old`, volume("web-old"));
  host.on(`GET ${CUSTOM}/web-new`, () => (made ? volume("web-new") : failure(404, "not found")));
  host.on(`POST ${CUSTOM}`, () => {
    made = true;
    return success(null);
  });
  host.on("PUT /1.0/instances/web", ({ body }) =>
    JSON.stringify(body).includes('"source":"web-old"') ? failure(400, "Invalid devices") : success(null),
  );
  const given = {
    host: { address: host.address },
    owner,
    name: "web",
    instanceType: "container",
    disks: [{ name: "root" }, { name: "old", size: "1GiB" }, { name: "new", size: "1GiB" }],
  };
  const spec = objectOf(vmFields).parse(given) as unknown as NamedVmSpec;
  expect(await codeOf(driver.vms.create(spec, { owner }))).toBe("invalid-argument");
  expect(changes().filter((each) => each.startsWith("DELETE"))).toEqual([
    `DELETE ${CUSTOM}/web-new`,
    "DELETE /1.0/instances/web",
  ]);
});

test("what is left of a VM that was half made goes, but no volume with it", async () => {
  const config = { "user.vmhost.owner": owner, "user.vmhost.volumes": '["base/web-old"]' };
  await open([instance("web", { config })]);
  host.on(`GET ${CUSTOM}/web-old`, volume("web-old"));
  host.on("DELETE /1.0/instances/web", () => {
    host.objects.set("instances", []);
    return success(null);
  });
  const given = { host: { address: host.address }, owner, name: "web", instanceType: "container" };
  const spec = objectOf(vmFields).parse({ ...given, disks: [{ name: "root" }] }) as unknown as NamedVmSpec;
  await driver.vms.create(spec, { owner });
  expect(changes()).toEqual(["DELETE /1.0/instances/web", "POST /1.0/instances"]);
});

test("a snapshot is not taken where a volume of the VM has one of that name, which stays", async () => {
  const config = { "user.vmhost.owner": owner, "user.vmhost.volumes": '["base/web-data"]' };
  const devices = {
    root: { type: "disk", path: "/", pool: "base" },
    data: { type: "disk", pool: "base", source: "web-data" },
  };
  await open([instance("web", { config, devices })]);
  host.on(`GET ${CUSTOM}/web-data`, volume("web-data"));
  host.on(`GET ${CUSTOM}/web-data/snapshots/daily`, success({ name: "daily" }));
  host.on("GET /1.0/instances/web/snapshots/daily", failure(404, "not found"));
  const spec = { vm: "web", name: "daily", memory: false } as unknown as NamedSnapshotSpec;
  expect(
    await codeOf(driver.snapshots?.create(spec, { owner: "p/s/Snapshot/daily" }) ?? Promise.resolve()),
  ).toBe("already-exists");
  expect(changes()).toEqual([]);
});
