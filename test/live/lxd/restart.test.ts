import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { existsSync } from "node:fs";
import { chmod, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostDriver, Named, NamedVmSpec, Ownership } from "../../../provider/driver/contract";
import { isDriverError } from "../../../provider/driver/errors";
import { check } from "../../../provider/lifecycle/engine/check";
import type { Handler } from "../../../provider/lifecycle/kind/handler";
import { storageVolume } from "../../../provider/lifecycle/storageVolume";
import { vm } from "../../../provider/lifecycle/vm";
import { createLxdDriver } from "../../../provider/lxd";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import type { StorageVolumeSpec } from "../../../provider/schema/storageVolume";
import { importVmImage, lxdPool, startLxd, type ThrowawayLxd } from "../../../scripts/lib/lxd";
import { poll } from "../../../scripts/lib/processes";
import { contentOf, noise } from "../../contract/content";
import { bootDisk, ownHost } from "../../support/host";

const OWNER = "live/lxd/Vm/cut";
const SLOW = ["qemu-img", "gzip", "dd", "rsync"] as const;

let lxd: ThrowawayLxd;
let driver: HostDriver;
const at = (name: string): string => join(lxd.host.dir, name);

beforeAll(async () => {
  lxd = await startLxd(await ownHost());
  await importVmImage(lxd, await bootDisk(), "guest");
  driver = createLxdDriver(objectOf(hostFields).parse({ address: lxd.address }));
  // What LXD unpacks images and volumes with, held up for as long as the test wants, once there is something to unpack into.
  const shim = `#!/bin/sh
begun() { [ "\${0##*/}" = qemu-img ] || [ -n "$(ls ${join(lxd.dir, "storage-pools", lxdPool, "custom")})" ]; }
if [ -e ${at("hold")} ] && begun; then : >${at("held")}; while [ -e ${at("hold")} ]; do sleep 0.05; done; fi
exec /usr/bin/\${0##*/} "$@"\n`;
  for (const name of SLOW) {
    await writeFile(at(`lxd-shims/${name}`), shim);
    await chmod(at(`lxd-shims/${name}`), 0o755);
  }
});

beforeEach(async () => {
  await rm(at("held"), { force: true });
  await writeFile(at("hold"), "");
});

afterAll(async () => {
  await driver?.close();
  await lxd?.host.stop();
});

function spec(): NamedVmSpec {
  const disks = [{ pool: lxdPool, image: "guest", size: "64MiB" }];
  const news = { host: { address: lxd.address }, owner: OWNER, name: "cut", memory: 64, disks };
  const { inputs, failures } = check(vm as unknown as Handler<never>, {}, news);
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  return inputs as unknown as NamedVmSpec;
}

/** Ends the daemon, then what it has started (the other way around it would say what became of that), and starts it again. */
async function restart(): Promise<void> {
  for (const names of ["lxd", SLOW.join("|")]) {
    const ids = (await lxd.host.exec(["pgrep", "-x", names])).stdout.trim().split("\n");
    await lxd.host.exec(["kill", "-KILL", ...ids], { allowFailure: true });
  }
  await rm(at("hold"));
  await writeFile(at("control"), "lxd\n");
  await poll(
    async () => ((await lxd.lxc(["query", "/1.0"], { allowFailure: true })).code === 0 ? true : undefined),
    30_000,
  );
}

async function held(): Promise<void> {
  expect(await poll(() => (existsSync(at("held")) ? true : undefined), 30_000)).toBe(true);
}

/** The disk's first bytes: a partition table, or nothing at all. */
async function begins(): Promise<string> {
  const file = await open(join(lxd.dir, "storage-pools", lxdPool, "virtual-machines", "cut", "root.img"));
  const { buffer } = await file.read(Buffer.alloc(520), 0, 520, 0);
  await file.close();
  return buffer.subarray(512).toString("latin1");
}

test("a server that is ended while it makes a VM: the failure may be tried again, and the next attempt makes it whole", async () => {
  const cut = driver.vms.create(spec(), { owner: OWNER }).then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  await held();
  await restart();
  const error = await cut;
  expect(isDriverError(error) ? [error.code, error.transient] : error).toEqual(["connection-lost", true]);
  // It is there, and looks whole.
  const half = await driver.vms.find("cut");
  expect(half?.owner).toBe(OWNER);
  const made = await driver.vms.create(spec(), { owner: OWNER });
  expect(await begins()).toBe("EFI PART");
  expect(await lxd.query("/1.0/instances")).toEqual(["/1.0/instances/cut"]);
  // Once whole, it stays the one that it is.
  expect((await driver.vms.create(spec(), { owner: OWNER })).id).toBe(made.id);
});

