import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { ownHost } from "../support/host";
import { Program } from "../support/pulumi";

const SOURCE = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, LibvirtNetwork, StoragePool, Vm } = require("pulumi-vmhost");
const config = new pulumi.Config();
const host = new VmHost("host", { address: config.require("address") });
const pool = new StoragePool("pool", { host, name: "drift", path: config.require("poolPath") });
const lan = new LibvirtNetwork("lan", { host, name: "drift", forward: { mode: "nat" }, ips: [{ cidr: "172.16.55.1/24" }] });
new Vm("kept", { host, name: "kept", memory: 64, domainType: "qemu", running: true, disks: [{ pool, size: "8MiB" }], interfaces: [{ network: lan }] });
new Vm("free", { host, name: "free", memory: 64, domainType: "qemu", disks: [{ pool, size: "8MiB" }] });
`;

/** What happens behind the program's back is seen by refresh, and put right by the next up; nothing gets stuck. */
describe("changes behind the program's back", () => {
  let host: ThrowawayHost;
  let program: Program;

  beforeAll(async () => {
    host = await ownHost({ name: "drift" });
    program = new Program({
      name: "drift",
      source: SOURCE,
      config: { address: host.address, poolPath: `${poolPath}/drift` },
    });
    await ok(program.up());
  });

  afterAll(async () => {
    await program.dispose();
    await host.stop();
  });

  async function ok(run: Promise<{ code: number | null; stdout: string; stderr: string }>): Promise<void> {
    const { code, stdout, stderr } = await run;
    if (code !== 0) throw new Error(stdout + stderr);
  }

  async function putRight(): Promise<void> {
    await ok(program.refresh());
    await ok(program.up());
    await ok(program.preview({ expectNoChanges: true }));
  }

  test("a VM that is switched off starts again where its power is ours, and stays off where it is not", async () => {
    await host.virsh(["destroy", "kept"]);
    await host.virsh(["destroy", "free"]);
    await putRight();
    expect(await host.virsh(["domstate", "kept"])).toBe("running");
    expect(await host.virsh(["domstate", "free"])).toBe("shut off");
  });

  test("what is changed in the persistent definition of a guest that runs is put back, and it runs on", async () => {
    const running = await host.virsh(["domid", "kept"]);
    for (const name of ["free", "kept"]) {
      await host.virsh(["setmaxmem", name, "131072", "--config"]);
      await host.virsh(["setmem", name, "131072", "--config"]);
    }
    await host.virsh(["desc", "kept", "--config", "theirs"]);
    await host.virsh(["detach-interface", "kept", "network", "--config"]);
    await putRight();
    for (const name of ["free", "kept"]) {
      const xml = await host.virsh(["dumpxml", "--inactive", name]);
      expect(xml).toMatch(/<currentMemory unit='KiB'>65536</);
      expect(xml).not.toMatch(/theirs/);
    }
    expect(await host.virsh(["domiflist", "--inactive", "kept"])).toMatch(/network +drift/);
    expect(await host.virsh(["domid", "kept"])).toBe(running);
  });

  test("a disk's volume that is gone is made again", async () => {
    const [, path = ""] =
      /source file='([^']+)'/.exec(await host.virsh(["dumpxml", "--inactive", "free"])) ?? [];
    await host.virsh(["vol-delete", path]);
    await putRight();
    expect(await host.virsh(["vol-info", path])).toMatch(/Capacity/);
  });

  test("a network that is gone is made again", async () => {
    await host.virsh(["net-destroy", "drift"]);
    await host.virsh(["net-undefine", "drift"]);
    await putRight();
    expect(await host.virsh(["net-info", "drift"])).toMatch(/Active:\s+yes/);
  });

  test("destroy works with everything gone already", async () => {
    await host.virsh(["destroy", "kept"]);
    await host.virsh(["undefine", "kept"]);
    await host.virsh(["net-destroy", "drift"]);
    await host.virsh(["net-undefine", "drift"]);
    await ok(program.destroy());
    expect((await host.virsh(["list", "--all", "--name"])).trim()).toBe("");
  });
});
