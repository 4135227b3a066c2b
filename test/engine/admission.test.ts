import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { example } from "../support/example";
import { sharedHost } from "../support/host";
import { Program } from "../support/pulumi";

/** examples/overcommit: the documentation's worked scenario with its own numbers, 4 cores and 12 GB, whatever the machine below has. */
describe("what does not fit is refused before anything is made", () => {
  let host: ThrowawayHost;
  let program: Program;

  const numbers = async (cpuRatio: number, memoryRatio: number, coresOfFour = 2): Promise<void> => {
    for (const [key, value] of Object.entries({ cpuRatio, memoryRatio, coresOfFour }))
      await program.setConfig(key, value);
  };

  const defined = async (): Promise<string[]> =>
    (await host.virsh(["list", "--all", "--name"])).trim().split("\n").filter(Boolean).sort();

  beforeAll(async () => {
    host = await sharedHost();
    const info = await host.virsh(["nodeinfo"]);
    const stats = await host.virsh(["nodememstats"]);
    const cores = Number(/CPU\(s\):\s+(\d+)/.exec(info)?.[1]);
    const mebibytes = Math.floor(Number(/total\s*:\s+(\d+)/.exec(stats)?.[1]) / 1024);
    program = await example("overcommit", {
      address: host.address,
      reservedCpu: cores - 4,
      reservedMemory: `${mebibytes - 12288}MiB`,
    });
    await program.prepare();
  });

  afterAll(async () => {
    await program.destroy();
    await program.dispose();
  });

  test("the preview refuses the fourth VM by one MiB, with all numbers, and nothing is there", async () => {
    await numbers(2, 1.3333);
    const { code, stdout, stderr } = await program.preview();
    expect(code).not.toBe(0);
    const text = stdout + stderr;
    expect(text).toMatch(/memory does not fit on kvm1 \(qemu\+unix:/);
    expect(text).toContain("requested 4096 MiB, 1 MiB missing; left 4095 MiB of 16383 MiB");
    expect(text).toMatch(/this program adds \w+ 4096, \w+ 4096, \w+ 4096/);
    expect(text).toContain("cores fit (2 of 2 left). The largest VM that fits now: 2 cores, 4095 MiB");
    expect(await defined()).toEqual([]);
  });

  test("at 2 and 1.34 all four are made", async () => {
    await numbers(2, 1.34);
    const { code, stdout, stderr } = await program.up();
    if (code !== 0) throw new Error(stdout + stderr);
    expect(await defined()).toEqual(["four", "one", "three", "two"]);
  });

  test("lower ratios change no VM, and the overload is told", async () => {
    await numbers(1, 1);
    const { code, steps, stdout } = await program.preview();
    expect(code).toBe(0);
    expect(steps.filter(({ op }) => op !== "same").map(({ name, op }) => `${op} ${name}`)).toEqual([
      "update kvm1",
    ]);
    expect(stdout).toContain("8 of 4 cores and 16384 of 12288 MiB");
    expect((await program.up()).code).toBe(0);
    expect((await program.preview({ expectNoChanges: true })).code).toBe(0);
  });

  test("a VM that grows is refused by what it wants more", async () => {
    await numbers(1, 1, 3);
    const { code, stdout, stderr } = await program.preview();
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain("requested 1 core more, 1 core missing; left 0 cores of 4 cores");
  });

  test("a VM that somebody else has made counts, also for an up without a preview", async () => {
    await numbers(2.25, 2);
    expect((await program.up()).code).toBe(0);
    const xml = await host.virsh(["dumpxml", "--inactive", "one"]);
    await host.exec(["sh", "-c", "cat > /tmp/hand.xml"], {
      input: xml
        .replace("<name>one</name>", "<name>hand</name>")
        .replace(/<uuid>.*<\/uuid>/, "")
        .replace(/<metadata>[^]*<\/metadata>/, "")
        .replace(/>2<\/vcpu>/, ">1</vcpu>"),
    });
    await host.virsh(["define", "/tmp/hand.xml"]);
    await numbers(2.25, 2, 3);
    const { code, stdout, stderr } = await program.up();
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain("left 0 cores of 9 cores");
    await host.virsh(["undefine", "hand"]);
    expect((await program.up()).code).toBe(0);
  });
});

describe("a preview without access to the host", () => {
  const program = new Program({
    name: "unreachable",
    source: `
const pulumi = require("@pulumi/pulumi");
const { VmHost, LibvirtNetwork, StoragePool, Vm } = require("pulumi-vmhost");
const host = new VmHost("kvm1", { address: "qemu+unix:///system?socket=/nonexistent" });
new LibvirtNetwork("net", { host, ips: [{ cidr: "10.9.0.1/24" }] });
for (const name of ["one", "two"]) new Vm(name, { host, cores: 64, disks: [{ size: "1GiB" }], interfaces: [{}] });
if (new pulumi.Config().get("asks")) for (const key of ["capacity", "networks", "storagePools"]) exports[key] = host[key];`,
  });

  afterAll(() => program.dispose());

  test("says that it could not check, and does not fail for it", async () => {
    const { code, stdout, stderr } = await program.preview({ diff: true });
    expect((stdout + stderr).match(/could not/g)).toHaveLength(1);
    expect(stdout + stderr).toContain("could not check whether everything fits on kvm1");
    expect(code).toBe(0);
  });

  test("fails with the host's words alone where the program asks what is on it", async () => {
    await program.setConfig("asks", "yes");
    const { code, stdout, stderr } = await program.preview({ diff: true });
    expect(code).not.toBe(0);
    expect((stdout + stderr).match(/error: .*/g)).toEqual([
      expect.stringMatching(/^error: cannot connect to kvm1 .*\/nonexistent: no such file or directory$/),
    ]);
    expect(stdout + stderr).not.toMatch(/PromiseRejection|node:/);
  });
});

describe("a VM that may be on several hosts", () => {
  let host: ThrowawayHost;
  let program: Program;

  beforeAll(async () => {
    host = await sharedHost();
    program = new Program({
      name: "anywhere",
      source: `
const pulumi = require("@pulumi/pulumi");
const { VmHost, Vm } = require("pulumi-vmhost");
const config = new pulumi.Config();
const away = { address: "qemu+unix:///system?socket=/nonexistent", name: "away" };
const full = new VmHost("full", { address: config.require("full") });
const real = new VmHost("real", { address: config.require("address"), zone: "rack-a", password: "hunter2-plain" });
const vm = new Vm("anywhere", { hosts: [away, full, real], name: "anywhere", memory: 64, domainType: "qemu", running: false, spread: "web" });
exports.placement = vm.placement;
`,
      config: { address: host.address, full: host.testAddress },
    });
  });

  afterAll(async () => {
    await program.destroy();
    await program.dispose();
  });

  test("is placed where it fits, says where and why, and stays", async () => {
    const { code, stdout, stderr } = await program.up();
    if (code !== 0) throw new Error(stdout + stderr);
    expect(stdout + stderr).toMatch(
      /VM anywhere: placed on real; of away, full, real: the only one with room; .*no room on full/,
    );
    expect((await program.outputs())["placement"]).toMatchObject({ host: "real" });
    expect(await host.virsh(["dominfo", "anywhere"])).toContain("anywhere");
    expect((await program.preview({ expectNoChanges: true })).code).toBe(0);
    expect(JSON.stringify(await program.exportState())).not.toContain("hunter2");
  });
});
