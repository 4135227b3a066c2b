import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { sharedHost } from "../support/host";
import { Program } from "../support/pulumi";

const HEAD = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, LibvirtNetwork, Snapshot, StoragePool, StorageVolume, Vm } = require("pulumi-vmhost");
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
const host = new VmHost("host", { address, cpuOvercommitRatio: 10 });
class House extends pulumi.ComponentResource {
  constructor(type, name) { super(type, name); this.lan = new LibvirtNetwork("lan", { host }, { parent: this }); }
}
exports.names = pulumi.all([new House("my:one:House", "a").lan.name, new House("my:two:House", "b").lan.name]);
const renamed = config.get("renamed");
const aliases = [{ name: "first" }];
const vm = new Vm("vm", { host, memory: 32, domainType: "qemu", running: false, validateStart: false, disks: [{ pool: new StoragePool("pool", { host, path: config.require("poolPath") }), size: "1MiB" }] });
if (config.get("snapshot") !== "none") new Snapshot(renamed || "first", { host, vm }, { aliases });
exports.vm = vm.name;
exports.kept = new LibvirtNetwork(renamed || "first", { host: pulumi.output(host.connection) }, { aliases: [{ name: "first" }] }).id;`,
    );
    await ok(program.up());
    const { names, kept, vm } = await program.outputs();
    expect(new Set(names as string[]).size).toBe(2);
    await program.setConfig("renamed", "second");
    const said = await ok(program.up());
    // Nothing but the mark of its owner changes.
    expect(said).not.toContain("bridge to be made anew");
    expect((await program.outputs())["kept"]).toBe(kept);
    await ok(program.refresh({ expectNoChanges: true }));
    const snapshots = (): Promise<string> => host.virsh(["snapshot-list", String(vm), "--name"]);
    expect(await snapshots()).toMatch(/^first-\w+$/);
    await program.setConfig("snapshot", "none");
    await ok(program.up());
    expect(await snapshots()).toBe("");
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

  test("replaceOnChanges is honoured, and never past the guard; what options cannot do is said", async () => {
    const source = (more: string, volume: string): string => `
const host = new VmHost("host", { address });
const pool = new StoragePool("pool", { host, path: config.require("poolPath") });
const lan = new LibvirtNetwork("lan", { host, ${more} }, { replaceOnChanges: ["portGroups[*].vlan"] });
const volume = new StorageVolume("volume", { host, pool, ${volume} }, { replaceOnChanges: ["size"], deleteBeforeReplace: false, customTimeouts: { create: "1s" } });
exports.path = volume.path;`;
    const groups = (vlan: number, other: number): string =>
      `forward: { mode: "bridge" }, bridge: { name: "none0" }, active: false, virtualPort: { type: "openvswitch" }, portGroups: [{ name: "a", vlan: { tags: [{ id: ${vlan} }] } }, { name: "b", default: ${other > 1} }]`;
    const program = programOf("options", source(groups(5, 1), `size: "8MiB"`));
    const said = await ok(program.up());
    expect(said).toMatch(/StorageVolume "volume": the option `deleteBeforeReplace: false` is left out/);
    expect(said).toMatch(/StorageVolume "volume": the option `customTimeouts` has no effect/);
    const ops = async (): Promise<Record<string, string[]>> => {
      const { steps, stdout, code } = await program.preview();
      if (code !== 0) throw new Error(stdout);
      const of = (wanted: string): string[] =>
        steps.filter(({ name, op }) => name === wanted && op !== "same").map(({ op }) => op);
      return { lan: of("lan"), volume: of("volume") };
    };
    await program.setSource(HEAD + source(groups(5, 2), `size: "8MiB"`));
    expect(await ops()).toEqual({ lan: ["update"], volume: [] });
    await program.setSource(HEAD + source(groups(6, 1), `size: "16MiB", allowDataLoss: true`));
    expect(await ops()).toEqual({ lan: ["replace"], volume: ["replace"] });
    await program.setSource(HEAD + source(groups(5, 1), `size: "16MiB"`));
    const refused = await program.preview();
    expect(refused.code).not.toBe(0);
    expect(refused.stdout).toMatch(/size .*would replace the volume and destroy its data/);
    await program.setSource(HEAD + source(groups(5, 1), `size: "16MiB", allowDataLoss: true`));
    await ok(program.up());
    const { path } = await program.outputs();
    await host.exec(["test", "-e", String(path)]);
    await ok(program.preview({ expectNoChanges: true }));
    const { deployment } = await program.exportState();
    expect(JSON.stringify(deployment.resources?.map(({ inputs, outputs }) => [inputs, outputs]))).not.toMatch(
      /beside|"replaceOnChanges"/,
    );
  });

  test("a preview shows what changes and nothing else, and what stays is known to the program", async () => {
    const program = programOf(
      "known",
      `
