import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { sharedHost } from "../support/host";
import { Program } from "../support/pulumi";

const HEAD = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, LibvirtNetwork, StoragePool, StorageVolume, Vm } = require("pulumi-vmhost");
const config = new pulumi.Config();
const address = config.require("address");
`;

/** What the machinery of dynamic providers does to others. */
describe("the traps of dynamic providers", () => {
  let host: ThrowawayHost;
  const programs: Program[] = [];

  beforeAll(async () => {
    host = await sharedHost();
  });

  afterAll(async () => {
    for (const program of programs) {
      await program.destroy();
      await program.dispose();
    }
  });

  function programOf(
    name: string,
    source: string,
    config: Record<string, string | { secret: string }> = {},
  ): Program {
    const program = new Program({
      name,
      source: HEAD + source,
      config: { address: host.address, poolPath: `${poolPath}/${name}`, ...config },
    });
    programs.push(program);
    return program;
  }

  async function ok(run: Promise<{ code: number | null; stdout: string; stderr: string }>): Promise<string> {
    const { code, stdout, stderr } = await run;
    if (code !== 0) throw new Error(stdout + stderr);
    return stdout + stderr;
  }

  test("secrets are nowhere in clear, however they are given", async () => {
    const program = programOf(
      "secrets",
      `
const host = new VmHost("host", { address, password: "hunter2-plain", sshPrivateKey: pulumi.secret("hunter2-key"), sshPassphrase: config.requireSecret("phrase") });
const lan = new LibvirtNetwork("lan", { host });
exports.connection = host.connection;`,
      { phrase: { secret: "hunter2-phrase" }, "vmhost:password": { secret: "hunter2-config" } },
    );
    const said = (await ok(program.preview({ diff: true }))) + (await ok(program.up()));
    const state = await ok(program.pulumi(["stack", "export", "--stack", "dev"]));
    expect(said + state).not.toMatch(/hunter2/);
    expect(await ok(program.preview({ expectNoChanges: true }))).not.toMatch(/hunter2/);
    // Rotating a secret of the configuration touches no state.
    await program.setConfig("vmhost:password", { secret: "hunter2-rotated" });
    await ok(program.preview({ expectNoChanges: true }));
  });

  test("what state holds of the package is one constant line, and a VM stays small", async () => {
    const program = programOf(
      "small",
      `
const host = new VmHost("host", { address, zone: "a" });
const pool = new StoragePool("pool", { host, path: config.require("poolPath") });
const lan = new LibvirtNetwork("lan", { host });
new Vm("vm", { host, description: undefined, memory: 32, domainType: "qemu", running: "paused", disks: [{ pool, size: "8MiB", serial: undefined }], interfaces: [{ network: lan }] });`,
    );
    await ok(program.up());
    const { deployment } = await program.exportState();
    const vm = (deployment.resources ?? []).find(({ type }) => type.endsWith(":Vm"));
    const text = String((vm?.inputs as Record<string, unknown>)["__provider"]);
    expect(text).toBe(
      `exports.handler=()=>require("module").createRequire(process.cwd()+"/")("pulumi-vmhost/runtime").provider("Vm")`,
    );
    expect(Buffer.byteLength(JSON.stringify(vm))).toBeLessThanOrEqual(4096);
  });

  test("a VM that gets no address stays in state, and the next run completes it", async () => {
    const source = (wait: string): string => `
const host = new VmHost("host", { address });
const lan = new LibvirtNetwork("lan", { host });
new Vm("vm", { host, memory: 32, domainType: "qemu", raw: "<os><boot dev='network'/></os>", interfaces: [{ network: lan }]${wait} });`;
    const program = programOf("half", source(`, waitFor: { timeout: "2s" }`));
    const { code, stdout } = await program.up();
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/no usable address within 2 s/);
    const before = await vmsOf("half");
    expect(before).toHaveLength(1);
    expect(
      (await program.exportState()).deployment.resources?.filter(({ type }) => type.endsWith(":Vm")),
    ).toHaveLength(1);
    await program.setSource(HEAD + source(""));
    await ok(program.up());
    expect(await vmsOf("half")).toEqual(before);
    await ok(program.preview({ expectNoChanges: true }));
  });

  test("two components with children of the same name, another stack's connection, a rename by alias", async () => {
    const program = programOf(
      "houses",
      `
const host = new VmHost("host", { address });
class House extends pulumi.ComponentResource {
  constructor(type, name) { super(type, name); this.lan = new LibvirtNetwork("lan", { host }, { parent: this }); }
}
exports.names = pulumi.all([new House("my:one:House", "a").lan.name, new House("my:two:House", "b").lan.name]);
const renamed = config.get("renamed");
exports.kept = new LibvirtNetwork(renamed || "first", { host: pulumi.output(host.connection) }, { aliases: [{ name: "first" }] }).id;`,
    );
    await ok(program.up());
    const { names, kept } = await program.outputs();
    expect(new Set(names as string[]).size).toBe(2);
    await program.setConfig("renamed", "second");
    await ok(program.up());
    expect((await program.outputs())["kept"]).toBe(kept);
  });

  test("replacement with allowDataLoss goes first away, then comes anew; protect and retainOnDelete hold", async () => {
    const source = (size: string): string => `
const host = new VmHost("host", { address });
const pool = new StoragePool("pool", { host, path: config.require("poolPath") }, { retainOnDelete: true });
new StorageVolume("volume", { host, pool, size: "${size}", allowDataLoss: true });`;
    const program = programOf("replace", source("16MiB"));
    await ok(program.up());
    await program.setSource(HEAD + source("8MiB"));
    const { steps } = await program.preview({});
    expect(steps.filter(({ op }) => op !== "same").map(({ op }) => op)).toEqual(
      expect.arrayContaining(["replace"]),
    );
    await ok(program.up());
    await ok(program.preview({ expectNoChanges: true }));
    await ok(program.destroy());
    const pools = await host.virsh(["pool-list", "--all", "--name"]);
    const retained =
      pools
        .split("\n")
        .map((name) => name.trim())
        .find((name) => name.startsWith("pool-")) ?? "";
    expect(retained).not.toBe("");
    await host.virsh(["pool-destroy", retained]);
    await host.virsh(["pool-undefine", retained]);
  });

  async function vmsOf(project: string): Promise<string[]> {
    const names = (await host.virsh(["list", "--all", "--name"])).split("\n").filter((name) => name !== "");
    const xml = await Promise.all(names.map((name) => host.virsh(["dumpxml", name])));
    return xml.flatMap((text) =>
      text.includes(`"${project}/dev/Vm/`) ? (/<uuid>(.*)<\/uuid>/.exec(text)?.[1] ?? []) : [],
    );
  }
});
