import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { ownHost } from "../support/host";
import { Program } from "../support/pulumi";

const HEAD = `
const pulumi = require("@pulumi/pulumi");
const { LibvirtNetwork } = require("pulumi-vmhost");
const config = new pulumi.Config();
const host = config.require("host");
`;

/** Five networks whose bridges the host chooses; `base` keeps the subnets of two programs apart. */
const FIVE = `${HEAD}
for (let index = 0; index < 5; index++)
  new LibvirtNetwork("net" + index, {
    host,
    forward: { mode: "nat" },
    ips: [{ cidr: "10." + config.require("base") + "." + index + ".1/24" }],
  });
`;

const lan = (input: string): string => `${HEAD}
new LibvirtNetwork("lan", { host, name: "lan", bridge: { name: "vlan9" }, ${input} });
`;

describe("networks by the engine", () => {
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

  test("two programs make five each at the same time, every one with a bridge of its own", async () => {
    const both = [program("five-a", FIVE, 71), program("five-b", FIVE, 72)];
    const made = await Promise.all(both.map((each) => each.up()));
    expect(made.map(({ code }) => code)).toEqual([0, 0]);
    const names = await list([]);
    expect(names).toHaveLength(10);
    const bridges = await Promise.all(
      names.map(async (name) => /<bridge name='(\w+)'/.exec(await host.virsh(["net-dumpxml", name]))?.[1]),
    );
    expect(new Set(bridges).size).toBe(10);
    const gone = await Promise.all(both.map((each) => each.destroy()));
    expect(gone.map(({ code }) => code)).toEqual([0, 0]);
    expect(await list(["--all"])).toEqual([]);
  });

  test("a preview refuses a subnet or a bridge that the host or the program has already, and tells of a new bridge", async () => {
    const first = program("lan", lan(`ips: [{ cidr: "10.73.0.1/24" }]`));
    expect((await first.up()).code).toBe(0);
    const other = program("other", "");
    const refusals: [string, RegExp][] = [
      [
        `new LibvirtNetwork("wide", { host, ips: [{ cidr: "10.73.128.1/16" }] });`,
        /ips\[0\]\.cidr .* overlaps 10\.73\.0\.1\/24 of network "lan" on the same host/,
      ],
      [
        `new LibvirtNetwork("named", { host, bridge: { name: "vlan9" } });`,
        /bridge\.name .* is the bridge of network "lan" on the same host/,
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
