import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { LxdClient } from "../../../provider/lxd/api/client";
import { makeOnMembers } from "../../../provider/lxd/members";
import { parseLxdAddress } from "../../../provider/schema/address/lxdAddress";
import { FakeLxd, success } from "../../support/fakeLxd/server";

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

test("members that the cluster has not, or a host that is none, are said before anything is made", async () => {
  lxd.on("GET /1.0", server(true));
  await expect(makeOnMembers(client, "/1.0/storage-pools", body, { n9: {} })).rejects.toThrow(
    "the cluster has no member n9 (n1, n2)",
  );
  lxd.on("GET /1.0", server(false));
  await expect(makeOnMembers(client, "/1.0/storage-pools", body, { n1: {} })).rejects.toThrow("no cluster");
  expect(posts()).toEqual([]);
});
