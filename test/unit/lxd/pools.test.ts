import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Named } from "../../../provider/driver/contract";
import { LxdClient } from "../../../provider/lxd/api/client";
import { createPoolDriver } from "../../../provider/lxd/pools";
import { parseLxdAddress } from "../../../provider/schema/address/lxdAddress";
import type { StoragePoolSpec } from "../../../provider/schema/storagePool";
import { complaints, passed, type Plain } from "../schema/complaints";
import { failure, FakeLxd, success } from "../../support/fakeLxd/server";

const MiB = 2 ** 20;
const owner = "p/s/StoragePool/fast";

let lxd: FakeLxd;
let client: LxdClient;
let config: Record<string, string>;

const spec = (input: Plain): Named<StoragePoolSpec> =>
  passed("StoragePool", { host: "unix:///x", name: "fast", type: "btrfs", ...input }) as never;
const server = (...extensions: string[]): void => {
  lxd.on("GET /1.0", success({ api_extensions: extensions, environment: {} }));
};
const puts = (): unknown[] => lxd.asked.flatMap(({ method, body }) => (method === "PUT" ? [body] : []));

beforeEach(async () => {
  lxd = await new FakeLxd().start();
  client = new LxdClient({ address: parseLxdAddress(lxd.address), connectTimeoutMs: 5000 }, "default");
  config = {
    size: "200MiB",
    source: "/dev/disk/by-uuid/1",
    "volatile.initial_source": "/dev/sdb",
    "user.vmhost.owner": owner,
    "user.vmhost.keys": '["size"]',
  };
  lxd.on("GET /1.0/storage-pools/fast", () =>
    success(
      {
        name: "fast",
        driver: "btrfs",
        description: "",
        status: "Created",
        config,
        used_by: ["/1.0/instances/web"],
      },
      "e1",
    ),
  );
  lxd.on("PUT /1.0/storage-pools/fast", ({ body }) => {
    config = (body as { config: Record<string, string> }).config;
    return success({});
  });
});

afterEach(async () => {
  await client.close();
  await lxd.stop();
});

describe("a pool's size", () => {
  test("grows in place where the server can, and what the server wrote stays", async () => {
    server("storage_pool_loop_resize");
    const pools = createPoolDriver(client);
    const after = await pools.change("fast", spec({ size: "300MiB", description: "more" }), { owner });
    expect(after.spec).toMatchObject({ size: 300 * MiB });
    expect(puts()).toEqual([
      { description: "more", config: { ...config, size: String(300 * MiB), source: "/dev/disk/by-uuid/1" } },
    ]);
    expect(await pools.noGrowth?.()).toBeUndefined();
  });

  test("is refused with the extension's name where it cannot, and nothing is written", async () => {
    server();
    const pools = createPoolDriver(client);
    await expect(pools.change("fast", spec({ size: "300MiB" }), { owner })).rejects.toMatchObject({
      code: "unsupported",
      message: "it cannot become larger: the server lacks the API extension storage_pool_loop_resize",
    });
    expect(puts()).toEqual([]);
    expect(await pools.noGrowth?.()).toContain("storage_pool_loop_resize");
  });

  test("in the server's words is the same size, and no write", async () => {
    server();
    await createPoolDriver(client).change("fast", spec({ size: "200MiB" }), { owner });
    expect(puts()).toEqual([]);
  });
});

test("the source that a server has rewritten is nobody's, and what uses a pool is named when it is kept", async () => {
  server();
  const pools = createPoolDriver(client);
  const told = (await pools.find("fast"))?.spec;
  expect(told).not.toHaveProperty("path");
  expect(told).not.toHaveProperty("source");
  expect(told).toMatchObject({ type: "btrfs", config: undefined });
  lxd.on("DELETE /1.0/storage-pools/fast", failure(400, "The storage pool is currently in use"));
  await expect(pools.remove("fast", { contents: false })).rejects.toMatchObject({
    code: "invalid-state",
    remedy: 'Remove instance "web" first; LXD keeps a pool that is used.',
  });
});

test.each<[Plain, string[]]>([
  [{ type: "btrfs", size: "1GiB" }, []],
  [{ type: "zfs", source: { name: "tank/lxd" } }, []],
  [{ type: "lvm", source: { devices: ["/dev/sdb"] }, config: { "lvm.use_thinpool": false } }, []],
  [{ type: "dir", size: 1 }, ["size: means nothing to a pool of type dir: LXD makes no file for it"]],
  [
    { type: "zfs", source: { name: "tank" }, size: 1 },
    ["size: cannot stand beside what the pool stands on: it is the size of a file that LXD makes"],
  ],
  [
    { type: "btrfs", path: "/srv/x", source: { name: "tank" } },
    ["source: must be one thing on an LXD host: `path`, one of `source.devices`, or `source.name`"],
  ],
  [
    { type: "btrfs", source: { devices: ["/dev/a", "/dev/b"] } },
    ["source.devices: must be one on an LXD host"],
  ],
  [
    { type: "dir", source: { name: "x" } },
    ["source: means nothing to a pool of type dir on an LXD host; its folder is `path`"],
  ],
  [{ config: { source: "/x" } }, ['config.source: "source" is set by the field `source.name`']],
])("%j on LXD", (input, expected) => {
  expect(complaints("StoragePool", { host: "unix:///x", ...input })).toEqual(expected);
});