const step = config.getNumber("step") ?? 1;
const host = new VmHost("host", { address, cpuOvercommitRatio: step > 1 ? 10 : 8, memoryOvercommitRatio: step > 2 ? 2 : 1 });
const lan = new LibvirtNetwork("lan", { host, autostart: step > 1 });
const pool = new StoragePool("pool", { host, path: config.require("poolPath"), autostart: step > 1 });
const volume = new StorageVolume("volume", { host, pool, size: step > 1 ? "2MiB" : "1MiB" });
const vm = new Vm("vm", { host, memory: 32, maxMemory: 64, domainType: "qemu", running: "paused", description: "step " + step, disks: [{ pool, size: "1MiB" }, ...(step > 2 ? [{ name: "more", pool, size: "1MiB" }] : [])], interfaces: [{ network: lan }],
  cloudInit: { userData: { password: "hunter2-" + step } }, replaceOnChanges: undefined }, { additionalSecretOutputs: ["uuid"] });
const see = (what, values) => pulumi.all(values).apply((seen) => console.log("SEEN " + what + " " + JSON.stringify(seen)));
see("host", [host.hostname, host.total, host.overcommitted]);
see("lan", [lan.bridgeName]);
see("pool", [pool.targetPath]);
see("volume", [volume.path]);
see("vm", [vm.address.apply((address) => typeof address), vm.restartRequired, vm.placement.apply((one) => typeof one)]);
see("nics", vm.interfaces.apply((all) => all.map(({ addresses }) => addresses)));
see("root", [vm.disks[0].location]);
exports.capacity = volume.capacity;
exports.uuid = vm.uuid;`.replace(", replaceOnChanges: undefined", ""),
    );
    const seenIn = (said: string): Record<string, unknown> =>
      Object.fromEntries(
        [...said.matchAll(/SEEN (\w+) (.*)$/gm)].map(([, what, json]) => [what, JSON.parse(json ?? "")]),
      );
    // Of what is still to be made, nothing wrong is told.
    expect(seenIn(await ok(program.preview({ diff: true })))).toEqual({ nics: [[]] });
    await ok(program.up());
    await program.setConfig("step", "2");
    const said = await ok(program.preview({ diff: true }));
    const known = seenIn(said);
    expect(Object.keys(known).sort()).toEqual(["host", "lan", "nics", "pool", "root", "vm", "volume"]);
    expect(known).toMatchObject({ vm: ["undefined", [], "undefined"], nics: [[]] });
    // Each object shows what changes of it; the host's ratios, which all of them carry, are the host's change alone.
    expect([...said.matchAll(/^ *~ (\w+) *:/gm)].map(([, name]) => name).sort()).toEqual([
      "autostart",
      "autostart",
      "cloudInit",
      "cpuOvercommitRatio",
      "description",
      "size",
      "userData",
    ]);
    expect(said).not.toMatch(/hunter2|^ *memory *:/m);
    expect(said).not.toMatch(/uuid *:.*[0-9a-f]{8}-/);
    const changed = seenIn(await ok(program.up()));
    expect(changed).toEqual(known);
    // What is known in a preview is no part of a plan that binds the update to it.
    await program.setConfig("step", "3");
    await ok(program.preview({ diff: true, args: ["--save-plan", "plan.json"] }));
    await ok(
      program.pulumi([
        "up",
        "--stack",
        "dev",
        "--non-interactive",
        "--yes",
        "--skip-preview",
        "--plan",
        "plan.json",
      ]),
    );
    await ok(program.preview({ expectNoChanges: true }));
  });

  async function vmsOf(project: string): Promise<string[]> {
    const names = (await host.virsh(["list", "--all", "--name"])).split("\n").filter((name) => name !== "");
    const xml = await Promise.all(names.map((name) => host.virsh(["dumpxml", name])));
    return xml.flatMap((text) =>
      text.includes(`"${project}/dev/Vm/`) ? (/<uuid>(.*)<\/uuid>/.exec(text)?.[1] ?? []) : [],
    );
  }
});
