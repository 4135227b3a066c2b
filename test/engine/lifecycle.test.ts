import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bootPath, poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { sharedHost } from "../support/host";
import { Program } from "../support/pulumi";

/** One program's whole life on a real host, through the real engine, witnessed by the host's own tools. */
const SOURCE = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, LibvirtNetwork, StoragePool, StorageVolume, Vm } = require("pulumi-vmhost");
const config = new pulumi.Config();
const step = config.requireNumber("step");
const host = new VmHost("kvm1", { address: config.require("address"), cpuOvercommitRatio: step >= 2 ? 8 : 4, zone: "rack-a", tags: ["ssd"] });
const lan = new LibvirtNetwork("lan", {
  host,
  forward: { mode: "nat", natPorts: { start: 1024, end: 65535 } },
  bridge: { stp: false, delay: 0 },
  domain: "testnet",
  ips: [{ cidr: "172.16.90.1/24", dhcp: { ranges: [{ start: "172.16.90.10", end: step >= 2 ? "172.16.90.90" : "172.16.90.50" }] } }],
});
const pool = new StoragePool("images", { host, path: config.require("poolPath") });
const base = new StorageVolume("base", { host, pool, size: "64MiB", format: "qcow2" });
const vm = new Vm("web", {
  host,
  description: step >= 2 ? "second <&> \\"quoted\\" ünïcode" : "first",
  cores: step >= 2 ? 2 : 1,
  maxCores: 4,
  memory: step >= 2 ? 96 : 128,
  maxMemory: 128,
  domainType: "qemu",
  autostart: step >= 2,
  running: "paused",
  disks: [
    { pool, backing: base, size: step >= 2 ? "256MiB" : "128MiB" },
    ...(step >= 2 ? [{ name: "data", pool, size: "32MiB" }] : []),
  ],
  interfaces: [{ network: lan }, ...(step >= 2 ? [{ name: "second", network: lan }] : [])],
});
exports.vm = vm.name;
exports.id = vm.id;
exports.network = lan.name;
exports.pool = pool.name;
exports.mac = vm.interfaces.apply((all) => all[0].mac);
exports.root = vm.disks.apply((all) => all[0].location);
exports.capacity = host.capacity;
exports.restartRequired = vm.restartRequired;
`;

describe("a program's life on a libvirt host", () => {
  let host: ThrowawayHost;
  let program: Program;
  let first: Record<string, unknown>;

  beforeAll(async () => {
    host = await sharedHost();
    program = new Program({
      name: "life",
      source: SOURCE,
      config: { step: "1", address: host.address, poolPath: `${poolPath}/life` },
    });
  });

  afterAll(async () => {
    await program.destroy();
    await program.dispose();
  });

  test("up makes all of it, and the host's own tools see it", async () => {
    const result = await program.up();
    expect(result.stderr + result.stdout).not.toMatch(/error/i);
    expect(result.code).toBe(0);
    first = await program.outputs();
    const xml = await host.virsh(["dumpxml", String(first["vm"])]);
    expect(xml).toContain("<description>first</description>");
    expect(xml).toContain(String(first["mac"]));
    expect(await host.virsh(["domstate", String(first["vm"])])).toMatch(/paused/);
    expect(await host.virsh(["net-info", String(first["network"])])).toMatch(
      /Active:\s+yes[\s\S]*Autostart:\s+yes/,
    );
    expect(await host.virsh(["pool-info", String(first["pool"])])).toMatch(
      /State:\s+running[\s\S]*Autostart:\s+yes/,
    );
  });

  test("preview and refresh are clean after up", async () => {
    await expectClean(program.preview({ expectNoChanges: true, args: ["--diff"] }));
    await expectClean(program.refresh({ expectNoChanges: true, args: ["--diff"] }));
    await expectClean(program.preview({ expectNoChanges: true, args: ["--diff"] }));
  });

  test("changes are said to be in place, happen in place, and the guest goes on", async () => {
    await program.setConfig("step", "2");
    const pid = await host.virsh(["qemu-monitor-command", String(first["vm"]), "--hmp", "info uuid"]);
    const bridge = await ifindex(host, String(first["network"]));
    const preview = await program.preview({});
    expect(preview.code).toBe(0);
    expect(
      preview.steps
        .filter(({ op }) => op !== "same")
        .map(({ op, name }) => `${op} ${name}`)
        .sort(),
    ).toEqual(["update kvm1", "update lan", "update web"]);
    const result = await program.up();
    expect(result.code).toBe(0);
    const after = await program.outputs();
    expect(after["id"]).toBe(first["id"]);
    expect(after["mac"]).toBe(first["mac"]);
    const vm = String(after["vm"]);
    expect(await host.virsh(["qemu-monitor-command", vm, "--hmp", "info uuid"])).toBe(pid);
    expect(await ifindex(host, String(after["network"]))).toBe(bridge);
    const inactive = await host.virsh(["dumpxml", "--inactive", vm]);
    expect(await host.virsh(["desc", vm, "--config"])).toBe('second <&> "quoted" ünïcode');
    expect(inactive).toMatch(/<vcpu[^>]*current='2'[^>]*>4<\/vcpu>/);
    expect(inactive.match(/<interface /g)).toHaveLength(2);
    expect(await host.virsh(["net-dumpxml", String(after["network"])])).toContain("end='172.16.90.90'");
    expect(await host.virsh(["dominfo", vm])).toMatch(/Autostart:\s+enable/);
    expect(await host.virsh(["domblkinfo", vm, "vda"])).toMatch(/Capacity:\s+268435456/);
  });

  test("preview and refresh are clean after the change", async () => {
    await expectClean(program.preview({ expectNoChanges: true, args: ["--diff"] }));
    await expectClean(program.refresh({ expectNoChanges: true, args: ["--diff"] }));
  });

  test("refresh shows what changed outside, and up puts it back", async () => {
    const { vm, network } = await program.outputs();
    await host.virsh(["desc", String(vm), "--config", "changed by hand"]);
    await host.virsh(["net-autostart", String(network), "--disable"]);
    expect((await program.refresh({ expectNoChanges: true })).code).not.toBe(0);
    await program.refresh({});
    const preview = await program.preview({});
    expect(
      preview.steps
        .filter(({ op }) => op !== "same")
        .map(({ op, name }) => `${op} ${name}`)
        .sort(),
    ).toEqual(["update lan", "update web"]);
    expect((await program.up()).code).toBe(0);
    expect(await host.virsh(["desc", String(vm), "--config"])).toContain("second");
    await expectClean(program.preview({ expectNoChanges: true, args: ["--diff"] }));
  });

  test("a VM deleted outside is seen as deleted, and made again", async () => {
    const { vm } = await program.outputs();
    await host.virsh(["destroy", String(vm)]);
    await host.virsh(["undefine", String(vm), "--nvram"]);
    const refreshed = await program.refresh({});
    expect(refreshed.code).toBe(0);
    expect((await program.preview({})).steps).toContainEqual(
      expect.objectContaining({ op: "create", name: "web" }),
    );
    expect((await program.up()).code).toBe(0);
    expect(await host.virsh(["domstate", String(vm)])).toMatch(/paused/);
  });

  test("destroy leaves nothing of ours and everything else alone", async () => {
    await writeFile(join(host.dir, "lib", "boot", "foreign.xml"), FOREIGN);
    await host.virsh(["define", `${bootPath}/foreign.xml`]);
    expect((await program.destroy()).code).toBe(0);
    expect((await host.virsh(["list", "--all", "--name"])).trim()).toBe("foreign");
    expect((await host.virsh(["net-list", "--all", "--name"])).trim()).not.toMatch(/lan-/);
    expect((await host.virsh(["pool-list", "--all", "--name"])).trim()).not.toMatch(/images-/);
    expect((await host.exec(["ls", "-A", `${poolPath}/life`])).stdout).toBe("");
    await host.virsh(["undefine", "foreign"]);
  });
});

const FOREIGN = `<domain type="qemu"><name>foreign</name><memory unit="MiB">64</memory><os><type arch="x86_64" machine="q35">hvm</type></os></domain>`;

async function ifindex(host: ThrowawayHost, network: string): Promise<string> {
  const bridge = /Bridge:\s+(\S+)/.exec(await host.virsh(["net-info", network]))?.[1] ?? "";
  return (await host.exec(["cat", `/sys/class/net/${bridge}/ifindex`])).stdout;
}

async function expectClean(run: Promise<{ code: number | null; stdout: string }>): Promise<void> {
  const { code, stdout } = await run;
  if (code !== 0) throw new Error(`not clean:\n${stdout}`);
}
