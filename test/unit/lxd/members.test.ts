import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { LxdClient } from "../../../provider/lxd/api/client";
import { makeOnMembers } from "../../../provider/lxd/members";
import { parseLxdAddress } from "../../../provider/schema/address/lxdAddress";
import { hostFacts } from "../../../provider/lxd/facts";
import { failure, FakeLxd, success } from "../../support/fakeLxd/server";

const NEEDED = ["projects", "virtual-machines", "custom_block_volumes", "instance_all_projects"];

let lxd: FakeLxd;
let client: LxdClient;

const server = (clustered: boolean) =>
  success({ auth: "trusted", api_extensions: [], environment: { server_clustered: clustered } });
const body = {
  name: "p1",
  driver: "btrfs",
  description: "fast",
  config: { size: "10GiB", "volume.size": "5GiB", "user.vmhost.owner": "me" },
};
const posts = () =>
  lxd.asked
    .filter(({ method }) => method === "POST")
    .map(({ query, body: sent }) => ({ target: query["target"], ...(sent as object) }));

beforeEach(async () => {
  lxd = await new FakeLxd().start();
  client = new LxdClient({ address: parseLxdAddress(lxd.address), connectTimeoutMs: 5000 }, "default");
  lxd.on("GET /1.0/cluster/members", success([{ server_name: "n2" }, { server_name: "n1" }]));
  lxd.on("POST /1.0/storage-pools", success(null));
});

afterEach(async () => {
  await client.close();
  await lxd.stop();
});

test("a host that stands alone is told once, with everything", async () => {
  lxd.on("GET /1.0", server(false));
  await makeOnMembers(client, "/1.0/storage-pools", body);
  expect(posts()).toEqual([{ target: undefined, ...body }]);
});

test("each member of a cluster is told what is its own, then the cluster what all have", async () => {
  lxd.on("GET /1.0", server(true));
  await makeOnMembers(client, "/1.0/storage-pools", body, { n2: { source: "/dev/sdb" } });
  expect(posts()).toEqual([
    { target: "n1", name: "p1", driver: "btrfs", config: { size: "10GiB" } },
    { target: "n2", name: "p1", driver: "btrfs", config: { size: "10GiB", source: "/dev/sdb" } },
    { ...body, target: undefined, config: { "volume.size": "5GiB", "user.vmhost.owner": "me" } },
  ]);
});

test("a run that was cut off between members is gone on with", async () => {
  lxd.on("GET /1.0", server(true));
  lxd.on("GET /1.0/storage-pools/p1", success({ name: "p1", status: "Pending", locations: ["n1"] }));
  await makeOnMembers(client, "/1.0/storage-pools", body);
  expect(posts().map(({ target }) => target)).toEqual(["n2", undefined]);
});

test("a cluster is as large as those of its members that answer", async () => {
  const auth = { auth: "trusted", api_extensions: NEEDED };
  const environment = { server_clustered: true, driver: "lxc | qemu", driver_version: "5.0.2 | 7.2" };
  lxd.on("GET /1.0", success({ ...auth, environment }));
  lxd.on("GET /1.0/instances", success([]));
  const member = (server_name: string, status: string) => ({ server_name, status, groups: ["default"] });
  const all = [
    member("n1", "Online"),
    member("n2", "Evacuated"),
    member("n3", "Offline"),
    member("n4", "Online"),
  ];
  lxd.on("GET /1.0/cluster/members", success(all));
  lxd.on("GET /1.0/resources", ({ query: { target } }) =>
    target === "n4"
      ? failure(500, "Missing event connection with target cluster member")
      : success({ cpu: { total: target === "n2" ? 4 : 2 }, memory: { total: 2 ** 30, used: 0 } }),
  );
  const { total, members } = await hostFacts(client);
  expect(total).toEqual({ cores: 6, memoryMiB: 2048 });
  expect(members?.map(({ name, open }) => [name, open])).toEqual([
    ["n1", true],
    ["n2", false],
  ]);
});

test("what a cluster has failed to make it is told to make again, without what it knows", async () => {
  lxd.on("GET /1.0", server(true));
  lxd.on("GET /1.0/storage-pools/p1", success({ name: "p1", status: "Errored", locations: ["n1"] }));
  await makeOnMembers(client, "/1.0/storage-pools", body);
  expect(posts()).toEqual([{ ...body, target: undefined, config: {} }]);
});

test("members that the cluster has not, or a host that is none, are said before anything is made", async () => {
  lxd.on("GET /1.0", server(true));
  await expect(makeOnMembers(client, "/1.0/storage-pools", body, { n9: {} })).rejects.toThrow(
    "the cluster has no member n9 (n1, n2)",
  );
  lxd.on("GET /1.0", server(false));
  await expect(makeOnMembers(client, "/1.0/storage-pools", body, { n1: {} })).rejects.toThrow("no cluster");
  expect(posts()).toEqual([]);
});
