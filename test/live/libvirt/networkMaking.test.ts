import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { HostDriver } from "../../../provider/driver/contract";
import type { ThrowawayHost } from "../../../scripts/lib/throwaway-host";
import { failure, objectsBench, type ObjectsBench } from "./objects-bench";

let bench: ObjectsBench;
let host: ThrowawayHost;
let driver: HostDriver;

beforeAll(async () => {
  bench = await objectsBench();
  ({ host, driver } = bench);
});
afterAll(() => bench?.end());

const networkNames = async (): Promise<string[]> =>
  (await host.virsh(["net-list", "--all", "--name"])).split("\n").filter((name) => name !== "");

describe("a network's making", () => {
  test("side by side with others gives each a bridge of its own", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `side-${index}`);
    const sessions = [bench.session(), bench.session()];
    const made = await Promise.all(
      names.map((name, index) => {
        const spec = bench.network(name, { ips: [{ cidr: `10.55.${index}.1/24` }] });
        return (sessions[index % 2] ?? driver).networks.create(spec, { owner: spec.owner });
      }),
    );
    expect(new Set(made.map(({ spec }) => spec.bridge?.name)).size).toBe(12);
    expect((await host.virsh(["net-list", "--name"])).split("\n").sort()).toEqual([...names].sort());
    await Promise.all(made.map(({ id }) => driver.networks.remove(id)));
    for (const each of sessions) await each.close();
    expect(await networkNames()).toEqual([]);
  });

  test("leaves nothing when the subnet or the bridge is taken", async () => {
    const taken = await bench.createNetwork(
      bench.network("taken", { bridge: { name: "vtaken" }, ips: [{ cidr: "10.56.0.1/24" }] }),
    );
    const overlap = await failure(
      bench.createNetwork(bench.network("overlap", { ips: [{ cidr: "10.56.0.1/24" }] })),
    );
    expect(overlap.message).toMatch(/already in use by interface vtaken/);
    expect(overlap.remedy).toMatch(/subnet/);
    const clash = await failure(
      bench.createNetwork(
        bench.network("clash", { bridge: { name: "vtaken" }, ips: [{ cidr: "10.56.1.1/24" }] }),
      ),
    );
    expect(clash.message).toMatch(/bridge name 'vtaken' already in use/);
    expect(await networkNames()).toEqual(["taken"]);
    await driver.networks.remove(taken.id);
  });

  test("finds what a run killed before the start has left, and completes it", async () => {
    const spec = bench.network("cut", { ips: [{ cidr: "10.57.0.1/24" }] });
    const made = await bench.createNetwork(spec);
    // As after the definition: not started, not with the host.
    await host.virsh(["net-destroy", "cut"]);
    await host.virsh(["net-autostart", "cut", "--disable"]);
    const again = await bench.createNetwork(spec);
    expect(again).toEqual(made);
    expect(await host.virsh(["net-info", "cut"])).toMatch(/Active:\s+yes[^]*Autostart:\s+yes/);
    await driver.networks.remove(made.id);
  });

  test("takes over one made by hand with all that it knows nothing about", async () => {
    await bench.byHand(
      "net-define",
      `<network><name>hand</name><metadata><o:note xmlns:o='urn:other'>theirs</o:note></metadata>` +
        `<forward mode='nat'><nat ipv6='yes'><port start='5000' end='6000'/></nat></forward><bridge name='vhand'/>` +
        `<dns><host ip='10.58.0.5'><hostname>five</hostname></host></dns>` +
        `<ip address='10.58.0.1' netmask='255.255.255.0' localPtr='yes'>` +
        `<dhcp><range start='10.58.0.10' end='10.58.0.20'><lease expiry='60' unit='minutes'/></range><bootp file='pxe.0'/></dhcp></ip>` +
        `<route address='10.99.0.0' prefix='16' gateway='10.58.0.9'/></network>`,
    );
    await host.virsh(["net-start", "hand"]);
    const [before, was] = [await bench.ifindex("vhand"), await driver.networks.find("hand")];
    expect(was?.owner).toBeUndefined();
    const input = {
      forward: { mode: "nat", natPorts: { start: 5000, end: 6000 } },
      ips: [{ cidr: "10.58.0.1/24", dhcp: { ranges: [{ start: "10.58.0.10", end: "10.58.0.20" }] } }],
    };
    const spec = bench.network("hand", input);
    const adopted = await bench.changeNetwork(spec);
    expect(adopted.owner).toBe(spec.owner);
    expect(await bench.ifindex("vhand")).toBe(before);
    // Its owner is known at once, though the running network does not show it yet.
    expect(await bench.createNetwork(spec)).toEqual(adopted);
    const xml = await host.virsh(["net-dumpxml", "--inactive", "hand"]);
    for (const theirs of [
      '<o:note xmlns:o="urn:other">theirs</o:note>',
      "<nat ipv6='yes'>",
      "<hostname>five</hostname>",
      "localPtr='yes'",
      "<lease expiry='60' unit='minutes'/>",
      "<bootp file='pxe.0'/>",
      "gateway='10.58.0.9'",
    ])
      expect(xml).toContain(theirs);
    await driver.networks.remove(adopted.id);
  });
});
