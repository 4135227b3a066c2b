import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { placeGuest, sharedHost } from "../support/host";
import { Program, type Outcome } from "../support/pulumi";

/** A guest that goes along with what it is asked, and one that does not. */
const SOURCE = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, LibvirtNetwork, Vm } = require("pulumi-vmhost");
const config = new pulumi.Config();
const [kernel, initrd, line, rom] = ["kernel", "initrd", "line", "rom"].map((key) => config.require(key));
const word = config.require("word");
const power = JSON.parse(config.get("power") || "{}");
const host = new VmHost("host", { address: config.require("address"), cpuOvercommitRatio: 10 });
const lan = new LibvirtNetwork("lan", { host, ips: [{ cidr: "172.16.93.1/24", dhcp: { ranges: [{ start: "172.16.93.10", end: "172.16.93.50" }] } }] });
const willing = new Vm("willing", {
  host, memory: 192, domainType: "qemu", os: { kernel, initrd, cmdline: line + " word=" + word },
  interfaces: [{ network: lan }], waitFor: { address: true }, restart: "ifNeeded", shutdownOnDestroy: true, ...power.willing,
});
const deaf = new Vm("deaf", {
  host, memory: 32, domainType: "qemu", raw: "<os><loader type='rom'>" + rom + "</loader></os>",
  restart: "ifNeeded", shutdownTimeout: "2s", events: { poweroff: word === "one" ? "destroy" : "restart" }, ...power.deaf,
});
exports.willing = willing.name;
exports.deaf = deaf.name;
`;

describe("power and restarts", () => {
  let host: ThrowawayHost;
  let program: Program;
  let names: { willing: string; deaf: string };

  beforeAll(async () => {
    host = await sharedHost();
    const { kernel, initrdWithAgent: initrd, commandLine: line, haltRom: rom } = await placeGuest(host);
    const config = { address: host.address, kernel, initrd, line, rom, word: "one" };
    program = new Program({ name: "power", source: SOURCE, config });
    await ok(program.up());
    names = (await program.outputs()) as typeof names;
  });

  afterAll(async () => {
    await program.setConfig("power", JSON.stringify({ deaf: { forceDestroy: true } }));
    await program.destroy();
    await program.dispose();
  });

  const domid = (name: string): Promise<string> => host.virsh(["domid", name]);
  const waiting = async (vm: string): Promise<unknown> => {
    const { deployment } = await program.exportState();
    return deployment.resources?.find(({ urn }) => urn.endsWith(`:Vm::${vm}`))?.outputs?.["restartRequired"];
  };
  const settle = (power: object): Promise<void> => program.setConfig("power", JSON.stringify(power));

  test("a restart that is needed is said in the preview, done politely, or refused by the guest", async () => {
    const before = [await domid(names.willing), await domid(names.deaf)];
    await program.setConfig("word", "two");
    const { stdout } = await program.preview();
    expect(stdout).toMatch(/VM willing: os\.cmdline at its next start; a running guest is restarted now/);
    expect(stdout).toMatch(/VM deaf: events\.poweroff at its next start; a running guest is restarted now/);
    const { code, stdout: said } = await program.up({ args: ["--continue-on-error"] });
    expect(code).not.toBe(0);
    expect(said).toMatch(/cannot shut down the VM on host .*did not shut down within 2 s and runs on/);
    expect(await domid(names.willing)).not.toBe(before[0]);
    expect(await host.virsh(["dumpxml", names.willing])).toMatch(/word=two/);
    expect(await domid(names.deaf)).toBe(before[1]);
    expect(await host.virsh(["dumpxml", names.deaf])).toMatch(/<on_poweroff>destroy</);
    expect(await host.virsh(["dumpxml", "--inactive", names.deaf])).toMatch(/<on_poweroff>restart</);
    await ok(program.refresh());
    expect(await waiting("willing")).toEqual([]);
    expect(await waiting("deaf")).toEqual([expect.stringMatching(/^events/)]);
  });

  test("with forceDestroy the guest that does not listen is switched off, and has what waited", async () => {
    await settle({ deaf: { forceDestroy: true } });
    const before = await domid(names.deaf);
    await ok(program.up());
    expect(await domid(names.deaf)).not.toBe(before);
    expect(await host.virsh(["dumpxml", names.deaf])).toMatch(/<on_poweroff>restart</);
    expect(await waiting("deaf")).toEqual([]);
    await ok(program.preview({ expectNoChanges: true }));
  });

  test("restartTrigger restarts a guest, and a saved one goes on where it was", async () => {
    const before = await domid(names.willing);
    await settle({ willing: { restartTrigger: "1" }, deaf: { forceDestroy: true, running: "saved" } });
    expect((await program.preview()).stdout).toMatch(
      /VM willing: a running guest is restarted now \(restartTrigger\)/,
    );
    await ok(program.up());
    expect(await domid(names.willing)).not.toBe(before);
    expect(await host.virsh(["dominfo", names.deaf])).toMatch(/State: +shut off[\s\S]*Managed save: +yes/);
    await ok(program.refresh({ expectNoChanges: true }));
    await ok(program.preview({ expectNoChanges: true }));
    await settle({ willing: { restartTrigger: "1" }, deaf: { forceDestroy: true, running: true } });
    await ok(program.up());
    expect(await host.virsh(["dominfo", names.deaf])).toMatch(/State: +running[\s\S]*Managed save: +no/);
  });

  test("shutdownOnDestroy asks the guest first", async () => {
    const events = host.virsh(["event", names.willing, "lifecycle", "--timeout", "60"]);
    await ok(program.destroy());
    expect(await events).toMatch(/Shutdown Finished/);
    expect(await host.virsh(["list", "--all", "--name"])).not.toMatch(/willing|deaf/);
  });
});

async function ok(run: Promise<Outcome>): Promise<string> {
  const { code, stdout, stderr } = await run;
  if (code !== 0) throw new Error(stdout + stderr);
  return stdout;
}
