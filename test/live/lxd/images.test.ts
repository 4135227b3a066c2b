import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { registerDriver } from "../../../provider/driver/connect";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { vm } from "../../../provider/lifecycle/vm";
import { createLxdDriver } from "../../../provider/lxd";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import {
  exportImage,
  importVmImage,
  lxdImage,
  lxdPool,
  startLxd,
  type ThrowawayLxd,
} from "../../../scripts/lib/lxd";
import { noise } from "../../contract/content";
import { bootDisk, ownHost } from "../../support/host";

registerDriver("lxd", createLxdDriver);
const vms = providerFor(vm);
let lxd: ThrowawayLxd;
let folder: string;
const file = (name: string): string => join(folder, name);

/** The images that the throwaway host comes with, as files of this machine, and none on the server. */
beforeAll(async () => {
  lxd = await startLxd(await ownHost());
  await importVmImage(lxd, await bootDisk(), "guest");
  folder = join(lxd.host.dir, "files");
  await mkdir(folder);
  await exportImage(lxd, folder);
  await lxd.lxc(["image", "export", "guest", file("guest")]);
  await lxd.lxc(["image", "delete", lxdImage, "guest"]);
});

afterAll(async () => {
  await lxd?.host.stop();
});

interface Seen {
  readonly fingerprint: string;
  readonly type: string;
  readonly public: boolean;
  readonly filename: string;
  readonly properties: Record<string, string>;
}

const images = async (): Promise<readonly Seen[]> =>
  (await lxd.query<Seen[]>("/1.0/images?recursion=1")) ?? [];
const sum = async (...names: string[]): Promise<string> => {
  const hash = createHash("sha256");
  for (const name of names) hash.update(await readFile(file(name)));
  return hash.digest("hex");
};
const args = (name: string, disk: Plain, more: Plain = {}): Plain => ({
  host: { address: lxd.address, retries: 0, cpuOvercommitRatio: 10 },
  owner: `live/lxd/Vm/${name}`,
  name,
  memory: 64,
  running: false,
  instanceType: "container",
  disks: [{ pool: lxdPool, ...disk }],
  ...more,
});
interface Made {
  readonly id: string;
  readonly inputs: Plain;
  readonly outs: Plain;
}
const make = async (name: string, disk: Plain, more?: Plain): Promise<Made> => {
  const { inputs, failures } = await vms.check({}, args(name, disk, more));
  expect(failures).toEqual([]);
  return { inputs, ...(await vms.create(inputs)) };
};
const gone = async (...made: Made[]): Promise<void> => {
  for (const { id, outs } of made) await vms.delete(id, outs);
};

test("an image in one file: two containers at once bring it to the server once, and it stays when they leave", async () => {
  const image = file(`${lxdImage}.tar.gz`);
  const made = await Promise.all(["one", "two"].map((name) => make(name, { image })));
  const fingerprint = await sum(`${lxdImage}.tar.gz`);
  const seen = await images();
  expect(seen).toMatchObject([
    { fingerprint, type: "container", public: false, filename: `${lxdImage}.tar.gz` },
  ]);
  expect(seen[0]?.properties).toEqual({
    description: "vmhost test container",
    "user.vmhost.owner": expect.stringMatching(/^live\/lxd\/Vm\/(one|two)$/),
  });
  expect(made[0]?.outs["disks"]).toMatchObject([{ image, fingerprint }]);
  expect((await lxd.lxc(["config", "get", "two", "volatile.base_image"])).stdout.trim()).toBe(fingerprint);
  await lxd.lxc(["start", "one"]);
  expect(await lxd.inside("one", "hostname")).toBe("one");
  await gone(...made);
  expect((await images()).map((each) => each.fingerprint)).toEqual([fingerprint]);
  // What is there already is used again, whoever has brought it.
  await gone(await make("three", { image }));
  expect(await images()).toEqual([expect.objectContaining({ properties: seen[0]?.properties })]);
});

