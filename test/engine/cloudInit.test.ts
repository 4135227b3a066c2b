import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { sharedHost } from "../support/host";
import { Program } from "../support/pulumi";

const SOURCE = `
const pulumi = require("@pulumi/pulumi");
const { StoragePool, Vm } = require("pulumi-vmhost");
const config = new pulumi.Config();
const host = config.require("address");
const pool = new StoragePool("pool", { host, path: config.require("poolPath") });
const vm = new Vm("seeded", {
  host, memory: 64, domainType: "qemu", running: "paused", disks: [{ pool, size: "16MiB" }],
  cloudInit: { userData: { ssh_authorized_keys: ["ssh-ed25519 SECRET-" + config.require("key")] } },
  graphics: { password: "pass-" + config.require("key") }, ignition: { passwd: "IGNITED" },
});
exports.vm = vm.name;
`;

describe("cloud-init's seed", () => {
  let host: ThrowawayHost;
  let program: Program;
  let vm: string;

  beforeAll(async () => {
    host = await sharedHost();
    program = new Program({
      name: "seed",
      source: SOURCE,
      config: { address: host.address, poolPath: `${poolPath}/seed`, key: "one" },
    });
  });

  afterAll(async () => {
    await program.destroy();
    await program.dispose();
  });

  const seeds = async (): Promise<string[]> =>
    (await host.exec(["ls", `${poolPath}/seed`])).stdout.split("\n").filter((name) => name.endsWith(".iso"));

  const userData = async (): Promise<string> => {
    const [name = ""] = await seeds();
    return (await host.exec(["isoinfo", "-J", "-i", `${poolPath}/seed/${name}`, "-x", "/user-data"])).stdout;
  };

  test("is in a drive of the VM, and its secrets are nowhere in clear", async () => {
    const result = await program.up();
    expect(result.stdout).not.toContain("SECRET-one");
    expect(result.code).toBe(0);
    vm = String((await program.outputs())["vm"]);
    expect(await userData()).toContain("SECRET-one");
    const state = (await program.pulumi(["stack", "export", "--stack", "dev"])).stdout;
    for (const secret of ["SECRET-one", "pass-one", "IGNITED"]) {
      expect(state).not.toContain(secret);
      expect(result.stdout).not.toContain(secret);
    }
    expect((await program.preview({ expectNoChanges: true })).code).toBe(0);
    expect((await program.refresh({ expectNoChanges: true })).code).toBe(0);
  });

  test("changes in place: another image in the same drive of the same guest", async () => {
    const id = await host.virsh(["domid", vm]);
    await program.setConfig("key", "two");
    const preview = await program.preview({});
    expect(preview.steps.filter(({ op }) => op !== "same").map(({ op, name }) => `${op} ${name}`)).toEqual([
      "update seeded",
    ]);
    expect(preview.stdout).not.toMatch(/SECRET-|pass-(one|two)|IGNITED/);
    expect((await program.up()).code).toBe(0);
    expect(await userData()).toContain("SECRET-two");
    expect(await seeds()).toHaveLength(1);
    expect(await host.virsh(["domid", vm])).toBe(id);
    expect(await host.virsh(["dumpxml", vm, "--security-info"])).toContain("passwd='pass-two'");
    expect(await host.virsh(["domblklist", vm])).toContain((await seeds())[0] ?? "none");
    expect((await program.preview({ expectNoChanges: true })).code).toBe(0);
  });

  test("leaves with the VM", async () => {
    expect((await program.destroy()).code).toBe(0);
    expect((await host.exec(["ls", "-A", `${poolPath}/seed`])).stdout).toBe("");
  });
});
