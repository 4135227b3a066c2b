import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { HostDriver, ObservedVolume } from "../../../provider/driver/contract";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { markerName } from "../../../provider/libvirt/volumes/marks";
import type { LibvirtSecretSpec } from "../../../provider/schema/libvirtSecret";
import { poolPath, type ThrowawayHost } from "../../../scripts/lib/throwaway-host";
import { brokenContent, contentOf, noise } from "../../contract/content";
import { failure, objectsBench, type ObjectsBench } from "./objects-bench";

const MiB = 2 ** 20;
let bench: ObjectsBench;
let host: ThrowawayHost;
let driver: HostDriver;

beforeAll(async () => {
  bench = await objectsBench();
  ({ host, driver } = bench);
  const spec = bench.pool("p");
  await driver.pools.create(spec, { owner: spec.owner });
});
afterAll(() => bench?.end());

const create = (name: string, input: Plain, data?: Buffer): Promise<ObservedVolume> => {
  const spec = bench.volume("p", name, data === undefined ? input : { ...input, source: "image.raw" });
  return driver.volumes.create(spec, { owner: spec.owner }, data && contentOf([data]));
};
const image = async (...args: string[]): Promise<Plain> =>
  JSON.parse((await host.exec(["qemu-img", "info", "-U", "--output=json", ...args])).stdout) as Plain;

/** A paused guest with those disks. */
async function guest(disks: string): Promise<void> {
  await bench.byHand(
    "define",
    `<domain type='qemu'><name>guest</name><memory unit='MiB'>24</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>` +
      `<devices>${disks}</devices></domain>`,
  );
  await host.virsh(["start", "guest", "--paused"]);
}
const noGuest = async (): Promise<void> => {
  await host.virsh(["destroy", "guest"]);
  await host.virsh(["undefine", "guest"]);
};
const capacitySeen = async (target: string): Promise<number> =>
  Number(/Capacity:\s+(\d+)/.exec(await host.virsh(["domblkinfo", "guest", target]))?.[1]);

describe("a volume that a running guest has", () => {
  test("grows under it, which sees the new size, whatever way its disk names the volume", async () => {
    const qcow2 = await create("q", { size: "4MiB" });
    await create("r", { size: "4MiB", format: "raw" });
    await guest(
      `<disk type='file'><driver name='qemu' type='qcow2'/><source file='${qcow2.path}'/><target dev='vda' bus='virtio'/></disk>` +
        `<disk type='volume'><driver name='qemu' type='raw'/><source pool='p' volume='r'/><target dev='vdb' bus='virtio'/></disk>`,
    );
    for (const [name, target] of [
      ["q", "vda"],
      ["r", "vdb"],
    ] as const) {
      expect(await driver.volumes.resize("p", name, 9 * MiB)).toMatchObject({ capacityBytes: 9 * MiB });
      expect(await capacitySeen(target)).toBe(9 * MiB);
      expect((await failure(driver.volumes.resize("p", name, MiB))).message).toMatch(
        /cannot shrink to 1 MiB/,
      );
    }
    await noGuest();
    expect(await driver.volumes.resize("p", "q", 10 * MiB)).toMatchObject({ capacityBytes: 10 * MiB });
    expect(await image(qcow2.path)).toMatchObject({ "virtual-size": 10 * MiB });
    for (const each of ["q", "r"]) await driver.volumes.remove("p", each);
  });
});

test("a volume is overwritten as its algorithm says, or stays where the host cannot do that", async () => {
  const data = noise("wiped", MiB);
  const made = await create("w", { format: "raw" }, data);
  await host.exec(["ln", made.path, `${poolPath}/second-name`]);
  const left = async (): Promise<Buffer> => readFile(join(host.dir, "lib", "images", "second-name"));
  // The host's `scrub` is not installed.
  expect(await failure(driver.volumes.remove("p", "w", { wipe: "dod" }))).toMatchObject({
    operation: "remove",
    remedy: expect.stringContaining("`scrub`"),
  });
  expect((await left()).equals(data)).toBe(true);
  expect(await driver.volumes.find("p", "w")).toMatchObject({ complete: true });
  await driver.volumes.remove("p", "w", { wipe: "zero" });
  expect((await left()).equals(Buffer.alloc(MiB))).toBe(true);
  await host.exec(["rm", `${poolPath}/second-name`]);
});

