import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { poll } from "../../scripts/lib/processes";
import { poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { ownHost, placeGuest, type PlacedGuest } from "../support/host";
import { Program } from "../support/pulumi";

/** What the VM of a program is, as the text of an object literal. */
interface Shape {
  initrd?: string;
  interfaces?: string;
  disks?: string;
  more?: string;
}

describe("guests that live", () => {
  let host: ThrowawayHost;
  let guest: PlacedGuest;
  const programs: Program[] = [];

  beforeAll(async () => {
    host = await ownHost({ name: "guests" });
    guest = await placeGuest(host);
  });

  afterAll(async () => {
    for (const program of programs) await program.dispose();
    await host.stop();
  });

  const sourceOf = ({ initrd, interfaces, disks, more }: Shape, subnet: number): string => `
const pulumi = require("@pulumi/pulumi");
const { VmHost, LibvirtNetwork, StoragePool, Vm } = require("pulumi-vmhost");
const host = new VmHost("host", { address: new pulumi.Config().require("address"), shutdownTimeout: "60s" });
const net = (name, n) => new LibvirtNetwork(name, { host, forward: { mode: "nat" }, ips: [{ cidr: "10." + n + ".0.1/24", dhcp: { ranges: [{ start: "10." + n + ".0.10", end: "10." + n + ".0.90" }] } }] });
const one = net("one", ${subnet}), two = net("two", ${subnet + 1});
const pool = new StoragePool("pool", { host, path: "${poolPath}/guests-${subnet}" });
const vm = new Vm("vm", { host, memory: 192, maxMemory: 256, maxCores: 2, domainType: "qemu",
  os: { kernel: "${guest.kernel}", initrd: "${initrd ?? guest.initrd}", cmdline: "${guest.commandLine}" },
  disks: [${disks ?? ""}], interfaces: [${interfaces ?? "{ network: one }"}], ${more ?? ""} });
exports.vm = vm.name; exports.address = vm.address; exports.interfaces = vm.interfaces; exports.pending = vm.restartRequired;
exports.two = two.name;`;

  function programOf(name: string, subnet: number, shape: Shape): Program {
    const program = new Program({
      name,
      source: sourceOf(shape, subnet),
      config: { address: host.address },
    });
    programs.push(program);
    return program;
  }

  async function ok(run: Promise<{ code: number | null; stdout: string; stderr: string }>): Promise<void> {
    const { code, stdout, stderr } = await run;
    if (code !== 0) throw new Error(stdout + stderr);
  }

  const domains = async (): Promise<string[]> =>
    (await host.virsh(["list", "--name"])).split("\n").filter((name) => name !== "");

  describe("one that is changed while it runs", () => {
    const subnet = 91;
    let program: Program;
    let vm: string;
    let id: string;

    const base: Shape = {
      disks: `{ name: "data", pool, size: "16MiB" }`,
      more: `cores: 1, running: true, waitFor: { address: "ipv4", source: "lease", timeout: "90s" }`,
    };

    beforeAll(async () => {
      program = programOf("lively", subnet, base);
      await ok(program.up());
      vm = String((await program.outputs())["vm"]);
      id = await host.virsh(["domid", vm]);
    });

    test("has the address of its lease, and answers there", async () => {
      const { address, interfaces } = await program.outputs();
      expect(address).toMatch(/^10\.91\.0\.\d+$/);
      expect(interfaces).toEqual([expect.objectContaining({ addresses: [address] })]);
      expect(await host.virsh(["domifaddr", vm])).toContain(String(address));
      expect(await host.get(`http://${String(address)}/`)).toContain("vmhost-guest");
      await ok(program.preview({ expectNoChanges: true, args: ["--diff"] }));
    });

    test("keeps its address in the preview of a change that leaves it", async () => {
      const { address } = await program.outputs();
      const seen = (more: Shape, description: string): string =>
        `${sourceOf({ ...base, ...more, more: `${base.more ?? ""}, description: "${description}"` }, subnet)}
pulumi.all([vm.address, vm.interfaces]).apply(([one, all]) => console.log("SEEN " + one + " " + all[0].addresses));`;
      await program.setSource(seen({}, "another"));
      const { stdout } = await program.preview();
      expect(stdout).toContain(`SEEN ${String(address)} ${String(address)}`);
      await program.setSource(seen({ interfaces: "{ network: two }" }, "another"));
      expect((await program.preview()).stdout).not.toContain("SEEN");
      await program.setSource(sourceOf(base, subnet));
    });

    test("takes a processor, a disk, a card and a larger disk, gives memory, all without a restart", async () => {
      const source = sourceOf(
        {
          disks: `{ name: "data", pool, size: "32MiB" }, { name: "more", pool, size: "16MiB" }`,
          interfaces: `{ network: one }, { name: "second", network: two }`,
          more: `cores: 2, running: true, waitFor: { address: "ipv4", source: "lease", timeout: "90s" }`,
        },
        subnet,
      ).replace("memory: 192", "memory: 144");
      await program.setSource(source);
      await ok(program.up());
      expect((await program.outputs())["pending"]).toEqual([]);
      expect(await host.virsh(["domid", vm])).toBe(id);
      expect(await host.virsh(["vcpucount", vm, "--live", "--current"])).toBe("2");
      expect(await host.virsh(["domblkinfo", vm, "vda"])).toMatch(/Capacity:\s+33554432\b/);
      expect(await host.virsh(["domblklist", vm])).toMatch(/vdb/);
      // The guest itself gives back the memory and asks for a lease on the new card: it has seen both.
      const ballooned = await poll(
        async () => /actual 147456\b/.test(await host.virsh(["dommemstat", vm])) || undefined,
        60_000,
      );
      expect(ballooned).toBe(true);
      const second = await poll(
        async () => /10\.92\.0\.\d+/.exec(await host.virsh(["domifaddr", vm]))?.[0],
        60_000,
      );
      expect(second).toBeDefined();
      await ok(program.refresh());
      // A refresh does not run the program, so the stack's own outputs stay: the VM's are in its state.
      const { deployment } = await program.exportState();
      const state = (deployment.resources ?? []).find(({ type }) => type.endsWith(":Vm"))?.outputs;
      const found = state?.["interfaces"] as { addresses: string[] }[];
      expect(found.map(({ addresses }) => addresses.join())).toEqual([
        expect.stringMatching(/^10\.91\.0\.\d+$/),
        second,
      ]);
      await ok(program.preview({ expectNoChanges: true, args: ["--diff"] }));
    });

    test("moves its interface to another network under the same MAC address", async () => {
      const before = (await program.outputs())["interfaces"] as { mac: string }[];
      const source = sourceOf(
        {
          disks: `{ name: "data", pool, size: "32MiB" }, { name: "more", pool, size: "16MiB" }`,
          interfaces: `{ network: two }, { name: "second", network: two }`,
          more: `cores: 2, running: true`,
        },
        subnet,
      ).replace("memory: 192", "memory: 144");
      await program.setSource(source);
      await ok(program.up());
      expect(await host.virsh(["domid", vm])).toBe(id);
      const links = (await host.virsh(["domiflist", vm])).split("\n").map((line) => line.trim().split(/\s+/));
      const two = (await program.outputs())["two"];
      expect(links.map(([, , source]) => source)).toEqual([two, two]);
      expect(links.map(([, , , , mac]) => mac)).toEqual(before.map(({ mac }) => mac));
      await ok(program.preview({ expectNoChanges: true, args: ["--diff"] }));
    });

    test("shuts down when it is asked to be off, and the guest agreed", async () => {
      const source = sourceOf(
        {
          disks: `{ name: "data", pool, size: "32MiB" }, { name: "more", pool, size: "16MiB" }`,
          interfaces: `{ network: two }, { name: "second", network: two }`,
          more: `cores: 2, running: false, forceDestroy: false`,
        },
        subnet,
      ).replace("memory: 192", "memory: 144");
      await program.setSource(source);
      await ok(program.up());
      expect(await host.virsh(["domstate", vm, "--reason"])).toBe("shut off (shutdown)");
      await ok(program.preview({ expectNoChanges: true, args: ["--diff"] }));
      await ok(program.destroy());
      expect(await domains()).not.toContain(vm);
    });
  });

  test("one with the agent tells its address through it", async () => {
    const program = programOf("agent", 95, {
      initrd: guest.initrdWithAgent,
      more: `waitFor: { address: "ipv4", source: "agent", timeout: "120s" }`,
    });
    await ok(program.up());
    const { vm, address } = await program.outputs();
    expect(address).toMatch(/^10\.95\.0\.\d+$/);
    expect(await host.virsh(["domifaddr", String(vm), "--source", "agent"])).toContain(String(address));
    await ok(program.destroy());
  });

  test("an address of the wrong family does not count, and the message names it", async () => {
    const program = programOf("family", 97, {
      more: `waitFor: { address: "ipv6", timeout: "30s" }`,
    });
    const { code, stdout } = await program.up();
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/no usable IPv6 address within 30 s \(it has 10\.97\.0\.\d+\)/);
    expect(await domains()).toHaveLength(1);
    await ok(program.destroy());
    expect(await domains()).toEqual([]);
  });

  test("the wait ends when the guest dies, in words that say so", async () => {
    const program = programOf("dying", 99, {
      more: `waitFor: { address: "ipv6", timeout: "20m" }`,
    });
    const running = await program.start("up");
    // With an address of the other family it has started for sure, and only the wait goes on.
    const name = await poll(async () => {
      const [first] = await domains();
      if (first === undefined) return undefined;
      const { stdout } = await host.exec(["virsh", "--quiet", "domifaddr", first], { allowFailure: true });
      return stdout.includes("10.99.0.") ? first : undefined;
    }, 90_000);
    expect(name).toBeDefined();
    await host.virsh(["destroy", String(name)]);
    const { code, stdout } = await running.done;
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/the guest is stopped instead of running, so it will not get an address/);
    await ok(program.destroy());
  });

  test("one that does not listen runs on, unless forceDestroy says otherwise", async () => {
    // Without a kernel nobody hears the power button.
    const deaf = (more: string): string => sourceOf({ more }, 101).replace(/os: \{[^}]*\},/, "");
    const program = programOf("deaf", 101, {});
    await program.setSource(deaf(`running: true, shutdownTimeout: "3s"`));
    await ok(program.up());
    const vm = String((await program.outputs())["vm"]);
    await program.setSource(deaf(`running: false, shutdownTimeout: "3s"`));
    const { code, stdout } = await program.up();
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/did not shut down within 3 s and runs on/);
    expect(await host.virsh(["domstate", vm])).toBe("running");
    await program.setSource(deaf(`running: false, shutdownTimeout: "3s", forceDestroy: true`));
    await ok(program.up());
    expect(await host.virsh(["domstate", vm, "--reason"])).toBe("shut off (destroyed)");
    await ok(program.destroy());
  });
});