const MiB = 2 ** 20;
const bytes = noise("volume", 3 * MiB);

function volume(name: string, input: Record<string, unknown>): [Named<StorageVolumeSpec>, Ownership] {
  const owner = `live/lxd/StorageVolume/${name}`;
  const news = { host: { address: lxd.address }, owner, name, pool: lxdPool, ...input };
  const { inputs, failures } = check(storageVolume as unknown as Handler<never>, {}, news);
  expect(failures).toEqual([]);
  return [inputs as unknown as Named<StorageVolumeSpec>, { owner }];
}

async function volumes(): Promise<readonly string[]> {
  const { stdout } = await lxd.lxc([
    "storage",
    "volume",
    "list",
    lxdPool,
    "--format",
    "csv",
    "--columns",
    "tn",
  ]);
  return stdout
    .split("\n")
    .flatMap((line) => (line.startsWith("custom,") ? line.slice("custom,".length) : []));
}

async function holds(name: string): Promise<boolean> {
  const path = join(lxd.dir, "storage-pools", lxdPool, "custom", `default_${name}`, "root.img");
  return (await readFile(path)).subarray(0, bytes.length).equals(bytes);
}

const FAILED = (reason: unknown): unknown => reason;

test("a server that is ended while it unpacks a volume, or copies one, leaves half of it that the next attempt makes whole", async () => {
  const [sent, owned] = volume("sent", { source: "x.raw" });
  const lost = driver.volumes.create(sent, owned, contentOf([bytes])).catch(FAILED);
  await held();
  await restart();
  expect(await lost).toMatchObject({ code: "connection-lost", transient: true });
  // LXD lists it as if nothing was missing.
  expect(await volumes()).toEqual(["sent"]);
  expect(await driver.volumes.find(lxdPool, "sent")).toMatchObject({ owner: owned.owner, complete: false });
  const [copy, copier] = volume("copy", { copyOf: `${lxdPool}/sent` });
  await expect(driver.volumes.create(copy, copier)).rejects.toMatchObject({
    code: "invalid-state",
    message: `its source, the volume "${lxdPool}/sent", is not whole yet`,
  });
  const made = await driver.volumes.create(sent, owned, contentOf([bytes]));
  expect(made).toMatchObject({ complete: true, capacityBytes: bytes.length });
  expect(await holds("sent")).toBe(true);
  expect(await driver.volumes.create(sent, owned, contentOf([bytes]))).toEqual(made);

  await rm(at("held"), { force: true });
  await writeFile(at("hold"), "");
  const half = driver.volumes.create(copy, copier).catch(FAILED);
  await held();
  await restart();
  expect(await half).toMatchObject({ code: "connection-lost" });
  expect(await driver.volumes.find(lxdPool, "copy")).toMatchObject({ complete: false });
  expect((await driver.volumes.create(copy, copier)).complete).toBe(true);
  expect(await holds("copy")).toBe(true);
  expect(await volumes()).toEqual(["copy", "sent"]);
  const config = ["storage", "volume", "show", lxdPool, "copy"];
  expect((await lxd.lxc(config)).stdout).not.toContain("user.vmhost.making");
});

test("a run that is ended while the server copies: the next one waits for the server, and makes the copy whole", async () => {
  const [copy, owned] = volume("again", { copyOf: `${lxdPool}/sent` });
  const killed = createLxdDriver(objectOf(hostFields).parse({ address: lxd.address }));
  const lost = killed.volumes.create(copy, owned).catch(FAILED);
  await held();
  await killed.close();
  await lost;
  let done = false;
  const next = driver.volumes.create(copy, owned).finally(() => (done = true));
  // The server goes on with the first one, so nothing is taken from under it.
  const waits = await poll(async () => {
    const all = await lxd.query<Record<string, { description: string }[]>>("/1.0/operations?recursion=1");
    const rounds = (all?.["running"] ?? []).filter(({ description }) => /volume/i.test(description));
    return rounds.length === 1 ? true : undefined;
  }, 10_000);
  expect([waits, done]).toEqual([true, false]);
  expect(await volumes()).toContain("again");
  await rm(at("hold"));
  expect(await next).toMatchObject({ complete: true, owner: owned.owner });
  expect(await holds("again")).toBe(true);
  for (const name of ["again", "copy", "sent"]) await driver.volumes.remove(lxdPool, name);
  expect(await volumes()).toEqual([]);
});