describe("an encrypted volume", () => {
  const secretValue = "correct horse";
  let secret: string;

  beforeAll(async () => {
    const owner = "live/test/LibvirtSecret/luks";
    const spec = {
      owner,
      private: true,
      ephemeral: false,
      encoding: "utf8",
      secretValue,
    } as LibvirtSecretSpec;
    const made = await driver.secrets?.create(spec, { owner });
    secret = made?.id ?? "";
  });

  /** Whether that passphrase opens the image; with data, it begins with them. */
  async function opens(
    { path }: ObservedVolume,
    format: string,
    passphrase: string,
    data?: Buffer,
  ): Promise<boolean> {
    const key = format === "raw" ? "driver=luks,key-secret=s" : "driver=qcow2,encrypt.key-secret=s";
    const object = `secret,id=s,data=${passphrase}`;
    const target = `${poolPath}/opened`;
    const argv = ["qemu-img", "convert", "--object", object, "--image-opts", `${key},file.filename=${path}`];
    const { code } = await host.exec([...argv, "-O", "raw", target], { allowFailure: true });
    if (data !== undefined) {
      const file = join(host.dir, "lib", "expected");
      await writeFile(file, data);
      const same = ["cmp", `--bytes=${data.length}`, target, "/var/lib/libvirt/expected"];
      expect(await host.exec(same, { allowFailure: true })).toMatchObject({ code: 0 });
      await rm(file);
    }
    await host.exec(["rm", "-f", target]);
    return code === 0;
  }

  // Whoever opens one pays for it in CPU: each does so as seldom as the proof allows.
  test("as a whole is opened by the secret's value", async () => {
    const made = await create("e", { size: "4MiB", format: "raw", encryption: { secret } });
    expect(made).toMatchObject({ capacityBytes: 4 * MiB, complete: true, spec: { format: "raw" } });
    expect(await image(made.path)).toMatchObject({ encrypted: true, "virtual-size": 4 * MiB });
    expect(await opens(made, "raw", secretValue)).toBe(true);
    await driver.volumes.remove("p", "e");
  });

  test("may be an overlay, is opened by nothing else, and grows while a guest has it", async () => {
    await create("base", { format: "raw" }, noise("base", 2 * MiB));
    const made = await create("over", { backing: "p/base", encryption: { secret } });
    expect(await image(made.path)).toMatchObject({ encrypted: true, "backing-filename-format": "raw" });
    expect(await opens(made, "qcow2", "wrong")).toBe(false);
    await host.virsh(["pool-refresh", "p"]);
    expect(await failure(driver.volumes.resize("p", "over", 5 * MiB))).toMatchObject({
      code: "invalid-state",
      remedy: expect.stringContaining("while a VM that has it runs"),
    });
    await guest(
      `<disk type='file'><driver name='qemu' type='qcow2'/><source file='${made.path}'>` +
        `<encryption format='luks'><secret type='passphrase' uuid='${secret}'/></encryption></source><target dev='vda' bus='virtio'/></disk>`,
    );
    expect(await driver.volumes.resize("p", "over", 5 * MiB)).toMatchObject({ capacityBytes: 5 * MiB });
    expect(await capacitySeen("vda")).toBe(5 * MiB);
    await noGuest();
    for (const each of ["over", "base"]) await driver.volumes.remove("p", each);
  });

  test("has the content of a file, or of another volume, and nothing plain stays beside it", async () => {
    const data = noise("plain", 2 * MiB);
    const raw = { format: "raw", encryption: { secret } };
    // What a killed run has left is no volume, and goes when the next one makes it.
    const { owner } = bench.volume("p", "sent", { size: "1MiB" });
    const left = ["sent", ...(["half", "stage"] as const).map((says) => markerName("sent", owner, says))];
    await host.exec(["truncate", "--size=1M", ...left.map((file) => `${poolPath}/p/${file}`)]);
    await host.virsh(["pool-refresh", "p"]);
    expect(await driver.volumes.find("p", "sent")).toMatchObject({ complete: false });
    expect((await driver.volumes.list("p")).map(({ name }) => name)).toEqual(["sent"]);
    const sent = await create("sent", { ...raw, size: "5MiB" }, data);
    expect(sent).toMatchObject({ capacityBytes: 5 * MiB, complete: true });
    expect(await image(sent.path)).toMatchObject({ encrypted: true, "virtual-size": 5 * MiB });
    expect(await opens(sent, "raw", secretValue, data)).toBe(true);
    await create("origin", { format: "raw" }, data);
    const copy = await create("copy", { format: "qcow2", copyOf: "p/origin", encryption: { secret } });
    expect(await image(copy.path)).toMatchObject({ encrypted: true, "virtual-size": 2 * MiB });
    expect(await opens(copy, "qcow2", secretValue, data)).toBe(true);
    const whole = ["copy", "origin", "sent"];
    expect((await driver.volumes.list("p")).map(({ name }) => name).sort()).toEqual(whole);
    const files = (await host.exec(["ls", "-A", `${poolPath}/p`])).stdout.trim().split("\n");
    // Each has the mark that tells whose it is.
    expect(files.filter((file) => !/^\.\w+\.[0-9a-f]{12}\.vmhost$/.test(file)).sort()).toEqual(whole);
    for (const each of whole) await driver.volumes.remove("p", each);
  });

  test("whose content breaks off on its way, or cannot be put in, leaves nothing", async () => {
    const none = "00000000-0000-4000-8000-000000000000";
    const spec = bench.volume("p", "e", { source: "image.raw", encryption: { secret } });
    const half = brokenContent(noise("half", MiB), 3 * MiB);
    await expect(driver.volumes.create(spec, { owner: spec.owner }, half)).rejects.toThrow("broke");
    const error = await failure(create("e", { encryption: { secret: none } }, noise("whole", MiB)));
    expect(error.message).toMatch(/no secret with matching uuid/);
    expect((await host.exec(["ls", "-A", `${poolPath}/p`])).stdout.trim()).toBe("");
  });

  test("with a secret that the host has not is not made, and nothing of it stays", async () => {
    const none = "00000000-0000-4000-8000-000000000000";
    const error = await failure(create("e", { size: "4MiB", encryption: { secret: none } }));
    expect(error.message).toMatch(/no secret with matching uuid/);
    expect((await driver.volumes.list("p")).map(({ name }) => name)).toEqual([]);
    expect((await host.exec(["ls", "-A", `${poolPath}/p`])).stdout.trim()).toBe("");
  });
});

