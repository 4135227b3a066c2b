import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { ownHost } from "../support/host";
import { Program } from "../support/pulumi";

const HEAD = `
const pulumi = require("@pulumi/pulumi");
const { LibvirtNetwork } = require("pulumi-vmhost");
const config = new pulumi.Config();
const host = config.require("host");
`;

/** Five networks whose bridges the host chooses, and twenty volumes in a pool that others use; `base` keeps two programs apart. */
const MANY = `${HEAD}
const { StorageVolume } = require("pulumi-vmhost");
const base = config.require("base");
for (let index = 0; index < 5; index++)
  new LibvirtNetwork("net" + index, { host, forward: { mode: "nat" }, ips: [{ cidr: "10." + base + "." + index + ".1/24" }] });
const shared = new StorageVolume("base", { host, pool: "many", name: "base-" + base, source: "image.raw" });
for (let index = 1; index < 20; index++)
  new StorageVolume("vol" + index, {
    host,
    pool: "many",
    name: "v" + index + "-" + base,
    ...[{ size: "1MiB" }, { backing: shared }, { copyOf: shared }, { source: "image.raw", size: "3MiB" }][index % 4],
  });
`;

const lan = (input: string): string => `${HEAD}
new LibvirtNetwork("lan", { host, name: "lan", bridge: { name: "vlan9" }, ${input} });
`;

describe("networks and volumes by the engine", () => {
  let host: ThrowawayHost;
  const programs: Program[] = [];
  const program = (name: string, source: string, base = 0): Program => {
    const made = new Program({ name, source, config: { host: host.address, base } });
    programs.push(made);
    return made;
  };

  beforeAll(async () => {
    host = await ownHost();
  });
  afterAll(async () => {
    await Promise.all(programs.map((each) => each.dispose()));
    await host.stop();
  });

  const list = async (args: readonly string[]): Promise<string[]> =>
    (await host.virsh(["net-list", "--name", ...args])).split("\n").filter((name) => name !== "");

  test("two programs make five each and twenty volumes at the same time, in a pool that is looked through meanwhile", async () => {
    await host.virsh(["pool-define-as", "many", "dir", "--target", `${poolPath}/many`]);
    for (const step of ["pool-build", "pool-start"]) await host.virsh([step, "many"]);
    const both = [program("many-a", MANY, 71), program("many-b", MANY, 72)];
    const data = Buffer.alloc(2 ** 21, "noise");
    for (const each of both) {
      await each.prepare();
      await writeFile(join(each.dir, "image.raw"), data);
    }
    const all = Promise.all(both.map((each) => each.up()));
    let busy = true;
    void all.finally(() => (busy = false));
    while (busy) await host.virsh(["pool-refresh", "many"]).catch(() => "");
    const made = await all;
    expect(made.map(({ code, stdout }) => (code === 0 ? "" : stdout))).toEqual(["", ""]);
    const names = await list([]);
    expect(names).toHaveLength(10);
    const bridges = await Promise.all(
      names.map(async (name) => /<bridge name='(\w+)'/.exec(await host.virsh(["net-dumpxml", name]))?.[1]),
    );
    expect(new Set(bridges).size).toBe(10);
    const files = (await host.exec(["ls", `${poolPath}/many`])).stdout.trim().split("\n");
    expect(files).toHaveLength(40);
    for (const file of ["base-71", "v3-72"]) {
      const bytes = await readFile(join(host.dir, "lib", "images", "many", file));
      expect(bytes.subarray(0, data.length).equals(data)).toBe(true);
    }
    const gone = await Promise.all(both.map((each) => each.destroy()));
    expect(gone.map(({ code, stdout }) => (code === 0 ? "" : stdout))).toEqual(["", ""]);
    expect(await list(["--all"])).toEqual([]);
    expect((await host.exec(["ls", "-A", `${poolPath}/many`])).stdout.trim()).toBe("");
  });

  test("a preview refuses a subnet or a bridge that the host or the program has already, and tells of a new bridge", async () => {
    const first = program("lan", lan(`ips: [{ cidr: "10.73.0.1/24" }]`));
    expect((await first.up()).code).toBe(0);
    const other = program("other", "");
    const refusals: [string, RegExp][] = [
      [
        `new LibvirtNetwork("wide", { host, ips: [{ cidr: "10.73.128.1/16" }] });`,
        /ips\[0\]\.cidr: overlaps 10\.73\.0\.1\/24 of network "lan" on the same host/,
      ],
      [
        `new LibvirtNetwork("named", { host, bridge: { name: "vlan9" } });`,
        /bridge\.name: is the bridge of network "lan" on the same host/,
      ],
      [
        `const one = new LibvirtNetwork("one", { host, name: "one", ips: [{ cidr: "10.74.0.1/24" }] });
         new LibvirtNetwork("two", { host, ips: [{ cidr: "10.74.0.2/24" }] }, { dependsOn: one });`,
        /overlaps 10\.74\.0\.1\/24 of network "one" on the same host/,
      ],
    ];
    for (const [source, words] of refusals) {
      await other.setSource(HEAD + source);
      const { code, stdout } = await other.preview();
      expect(code).not.toBe(0);
      expect(stdout).toMatch(words);
    }
    expect(await list(["--all"])).toEqual(["lan"]);

    await first.setSource(lan(`ips: [{ cidr: "10.73.0.1/24" }], portGroups: [{ name: "fast" }]`));
    expect((await first.preview()).stdout).not.toContain("made anew");
    await first.setSource(lan(`ips: [{ cidr: "10.73.1.1/24" }], mtu: 1400`));
    const { stdout } = await first.preview();
    expect(stdout).toMatch(
      /LibvirtNetwork lan: .*mtu.* need its bridge to be made anew; running VMs stay on it/,
    );
    expect((await first.destroy()).code).toBe(0);
  });
});
