import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { identify, killIfAlive, poll } from "../../scripts/lib/processes";
import type { ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { placeGuest, sharedHost } from "../support/host";
import { Program, type Outcome } from "../support/pulumi";

/** A guest whose power is nobody's but its own, and a change that it needs a restart for. */
const SOURCE = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, LibvirtNetwork, Vm } = require("pulumi-vmhost");
const config = new pulumi.Config();
const [kernel, initrd, line, word] = ["kernel", "initrd", "line", "word"].map((key) => config.require(key));
const host = new VmHost("host", { address: config.require("address"), cpuOvercommitRatio: 10 });
const lan = new LibvirtNetwork("lan", { host, ips: [{ cidr: "172.16.94.1/24", dhcp: { ranges: [{ start: "172.16.94.10", end: "172.16.94.50" }] } }] });
new Vm("web", {
  host, name: "mid-restart", memory: 192, domainType: "qemu", os: { kernel, initrd, cmdline: line + " word=" + word },
  interfaces: [{ network: lan }], waitFor: { address: true }, restart: "ifNeeded",
});
`;

describe("a provider that is killed between the stop and the start of a restart", () => {
  let host: ThrowawayHost;
  let program: Program;
  let words = 0;

  beforeAll(async () => {
    host = await sharedHost();
    const { kernel, initrdWithAgent: initrd, commandLine: line } = await placeGuest(host);
    const config = { address: host.address, kernel, initrd, line, word: "0" };
    program = new Program({ name: "midrestart", source: SOURCE, config });
    await ok(program.up());
  });

  afterAll(async () => {
    await program.destroy();
    await program.dispose();
  });

  const state = (): Promise<string> => host.virsh(["domstate", "mid-restart"]);
  const listens = async (): Promise<boolean> => {
    const ping = ["qemu-agent-command", "mid-restart", '{"execute":"guest-ping"}'];
    return (await host.virsh(ping, { allowFailure: true })).includes("return");
  };
  const definition = (): Promise<string> => host.virsh(["dumpxml", "mid-restart", "--inactive"]);

  /** The guest has another definition, is off, and the run that was to start it again is dead. */
  async function cutOff(): Promise<void> {
    for (let attempt = 0; attempt < 5; attempt++) if (await isCutOff()) return;
    throw new Error("no run was caught between the stop and the start");
  }

  /** Whether the provider was killed in the moment in which it can be, and not just before or after. */
  async function isCutOff(): Promise<boolean> {
    if ((await state()) !== "running") await host.virsh(["start", "mid-restart"]);
    // One that has not booted yet does not hear that it is to shut down.
    expect(await poll(listens, 120_000, 500)).toBe(true);
    await program.setConfig("word", String(++words));
    const running = await program.start("up");
    const pidFile = join(host.dir, "run/qemu/mid-restart.pid");
    expect(existsSync(pidFile)).toBe(true);
    let providers: readonly number[] = [];
    let isOver = false;
    void running.done.then(() => (isOver = true));
    // To look for them takes longer than the moment may last, so that is done all the while.
    const looking = poll(async () => {
      providers = await program.processes("provider");
      return isOver || !existsSync(pidFile);
    }, 120_000);
    while (!isOver && existsSync(pidFile)) await new Promise((resolve) => setTimeout(resolve, 2));
    for (const pid of providers) killIfAlive(identify(pid));
    await looking;
    if ((await running.done).code === 0) return false;
    await program.cancel();
    if ((await state()) !== "shut off") return false;
    expect(await definition()).toContain(`word=${words}`);
    return true;
  }

  test.each(["up", "refresh and up"])("%s starts it again, and nothing is left to do", async (way) => {
    await cutOff();
    if (way !== "up") {
      await ok(program.refresh());
      expect((await program.preview()).stdout).toMatch(/VM web: .*is off since a run that was cut off/);
    }
    await ok(program.up());
    expect(await state()).toBe("running");
    expect(await definition()).not.toContain("vmrestart");
    await ok(program.refresh({ expectNoChanges: true }));
    await ok(program.preview({ expectNoChanges: true }));
  });

  test("one that somebody has switched off since stays off", async () => {
    await cutOff();
    await host.virsh(["start", "mid-restart"]);
    await host.virsh(["destroy", "mid-restart"]);
    await ok(program.up());
    expect(await state()).toBe("shut off");
    expect(await definition()).not.toContain("vmrestart");
  });

  test("one that somebody has started and a run has seen is theirs from then on", async () => {
    await cutOff();
    await host.virsh(["start", "mid-restart"]);
    await ok(program.refresh());
    await ok(program.up());
    expect(await definition()).not.toContain("vmrestart");
    await host.virsh(["destroy", "mid-restart"]);
    await ok(program.refresh());
    await ok(program.up());
    expect(await state()).toBe("shut off");
  });
});

async function ok(run: Promise<Outcome>): Promise<string> {
  const { code, stdout, stderr } = await run;
  if (code !== 0) throw new Error(stdout + stderr);
  return stdout;
}