describe("a copy where the file system can share blocks", () => {
  const path = `${poolPath}/btrfs`;

  test("shares them until one is written", async () => {
    await host.exec(["truncate", "-s", "160M", `${path}.img`]);
    await host.exec(["mkfs.btrfs", "-q", `${path}.img`]);
    await host.exec(["mkdir", path]);
    await host.exec(["mount", "-o", "loop", `${path}.img`, path]);
    try {
      const pool = bench.pool("b", { path });
      const { id } = await driver.pools.create(pool, { owner: pool.owner });
      const data = noise("shared", 8 * MiB);
      const origin = bench.volume("b", "origin", { source: "image.raw" });
      await driver.volumes.create(origin, { owner: origin.owner }, contentOf([data]));
      await host.exec(["sync", "-f", path]);
      const copy = bench.volume("b", "copy", { copyOf: "b/origin", format: "raw", size: "9MiB" });
      expect(await driver.volumes.create(copy, { owner: copy.owner })).toMatchObject({
        capacityBytes: 9 * MiB,
      });
      await host.exec(["sync", "-f", path]);
      const extents = (await host.exec(["filefrag", "-v", `${path}/copy`])).stdout;
      expect(extents).toMatch(/shared/);
      expect((await host.exec(["cmp", "-n", String(8 * MiB), `${path}/origin`, `${path}/copy`])).code).toBe(
        0,
      );
      for (const each of ["copy", "origin"]) await driver.volumes.remove("b", each);
      await driver.pools.remove(id, { contents: false });
    } finally {
      await host.exec(["umount", path]);
      await host.exec(["rm", "-r", path, `${path}.img`]);
    }
  });
});
