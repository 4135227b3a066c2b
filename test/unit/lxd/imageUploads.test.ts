import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { ImagePart } from "../../../provider/driver/contract";
import { LxdClient } from "../../../provider/lxd/api/client";
import { createImageDriver } from "../../../provider/lxd/images";
import { parseLxdAddress } from "../../../provider/schema/address/lxdAddress";
import { background, FakeLxd, failure, operation, success } from "../../support/fakeLxd/server";

const fingerprint = "ab".repeat(32);
const owner = "shop/dev/Vm/web";
let lxd: FakeLxd;
let client: LxdClient;
let there = false;

const part = (name: ImagePart["name"], file: string, text: string): ImagePart => ({
  name,
  file,
  bytes: text.length,
  async *chunks() {
    yield Buffer.from(text);
  },
});

beforeEach(async () => {
  lxd = await new FakeLxd().start();
  client = new LxdClient({ address: parseLxdAddress(lxd.address), connectTimeoutMs: 5000 }, "default");
  there = false;
  lxd.on(`GET /1.0/images/${fingerprint}`, () =>
    there ? success({ fingerprint }) : failure(404, "not found"),
  );
  lxd.on("POST /1.0/images", () => {
    there = true;
    return success(null);
  });
});

afterEach(async () => {
  await client.close();
  await lxd.stop();
});

test("an image is sent once, however many ask for it at a time, with its owner among its properties", async () => {
  const { ensure } = createImageDriver(client);
  const image = { fingerprint, parts: [part("metadata", "täst.tar", "all of it")] };
  await Promise.all([1, 2, 3].map(() => ensure(image, { owner })));
  await ensure(image, { owner: "else" });
  expect(lxd.count("POST /1.0/images")).toBe(1);
  const asked = lxd.asked.find(({ method }) => method === "POST");
  expect(asked).toMatchObject({
    body: "all of it",
    headers: {
      "x-lxd-fingerprint": fingerprint,
      "x-lxd-public": "false",
      "x-lxd-filename": "t%C3%A4st.tar",
      "x-lxd-properties": "user.vmhost.owner=shop%2Fdev%2FVm%2Fweb",
    },
  });
});

test("two parts go as a form, and the second one's name says for whom the image is", async () => {
  for (const [name, called] of [
    ["disk", "rootfs.img"],
    ["rootfs", "rootfs"],
  ] as const) {
    there = false;
    const parts = [part("metadata", "meta", "first"), part(name, "root", "second")];
    await createImageDriver(client).ensure({ fingerprint, parts }, { owner });
    const sent = lxd.asked.filter(({ method }) => method === "POST").at(-1);
    const [, boundary = "none"] = /boundary=(.*)$/.exec(String(sent?.headers["content-type"])) ?? [];
    const sections = String(sent?.body).split(`--${boundary}`);
    expect(sections.map((section) => section.split("\r\n\r\n")[1]?.trim())).toEqual([
      undefined,
      "first",
      "second",
      undefined,
    ]);
    expect(sections[2]).toContain(`name="${called}"; filename="root"`);
  }
});

test("one that another program has sent meanwhile will do; what LXD refuses is told with the file's name", async () => {
  const image = { fingerprint, parts: [part("metadata", "x.tar", "x")] };
  lxd.on("POST /1.0/images", () => background(operation(400, "Metadata tarball is missing")));
  await expect(createImageDriver(client).ensure(image, { owner })).rejects.toMatchObject({
    message: "Metadata tarball is missing",
    operation: "send",
    target: 'image "x.tar"',
  });
  lxd.on("POST /1.0/images", () => {
    there = true;
    return background(operation(400, "Image with same fingerprint already exists"));
  });
  await createImageDriver(client).ensure(image, { owner });
});
