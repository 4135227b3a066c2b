import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { isDriverError } from "../../../provider/driver/errors";
import { LxdClient } from "../../../provider/lxd/api/client";
import { moveToTarget } from "../../../provider/lxd/instances/target";
import { parseLxdAddress } from "../../../provider/schema/address/lxdAddress";
import { background, failure, FakeLxd, operation, success } from "../../support/fakeLxd/server";

let lxd: FakeLxd;
let client: LxdClient;

beforeEach(async () => {
  lxd = await new FakeLxd().start();
  client = new LxdClient({ address: parseLxdAddress(lxd.address), connectTimeoutMs: 5000 }, "web");
  lxd.on("GET /1.0/cluster/groups/fast", success({ members: ["m2", "m3"] }));
  lxd.on("POST /1.0/instances/app", background(operation(200)));
});

afterEach(async () => {
  await client.close();
  await lxd.stop();
});

const moves = (): unknown[] =>
  lxd.asked.filter(({ method }) => method === "POST").map(({ query, body }) => ({ query, body }));

test.each([
  ["m1", "m2", "m2"],
  ["m1", "@fast", "@fast"],
  ["m2", "m2", undefined],
  ["m3", "@fast", undefined],
  ["m1", undefined, undefined],
])("an instance on %s that belongs on %s", async (location, target, moved) => {
  await moveToTarget(client, { name: "app", location }, target);
  expect(moves()).toEqual(
    moved === undefined
      ? []
      : [{ query: { project: "web", target: moved }, body: { name: "app", migration: true } }],
  );
});

test("a guest that has to be stopped first, and a host that is no cluster, are said to be", async () => {
  lxd.on("POST /1.0/instances/app", failure(400, "Instance is running"));
  const told = async (location: string): Promise<unknown> =>
    moveToTarget(client, { name: "app", location }, "m2").then(
      () => undefined,
      (error: unknown) => (isDriverError(error) ? [error.code, error.remedy] : error),
    );
  expect(await told("m1")).toEqual(["invalid-state", expect.stringContaining("running: false")]);
  expect(await told("none")).toEqual(["invalid-argument", "Leave `target` out."]);
});