test("an image in two files, of a container and of a virtual machine", async () => {
  const before = await images();
  const parts = await make("parts", { image: file("meta.tar.gz"), rootfs: file("root.tar.gz") });
  const guest = await make(
    "guest",
    { image: file("guest"), rootfs: file("guest.root"), size: "64MiB" },
    { instanceType: "virtual-machine" },
  );
  const added = (await images()).filter(
    ({ fingerprint }) => !before.some((b) => b.fingerprint === fingerprint),
  );
  expect(added.map(({ fingerprint, type }) => [type, fingerprint]).sort()).toEqual([
    ["container", await sum("meta.tar.gz", "root.tar.gz")],
    ["virtual-machine", await sum("guest", "guest.root")],
  ]);
  const disk = await open(join(lxd.dir, "storage-pools", lxdPool, "virtual-machines", "guest", "root.img"));
  const { buffer } = await disk.read(Buffer.alloc(520), 0, 520, 0);
  await disk.close();
  expect(buffer.subarray(512).toString("latin1")).toBe("EFI PART");
  expect((await lxd.lxc(["file", "pull", "parts/etc/dhcp", "-"])).stdout).toContain("ip address replace");
  await gone(parts, guest);
});

test("another content replaces the VM, and only if that is allowed; another name of the file does not", async () => {
  const image = file("changing.tar.gz");
  await writeFile(image, await readFile(file(`${lxdImage}.tar.gz`)));
  const { id, inputs, outs } = await make("changing", { image });
  const next = (input: Plain, more?: Plain) => vms.check(inputs, args("changing", input, more));
  const moved = file("moved.tar.gz");
  await rename(image, moved);
  // What the engine is told of nested properties stands in the reason.
  const reasons = async (...of: Parameters<typeof next>): Promise<string[]> =>
    (await next(...of)).failures.map(({ property, reason }) => `${property}${reason}`);
  expect(await reasons({ image })).toEqual([
    expect.stringMatching(
      /^disks\[0\]\.image: is not there on the machine that runs Pulumi; looked for \S+changing\.tar\.gz/,
    ),
  ]);
  const same = await next({ image: moved });
  expect(same.failures).toEqual([]);
  expect(await vms.diff(id, outs, same.inputs)).toMatchObject({ changes: true, replaces: [] });
  await writeFile(moved, Buffer.concat([await readFile(moved), Buffer.alloc(512)]));
  const [was, is] = [await sum(`${lxdImage}.tar.gz`), await sum("moved.tar.gz")];
  expect(await reasons({ image: moved })).toEqual([
    expect.stringContaining(
      `disks[0].image: is another image now (${was.slice(0, 12)} before, ${is.slice(0, 12)} now)`,
    ),
  ]);
  const other = await next({ image: moved }, { allowDataLoss: true });
  expect(other.failures).toEqual([]);
  expect(await vms.diff(id, outs, other.inputs)).toMatchObject({ replaces: ["disks"] });
  await vms.delete(id, outs);
});

test("what is no image is refused in LXD's words, and what breaks off leaves nothing", async () => {
  const [before, files] = [await images(), await readdir(join(lxd.dir, "images"))];
  await writeFile(file("noise"), noise("image", 2 ** 20));
  const { inputs } = await vms.check({}, args("noise", { image: file("noise") }));
  await expect(vms.create(inputs)).rejects.toThrow(/cannot send image "noise".*: .+/s);
  const killed = createLxdDriver(objectOf(hostFields).parse({ address: lxd.address }));
  const chunks = async function* (): AsyncGenerator<Buffer> {
    yield noise("a", 2 ** 20);
    await killed.close();
    yield noise("b", 2 ** 20);
  };
  const part = { name: "metadata", file: "cut", bytes: 2 ** 21, chunks } as const;
  const cut = killed.images?.ensure({ fingerprint: "0".repeat(64), parts: [part] }, { owner: "x" });
  await expect(cut).rejects.toMatchObject({ code: "connection-lost" });
  expect(await images()).toEqual(before);
  expect(await readdir(join(lxd.dir, "images"))).toEqual(files);
  expect(await lxd.query("/1.0/instances")).toEqual([]);
  await rm(file("noise"));
});
