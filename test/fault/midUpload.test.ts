import { open, writeFile } from "node:fs/promises";
import { randomFillSync } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { poll } from "../../scripts/lib/processes";
import { poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { ownHost } from "../support/host";
import { Program } from "../support/pulumi";
import { WireProxy } from "../support/wireProxy";

const SOURCE = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, StoragePool, StorageVolume } = require("pulumi-vmhost");
const host = { address: new pulumi.Config().require("address"), connectTimeout: 6, retries: 0 };
const pool = new StoragePool("pool", { host, name: "upload", path: "${poolPath}/upload" });
new StorageVolume("big", { host, pool, name: "big.img", source: "big.img", format: "raw" });
`;

const MiB = 2 ** 20;
const SIZE = 768;

const CUT = `
const pulumi = require("@pulumi/pulumi");
const { StoragePool, StorageVolume } = require("pulumi-vmhost");
const config = new pulumi.Config();
const host = { address: config.require("address"), retries: config.getNumber("retries") ?? 0 };
const pool = new StoragePool("pool", { host, name: "cut", path: "${poolPath}/cut" });
new StorageVolume("cut", { host, pool, name: "cut.img", source: "cut.img" });
`;

describe("an upload that ends in the middle", () => {
  let host: ThrowawayHost;
  let program: Program;
  let proxy: WireProxy | undefined;

  beforeAll(async () => {
    host = await ownHost({ name: "upload" });
    program = new Program({ name: "upload", source: SOURCE, config: { address: host.address } });
    await program.prepare();
    const file = await open(join(program.dir, "big.img"), "w");
    const block = Buffer.alloc(MiB);
    for (let index = 0; index < SIZE; index++) await file.write(randomFillSync(block));
    await file.close();
  });

  afterAll(async () => {
    await proxy?.close();
    await program.dispose();
    await host.stop();
  });

  const stored = async (): Promise<number> => {
    const { stdout } = await host.exec(["du", "-sm", `${poolPath}/upload`], { allowFailure: true });
    return Number.parseInt(stdout, 10) || 0;
  };

  test("with its wire cut is told of while it goes, known to be half, and started over, by the same up where it may try again", async () => {
    const path = join(host.dir, "run", "cut.sock");
    const address = `qemu+unix:///system?socket=${path}`;
    const cut = new Program({ name: "cut", source: CUT, config: { address } });
    await cut.prepare();
    await writeFile(join(cut.dir, "cut.img"), randomFillSync(Buffer.alloc(32 * MiB)));
    proxy = await WireProxy.listen(path, host.socket, { holdAfter: 8 * MiB });
    const running = await cut.start("up");
    const told = /Stack cut-dev creating .* sending cut\.img [1-9]\d? % of 32 MiB, /;
    expect(await poll(() => told.test(running.output()) || undefined, 60_000, 100)).toBe(true);
    await proxy.close();
    const { code, stdout } = await running.done;
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/cannot create volume "cut\.img" in pool "cut"/);
    // What was said in passing is no message in the end.
    expect(stdout.slice(stdout.indexOf("Diagnostics:"))).not.toContain("sending");
    const files = await host.exec(["ls", "-A", `${poolPath}/cut`]);
    expect(files.stdout).toMatch(/\.part\.vmhost/);
    // Cut once more, but with tries left: the same up begins the transfer anew, and ends it.
    await cut.setConfig("retries", 5);
    const worn = (proxy = await WireProxy.listen(path, host.socket, { holdAfter: 8 * MiB }));
    const again = await cut.start("up");
    expect(await poll(() => worn.passed >= 8 * MiB || undefined, 60_000, 20)).toBe(true);
    await worn.close();
    proxy = await WireProxy.listen(path, host.socket);
    const outcome = await again.done;
    if (outcome.code !== 0) throw new Error(outcome.stdout);
    const same = await host.exec(["cmp", join(cut.dir, "cut.img"), `${poolPath}/cut/cut.img`], {
      allowFailure: true,
    });
    expect(same.code).toBe(0);
    expect((await cut.destroy()).code).toBe(0);
    await cut.dispose();
  });

  test("with kill -9 of the provider is made whole by the next up", async () => {
    const running = await program.start("up");
    expect(await poll(async () => (await stored()) > 8 || undefined, 60_000, 5)).toBe(true);
    for (const pid of await program.processes("provider")) process.kill(pid, "SIGKILL");
    expect((await running.done).code).not.toBe(0);
    const again = await program.up();
    if (again.code !== 0) throw new Error(again.stdout + again.stderr);
    await host.exec(["cmp", join(program.dir, "big.img"), `${poolPath}/upload/big.img`]);
    expect((await program.preview({ expectNoChanges: true })).code).toBe(0);
  });

  test("with Ctrl-C is ended by the engine, and nothing of it is in the way of the next up", async () => {
    if ((await program.destroy()).code !== 0) throw new Error("cannot begin anew");
    const running = await program.start("up");
    expect(await poll(async () => (await stored()) > 8 || undefined, 60_000, 5)).toBe(true);
    running.kill("SIGINT");
    await running.done;
    expect((await program.exportState()).deployment.pending_operations ?? []).toEqual([]);
    const again = await program.up();
    if (again.code !== 0) throw new Error(again.stdout + again.stderr);
    await host.exec(["cmp", join(program.dir, "big.img"), `${poolPath}/upload/big.img`]);
    expect((await program.preview({ expectNoChanges: true })).code).toBe(0);
  });

  test("and a daemon that is stopped dead is given up within its deadline, in one sentence", async () => {
    const pid = host.daemonPid();
    if (pid === undefined) throw new Error("the host has no daemon");
    process.kill(pid, "SIGSTOP");
    try {
      const { code, stdout } = await program.refresh();
      expect(code).not.toBe(0);
      expect(stdout).toMatch(/did not (answer|accept)[^\n]* within 6 s/);
      expect(stdout).not.toMatch(/\n\s+at .*\.js:\d+/);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    expect((await program.refresh({ expectNoChanges: true })).code).toBe(0);
    expect((await program.destroy()).code).toBe(0);
    expect((await host.exec(["ls", "-A", `${poolPath}/upload`])).stdout.trim()).toBe("");
  });
});
