import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { ownHost } from "../support/host";
import { Program } from "../support/pulumi";

/** What a killed run leaves is recognised by the next: all VMs run, nothing is left over, nothing is lost. */
const COUNT = 20;

const SOURCE = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, LibvirtNetwork, StoragePool, StorageVolume, Vm } = require("pulumi-vmhost");
const config = new pulumi.Config();
const host = new VmHost("host", { address: config.require("address"), cpuOvercommitRatio: 10 });
const pool = new StoragePool("pool", { host, name: "crash", path: config.require("poolPath") });
const base = new StorageVolume("base", { host, pool, name: "base.qcow2", size: "16MiB" });
const lan = new LibvirtNetwork("lan", { host, name: "crash", forward: { mode: "nat" }, ips: [{ cidr: "172.16.66.1/24" }] });
for (let i = 0; i < ${COUNT}; i++) {
  new Vm("vm" + i, { host, name: "vm" + i, memory: 32, domainType: "qemu", running: "paused", disks: [{ pool, backing: base }], interfaces: [{ network: lan }] });
}
`;

describe("an up of twenty VMs that is killed in the middle", () => {
  let host: ThrowawayHost;
  let program: Program;

  beforeAll(async () => {
    host = await ownHost({ name: "crash" });
    program = new Program({
      name: "crash",
      source: SOURCE,
      config: { address: host.address, poolPath: `${poolPath}/crash` },
    });
    await program.prepare();
  });

  afterAll(async () => {
    await program.dispose();
    await host.stop();
  });

  /** Some are made, most are not. */
  async function middle(): Promise<void> {
    for (let made = 0; made < 4;) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      made = (await host.virsh(["list", "--name"], { allowFailure: true }))
        .split("\n")
        .filter((name) => name.startsWith("vm")).length;
    }
  }

  async function completes(): Promise<void> {
    await program.cancel();
    const again = await program.up();
    if (again.code !== 0) throw new Error(again.stdout + again.stderr);
    const names = Array.from({ length: COUNT }, (_, index) => `vm${index}`).sort();
    expect((await host.virsh(["list", "--state-paused", "--name"])).trim().split("\n").sort()).toEqual(names);
    expect((await program.preview({ expectNoChanges: true })).code).toBe(0);
    const volumes = (await host.exec(["ls", `${poolPath}/crash`])).stdout.trim().split("\n");
    expect(volumes.filter((name) => name.startsWith("vm"))).toHaveLength(COUNT);
    expect((await program.destroy()).code).toBe(0);
    expect((await host.virsh(["list", "--all", "--name"])).trim()).toBe("");
    expect((await host.exec(["ls", "-A", `${poolPath}/crash`])).stdout.trim()).toBe("");
  }

  test("kill -9 of libvirtd", async () => {
    const running = await program.start("up");
    await middle();
    await host.killDaemon();
    await host.restartDaemon();
    const { stdout, stderr } = await running.done;
    expect(stdout + stderr).not.toMatch(/\n\s+at .*\.js:\d+/);
    await completes();
  });

  test("kill -9 of the provider", async () => {
    const running = await program.start("up");
    await middle();
    for (const pid of await program.processes("provider")) process.kill(pid, "SIGKILL");
    await running.done;
    await completes();
  });

  test("kill -9 of the CLI", async () => {
    const running = await program.start("up");
    await middle();
    running.kill("SIGKILL");
    await running.done;
    await expectGone();
    await completes();
  });

  test("Ctrl-C", async () => {
    const running = await program.start("up");
    await middle();
    running.kill("SIGINT");
    await running.done;
    await completes();
  });

  /** A provider whose engine is gone ends by itself: nobody would record what it makes. */
  async function expectGone(): Promise<void> {
    for (let waited = 0; (await program.processes("provider")).length > 0; waited += 100) {
      if (waited > 5000) throw new Error("the provider outlives its engine");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
});
