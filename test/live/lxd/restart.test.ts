import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { existsSync } from "node:fs";
import { chmod, open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostDriver, NamedVmSpec } from "../../../provider/driver/contract";
import { isDriverError } from "../../../provider/driver/errors";
import { check } from "../../../provider/lifecycle/check";
import type { Handler } from "../../../provider/lifecycle/handler";
import { vm } from "../../../provider/lifecycle/vm";
import { createLxdDriver } from "../../../provider/lxd";
import { hostFields } from "../../../provider/schema/connection";
import { objectOf } from "../../../provider/schema/gate";
import { importVmImage, lxdPool, startLxd, type ThrowawayLxd } from "../../../scripts/lib/lxd";
import { poll } from "../../../scripts/lib/processes";
import { bootDisk, ownHost } from "../../support/host";

const OWNER = "live/lxd/Vm/cut";

let lxd: ThrowawayLxd;
let driver: HostDriver;
const at = (name: string): string => join(lxd.host.dir, name);

beforeAll(async () => {
  lxd = await startLxd(await ownHost());
  await importVmImage(lxd, await bootDisk(), "guest");
  driver = createLxdDriver(objectOf(hostFields).parse({ address: lxd.address }));
  // What LXD unpacks images with, held up for as long as the test wants.
  const shim = `#!/bin/sh\n: >${at("held")}\nwhile [ -e ${at("hold")} ]; do sleep 0.05; done\nexec /usr/bin/qemu-img "$@"\n`;
  await writeFile(at("lxd-shims/qemu-img"), shim);
  await chmod(at("lxd-shims/qemu-img"), 0o755);
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

/** Ends everything of the daemon's at once, and starts it again. */
async function restart(): Promise<void> {
  const ids = (await lxd.host.exec(["pgrep", "-x", "lxd|qemu-img"])).stdout.trim().split("\n");
  await lxd.host.exec(["kill", "-KILL", ...ids], { allowFailure: true });
  await rm(at("hold"));
  await writeFile(at("control"), "lxd\n");
  await poll(
    async () => ((await lxd.lxc(["query", "/1.0"], { allowFailure: true })).code === 0 ? true : undefined),
    30_000,
  );
}

/** The disk's first bytes: a partition table, or nothing at all. */
async function begins(): Promise<string> {
  const file = await open(join(lxd.dir, "storage-pools", lxdPool, "virtual-machines", "cut", "root.img"));
  const { buffer } = await file.read(Buffer.alloc(520), 0, 520, 0);
  await file.close();
  return buffer.subarray(512).toString("latin1");
}

test("a server that is ended while it makes a VM: the failure may be tried again, and the next attempt makes it whole", async () => {
  await writeFile(at("hold"), "");
  const cut = driver.vms.create(spec(), { owner: OWNER }).then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  await poll(() => (existsSync(at("held")) ? true : undefined), 30_000);
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
