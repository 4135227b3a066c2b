import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import type { Named, VolumeContent } from "../../../provider/driver/contract";
import { LxdClient } from "../../../provider/lxd/api/client";
import { createVolumeDriver } from "../../../provider/lxd/volumes";
import { parseLxdAddress } from "../../../provider/schema/address/lxdAddress";
import type { StorageVolumeSpec } from "../../../provider/schema/storageVolume";
import { FakeLxd, failure, success } from "../../support/fakeLxd/server";
import { passed, type Plain } from "../schema/complaints";

const owner = "p/s/StorageVolume/boot";
const draft = `vmhost-draft-${createHash("sha256").update(owner).digest("hex").slice(0, 16)}`;
const MAKING = "user.vmhost.making";
const VOLUMES = "/1.0/storage-pools/p1/volumes/custom";

let lxd: FakeLxd;
let client: LxdClient;
/** What the server has, by name. */
let there: Map<string, Plain>;

const spec = (input: Plain): Named<StorageVolumeSpec> =>
  passed("StorageVolume", { host: "unix:///x", name: "boot", pool: "p1", ...input }) as never;
const content: VolumeContent = {
  bytes: 4,
  virtualBytes: 4,
  format: "raw",
  async *chunks() {
    yield Buffer.from("iso!");
  },
};

beforeEach(async () => {
  lxd = await new FakeLxd().start();
  client = new LxdClient({ address: parseLxdAddress(lxd.address), connectTimeoutMs: 5000 }, "default");
  there = new Map();
  lxd.on("GET /1.0", success({ api_extensions: ["custom_volume_iso"] }));
  for (const name of ["boot", draft]) {
    lxd.on(`GET ${VOLUMES}/${name}`, () => {
      const found = there.get(name);
      return found === undefined ? failure(404, "not found") : success(found, "e");
    });
    lxd.on(`DELETE ${VOLUMES}/${name}`, () => (there.delete(name) ? success({}) : failure(404, "not found")));
    lxd.on(`PUT ${VOLUMES}/${name}`, ({ body }) => {
      there.set(name, { ...there.get(name), ...(body as Plain) });
      return success({});
    });
  }
  lxd.on(`POST ${VOLUMES}/${draft}`, () => {
    there.set("boot", { ...there.get(draft), name: "boot" });
    there.delete(draft);
    return success({});
  });
  lxd.on(`POST ${VOLUMES}`, ({ headers }) => {
    const name = String(headers["x-lxd-name"]);
    there.set(name, {
      name,
      type: "custom",
      content_type: headers["x-lxd-type"],
      description: "",
      config: { size: "4" },
    });
    return success(null);
  });
});

afterEach(async () => {
  await client.close();
  await lxd.stop();
});

test("an ISO image comes under a name of its own, and gets owner and name when all of it is there", async () => {
  // What a run that was cut off has left.
  there.set(draft, { name: draft, config: {} });
  const made = await createVolumeDriver(client).create(
    spec({ contentType: "iso", source: "x.iso", description: "installer" }),
    { owner },
    content,
  );
  expect(made).toMatchObject({
    id: "p1/boot",
    owner,
    spec: { contentType: "iso", description: "installer" },
  });
  expect(
    lxd.asked.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`),
  ).toEqual([
    `DELETE ${VOLUMES}/${draft}`,
    `POST ${VOLUMES}`,
    `PUT ${VOLUMES}/${draft}`,
    `POST ${VOLUMES}/${draft}`,
    `PUT ${VOLUMES}/boot`,
  ]);
  expect([...there.keys()]).toEqual(["boot"]);
  // Until the last write it counts as half.
  expect(JSON.stringify(there.get("boot"))).not.toContain(MAKING);
  const put = lxd.asked.find(({ method, path }) => method === "PUT" && path.endsWith(draft));
  expect(put?.body).toMatchObject({ config: { [MAKING]: "true", "user.vmhost.owner": owner } });
});

test("a server without ISO volumes is told by the extension that it lacks", async () => {
  lxd.on("GET /1.0", success({ api_extensions: [] }));
  const iso = spec({ contentType: "iso", source: "x.iso" });
  await expect(createVolumeDriver(client).create(iso, { owner }, content)).rejects.toMatchObject({
    code: "unsupported",
    message: "this server takes no ISO images as volumes: it lacks the API extension custom_volume_iso",
  });
  expect(there.size).toBe(0);
});

test("description and keys change in place, keys of others and the size stay", async () => {
  const config = {
    size: "4",
    "user.theirs": "1",
    "user.vmhost.owner": owner,
    "user.vmhost.keys": '["user.old"]',
    "user.old": "x",
  };
  there.set("boot", { name: "boot", type: "custom", content_type: "block", description: "first", config });
  const { change } = createVolumeDriver(client);
  await change?.("p1", "boot", spec({ size: 1, description: "second", snapshots: { expiry: "1d" } }), {
    owner,
  });
  expect(there.get("boot")).toMatchObject({ description: "second" });
  expect((there.get("boot") as { config: Plain }).config).toEqual({
    size: "4",
    "user.theirs": "1",
    "snapshots.expiry": "1d",
    "user.vmhost.owner": owner,
    "user.vmhost.keys": '["snapshots.expiry"]',
  });
});

test("half a volume of one's own is taken away when the server is done with it, another's is left alone", async () => {
  const half = (whose: string): Plain => ({
    name: "boot",
    type: "custom",
    content_type: "block",
    description: "",
    config: { size: "4", [MAKING]: "true", "user.vmhost.owner": whose },
  });
  const busy = { id: "7", status_code: 103, err: "", description: "Copying storage volume" };
  let rounds = 0;
  lxd.on("GET /1.0/operations", () => success(rounds === 0 ? { running: [busy] } : {}));
  lxd.on("GET /1.0/operations/7/wait", () => (rounds++, success({ ...busy, status_code: 200 })));
  lxd.on(`POST ${VOLUMES}`, ({ body }) => {
    there.set("boot", { ...half(owner), ...(body as Plain) });
    return success(null);
  });
  const { create, find } = createVolumeDriver(client);
  there.set("boot", half("else"));
  expect(await find("p1", "boot")).toMatchObject({ owner: "else", complete: false });
  await expect(create(spec({ size: 1 }), { owner })).rejects.toMatchObject({ code: "already-exists" });
  expect(lxd.asked.every(({ method }) => method === "GET")).toBe(true);
  there.set("boot", half(owner));
  expect(await create(spec({ size: 1 }), { owner })).toMatchObject({ owner, complete: true });
  const steps = lxd.asked.map(({ method, path }) => `${method} ${path.replace(VOLUMES, "")}`);
  expect(steps.slice(steps.indexOf("GET /1.0/operations/7/wait"))).toEqual([
    "GET /1.0/operations/7/wait",
    "GET /1.0/operations",
    "DELETE /boot",
    "POST ",
    "GET /boot",
    "PUT /boot",
  ]);
});
