import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { isDriverError } from "../../../provider/driver/errors";
import { LxdClient } from "../../../provider/lxd/api/client";
import { Finder } from "../../../provider/lxd/instances/find";
import { moveToTarget, toward } from "../../../provider/lxd/instances/move/target";
import type { Instance } from "../../../provider/lxd/objects";
import { parseLxdAddress } from "../../../provider/schema/address/lxdAddress";
import { instance } from "../../support/fakeLxd/host";
import { background, failure, FakeLxd, operation, success } from "../../support/fakeLxd/server";

let lxd: FakeLxd;
let client: LxdClient;

const app = (location: string, more: Record<string, unknown> = {}): Instance =>
  instance("app", { location, ...more }) as unknown as Instance;
const member = (name: string, status: string, ...groups: string[]) => ({
  server_name: name,
  status,
  groups,
  url: `https://${name}:8443`,
});
const MEMBERS = [
  member("m1", "Online"),
  member("m2", "Online", "fast"),
  member("m3", "Online", "fast"),
  member("m4", "Evacuated", "old"),
  member("m5", "Offline", "old"),
];

beforeEach(async () => {
  lxd = await new FakeLxd().start();
  client = new LxdClient({ address: parseLxdAddress(lxd.address), connectTimeoutMs: 5000 }, "web");
  lxd.on("GET /1.0", success({ environment: { server_clustered: true } }));
  lxd.on("GET /1.0/cluster/members", success(MEMBERS));
  lxd.on("GET /1.0/instances", success([{ name: "other", location: "m2", config: {} }]));
  lxd.on("GET /1.0/instances/app", success(app("there")));
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
  // Of the group, the one with the fewest instances.
  ["m1", "@fast", "m3"],
  ["m2", "m2", undefined],
  ["m3", "@fast", undefined],
  ["m4", "@old", undefined],
  ["m1", undefined, undefined],
])("an instance on %s that belongs on %s", async (location, target, moved) => {
  await moveToTarget(client, app(location), target);
  expect(moves()).toEqual(
    moved === undefined
      ? []
      : [{ query: { project: "web", target: moved }, body: { name: "app", migration: true } }],
  );
});

const running = { status: "Running" };
const stateful = { config: { "migration.stateful": "true" } };
const vm = { type: "virtual-machine" };

test.each([
  ["a container that runs", { ...running }, false],
  ["a container whose key promises otherwise", { ...running, ...stateful }, false],
  ["a virtual machine that runs", { ...running, ...vm }, false],
  ["one that LXD is to prepare for it", { ...running, ...vm, ...stateful }, true],
  [
    "one with a volume of its own",
    { ...running, ...vm, config: { ...stateful.config, "user.vmhost.volumes": '["base/app-data"]' } },
    false,
  ],
])("%s goes while it runs, or is said to have to be off", async (_, more, live) => {
  lxd.on("GET /1.0/storage-pools/base/volumes/custom", success([]));
  lxd.on("GET /1.0/instances/app", success(app("m1", more)));
  expect(await toward(client, new Finder(client), "m2", "app")).toEqual({ live, from: "m1" });
  const moved = moveToTarget(client, app("m1", more), "m2");
  if (live) await moved;
  else
    await expect(moved).rejects.toMatchObject({
      code: "invalid-state",
      remedy: expect.stringContaining("ifNeeded"),
    });
  expect(moves()).toHaveLength(live ? 1 : 0);
});

test.each([
  ["m9", "the cluster has no such member (m1, m2, m3, m4, m5)"],
  ["m4", "it is evacuated; `lxc cluster restore m4` ends that"],
  ["m5", "it is offline"],
  ["@none", "no member of the cluster is in that group (m1, m2, m3, m4, m5)"],
  ["@old", "no member of that group is online (m4 is evacuated, m5 is offline)"],
])("nothing goes to %s, and the reason is told", async (target, closed) => {
  expect(await toward(client, new Finder(client), target, undefined)).toEqual({ live: false, closed });
  await expect(moveToTarget(client, app("m1"), target)).rejects.toMatchObject({
    code: "invalid-state",
    message: `it cannot go to "${target}": ${closed}`,
  });
  expect(moves()).toEqual([]);
});

test("a host that is no cluster has no members", async () => {
  const said = await moveToTarget(client, app("none"), "m2").catch((error: unknown) => error);
  expect(isDriverError(said) && [said.code, said.remedy]).toEqual([
    "invalid-argument",
    "Leave `target` out.",
  ]);
  lxd.on("GET /1.0", success({ environment: {} }));
  expect((await toward(client, new Finder(client), "m2", undefined)).closed).toContain("no cluster");
});

test.each([
  [500, "Missing event connection with target cluster member", "unreachable", "lxc cluster list"],
  [500, "peer node 192.0.2.2:8443 is down", "unreachable", "lxc cluster list"],
  [
    500,
    'Post "https://192.0.2.2:8443/1.0/instances": Unable to connect to: 192.0.2.2',
    "unreachable",
    "list",
  ],
  [403, "Cluster member is evacuated", "invalid-state", "lxc cluster restore"],
  [404, "Cluster member not found", "not-found", "may be"],
  [403, "not authorized", "permission-denied", "certificate"],
])("LXD's %i %s", async (status, words, code, remedy) => {
  lxd.on("POST /1.0/instances/app", failure(status, words));
  await expect(moveToTarget(client, app("m1"), "m2")).rejects.toMatchObject({
    code,
    remedy: expect.stringContaining(remedy),
    message: code === "permission-denied" ? expect.anything() : words,
  });
});
