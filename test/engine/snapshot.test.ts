import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { placeGuest, sharedHost } from "../support/host";
import { Program } from "../support/pulumi";

/** One disk takes a snapshot inside, the other a new image on top: the way of a running guest. */
const SOURCE = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, StoragePool, Vm, Snapshot } = require("pulumi-vmhost");
const config = new pulumi.Config();
const host = new VmHost("kvm1", { address: config.require("address") });
const pool = new StoragePool("snapped", { host, path: config.require("poolPath") });
const vm = new Vm("web", {
  host, memory: 64, name: "snapped-web", raw: config.require("raw"), running: true,
  description: config.get("description"),
  disks: [{ pool, size: "4MiB" }, { name: "data", pool, size: "4MiB", format: "raw" }],
});
const before = new Snapshot("before", {
  vm, description: config.get("about"), revert: config.get("revert"),
});
const seen = config.getBoolean("look") === false ? before : Snapshot.get("seen", before.name, { vm: vm.name, host });
exports.name = before.name;
exports.consistency = before.consistency;
exports.kind = seen.kind;
exports.files = vm.disks.apply((all) => all.map(({ location }) => location));
`;

describe("a snapshot in a program", () => {
  let host: ThrowawayHost;
  let program: Program;

  beforeAll(async () => {
    host = await sharedHost();
    const { haltRom } = await placeGuest(host);
    program = new Program({
      name: "snap",
      source: SOURCE,
      config: {
        address: host.address,
        poolPath: `${poolPath}/snap`,
        raw: `<os><loader type='rom'>${haltRom}</loader></os>`,
      },
    });
  });

  afterAll(async () => {
    await program.destroy();
    await program.dispose();
  });

  const clean = async (): Promise<void> => {
    for (const run of [program.preview, program.refresh]) {
      const { code, stdout } = await run.call(program, { expectNoChanges: true, args: ["--diff"] });
      if (code !== 0) throw new Error(`not clean:\n${stdout}`);
    }
  };
  const steps = async (): Promise<string[]> =>
    (await program.preview({})).steps
      .filter(({ op }) => op === "create" || op === "update" || op === "replace")
      .map(({ op, name }) => `${op} ${name}`);
  const snapshots = async (): Promise<string> =>
    (await host.virsh(["snapshot-list", "snapped-web", "--name"])).trim();

  test("is taken of the running guest, and neither it nor the VM looks changed afterwards", async () => {
    const { code, stdout } = await program.up();
    expect([code, stdout]).toEqual([0, expect.not.stringMatching(/error/i)]);
    const outputs = await program.outputs();
    expect(outputs).toMatchObject({ consistency: "crash", kind: "external" });
    expect(await snapshots()).toBe(outputs["name"]);
    expect(await host.virsh(["domstate", "snapped-web"])).toBe("running");
    expect(await host.virsh(["domblklist", "snapped-web"])).toContain(`.qcow2.${String(outputs["name"])}`);
    await clean();
    expect((await program.outputs())["files"]).toEqual(outputs["files"]);
  });

  test("stays when the VM changes; a return to it is seen in the preview first, and is what happens", async () => {
    const name = await snapshots();
    const path = /(\S+\.img\.\S+)/.exec(await host.virsh(["domblklist", "snapped-web"]))?.[1] ?? "";
    await host.virsh(["destroy", "snapped-web"]);
    await host.exec(["qemu-io", "-f", "qcow2", "-c", "write -P 5 0 512", path]);
    await host.virsh(["start", "snapped-web"]);
    await program.setConfig("description", "changed");
    await program.setConfig("about", "known good");
    await program.setConfig("revert", "monday");
    await program.setConfig("look", false);
    expect(await steps()).toEqual(["update web", "update before"]);
    expect((await program.preview({ diff: true })).stdout).toMatch(/\+ revert\s*: "monday"/);
    expect((await program.up()).code).toBe(0);
    expect(await host.virsh(["domstate", "snapped-web"])).toBe("running");
    expect(await host.virsh(["desc", "snapped-web"])).toBe("changed");
    expect(await host.virsh(["snapshot-dumpxml", "snapped-web", name])).toContain("<description>known good<");
    expect(await host.virsh(["domblklist", "snapped-web"])).toContain(path);
    const read = ["qemu-io", "-U", "-r", "-f", "qcow2", "-c", "read -P 0 0 512", path];
    expect((await host.exec(read)).stdout).not.toMatch(/fail/i);
    await clean();
  });

  test("one that somebody has deleted is made again; taken out, it leaves the disks as they are", async () => {
    await host.virsh(["snapshot-delete", "snapped-web", await snapshots()]);
    expect((await program.refresh({})).code).toBe(0);
    expect(await steps()).toEqual(["create before"]);
    expect((await program.up()).code).toBe(0);
    expect(await snapshots()).toMatch(/^before-/);
    expect((await program.destroy()).code).toBe(0);
    expect((await host.exec(["ls", "-A", `${poolPath}/snap`])).stdout).toBe("");
  });
});
