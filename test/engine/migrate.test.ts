import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { connectHosts, poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { ownHost, placeGuest } from "../support/host";
import { Program } from "../support/pulumi";

/** Two hosts of one program; pools and networks have names of their own on each. */
const SOURCE = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, StoragePool, LibvirtNetwork, Vm } = require("pulumi-vmhost");
const config = new pulumi.Config();
const places = [0, 1].map((n) => {
  const host = new VmHost("kvm" + n, { address: config.require("address" + n), migrationAddress: "192.0.2.13" + (7 + n) });
  const pool = new StoragePool("pool" + n, { host, path: config.require("poolPath") });
  const net = new LibvirtNetwork("net" + n, { host, ips: [{ cidr: "10.77." + n + ".1/24" }] });
  return { host, pool, net };
});
const { host, pool, net } = places[config.requireNumber("where")];
const vm = new Vm("roamer", {
  host, memory: 64, name: "roamer", raw: config.require("raw"), running: true,
  migrate: config.getBoolean("migrate"),
  description: config.get("description"),
  disks: [{ pool, size: "64MiB" }],
  interfaces: [{ network: net }],
});
exports.id = vm.id;
exports.mac = vm.interfaces.apply((all) => all[0].mac);
exports.where = vm.host.apply(({ name }) => name);
`;

describe("a VM whose host changes", () => {
  const hosts: ThrowawayHost[] = [];
  let program: Program;
  let first: Record<string, unknown>;

  beforeAll(async () => {
    hosts.push(...(await Promise.all([ownHost(), ownHost()])));
    const [a, b] = hosts as [ThrowawayHost, ThrowawayHost];
    await connectHosts(a, b, ["192.0.2.137/30", "192.0.2.138/30"]);
    const roms = await Promise.all(hosts.map(async (host) => (await placeGuest(host)).haltRom));
    program = new Program({
      name: "roam",
      source: SOURCE,
      config: {
        where: 0,
        address0: a.address,
        address1: b.address,
        poolPath: `${poolPath}/roam`,
        raw: `<os><loader type='rom'>${roms[0]}</loader></os>`,
      },
    });
    expect((await program.up()).code).toBe(0);
    first = await program.outputs();
  });

  afterAll(async () => {
    await program.destroy();
    await program.dispose();
    await Promise.all(hosts.map((host) => host.stop()));
  });

  const virsh = (index: number, ...args: readonly string[]): Promise<string> => {
    const host = hosts[index];
    if (host === undefined) throw new Error("no such host");
    return host.virsh(args);
  };

  test("is refused in preview, which says that it could move with its disks", async () => {
    await program.setConfig("where", 1);
    const { code, stdout } = await program.preview({});
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/cannot change from .* in place.*set `migrate: true` to move it with them/);
  });

  test("runs on where it is when the run is killed on the way, and what is left there is no hindrance", async () => {
    const [file] = ((await hosts[0]?.exec(["ls", `${poolPath}/roam`]))?.stdout ?? "").split("\n");
    await virsh(0, "destroy", "roamer");
    const path = `${poolPath}/roam/${file}`;
    await hosts[0]?.exec(["qemu-io", "-f", "qcow2", "-c", "write -P 3 0 48M", path]);
    await virsh(0, "start", "roamer");
    await virsh(0, "migrate-setspeed", "roamer", "1");
    await program.setConfig("migrate", true);
    const up = await program.start("up");
    await until(async () => /outgoing/i.test(await virsh(0, "domjobinfo", "roamer")));
    for (const pid of await program.processes("provider")) process.kill(pid, "SIGKILL");
    expect((await up.done).code).not.toBe(0);
    await until(async () => /None/.test(await virsh(0, "domjobinfo", "roamer")));
    expect(await virsh(0, "domstate", "roamer")).toBe("running");
    await until(async () => (await virsh(1, "list", "--all", "--name")) === "");
    expect((await hosts[1]?.exec(["ls", `${poolPath}/roam`]))?.stdout.trim()).toBe(file);
    await virsh(0, "migrate-setspeed", "roamer", "4096");
  });

  test("moves with `migrate: true`: the preview says an update, the guest runs on, and it is the same VM", async () => {
    await program.setConfig("description", "moved");
    const steps = (await program.preview({})).steps.filter(({ op }) => op !== "same");
    expect(steps.map(({ op, name }) => `${op} ${name}`)).toEqual(["update roamer"]);
    const { code, stdout } = await program.up();
    expect([code, stdout]).toEqual([0, expect.stringContaining("1 updated")]);
    expect(await program.outputs()).toEqual({ ...first, where: "kvm1" });
    expect([await virsh(0, "list", "--all", "--name"), await virsh(1, "domstate", "roamer")]).toEqual([
      "",
      "running",
    ]);
    expect(await virsh(1, "domstate", "roamer", "--reason")).toMatch(/migrated/);
    expect(await virsh(1, "desc", "roamer", "--config")).toBe("moved");
    expect(await virsh(1, "domiflist", "roamer")).toMatch(
      new RegExp(`net1-\\w+\\s+virtio\\s+${String(first["mac"])}`),
    );
    expect((await hosts[0]?.exec(["ls", `${poolPath}/roam`]))?.stdout).toBe("");
  });

  test("looks unchanged afterwards, and leaves with the program from where it is", async () => {
    for (const run of [program.preview, program.refresh]) {
      const { code, stdout } = await run.call(program, { expectNoChanges: true, args: ["--diff"] });
      if (code !== 0) throw new Error(`not clean:\n${stdout}`);
    }
    expect((await program.destroy()).code).toBe(0);
    expect(await virsh(1, "list", "--all", "--name")).toBe("");
  });
});

async function until(question: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    if (await question()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("it did not come to be within a minute");
}
