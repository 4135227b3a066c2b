import { describe, expect, test } from "@jest/globals";
import { expectCode, expectTold, ODD_NAME } from "./bench";
import type { Missing } from "./setup";
import type { CurrentBench } from "./suite";

const NOWHERE = "00000000-0000-4000-8000-000000000000";

export function networksContract(bench: CurrentBench, missing: Missing): void {
  const withDhcp = (subnet: string, end = 100): Record<string, unknown> => ({
    forward: { mode: "nat", natPorts: { start: 2000, end: 3000 } },
    bridge: { stp: false, delay: 2 },
    domain: "contract.test",
    dns: { enabled: false },
    ips: [
      {
        cidr: `${subnet}.1/24`,
        dhcp: {
          ranges: [{ start: `${subnet}.10`, end: `${subnet}.${end}` }],
          hosts: [{ mac: "52:54:00:00:00:07", ip: `${subnet}.7`, name: "seven" }],
        },
      },
    ],
  });

  if (missing.networks !== undefined) return;

  describe("networks", () => {
    test("what is not there is undefined, and removing it succeeds", async () => {
      const { networks } = bench().driver;
      expect(await networks.find("never-made")).toBeUndefined();
      expect(await networks.find(NOWHERE)).toBeUndefined();
      await networks.remove(NOWHERE);
    });

    test("a network is made as it was asked for, active and autostarted", async () => {
      const { driver, witness } = bench();
      const name = bench().name("net");
      const subnet = bench().subnet();
      const spec = bench().network(name, withDhcp(subnet));
      const made = await driver.networks.create(spec, { owner: spec.owner });
      expectTold("network", spec, made.spec, "forward", "bridge", "domain", "ips", "autostart", "active");
      const found = await driver.networks.find(name);
      expect(found).toEqual(made);
      expect(await driver.networks.find(made.id)).toEqual(made);
      expect(await witness.network(name)).toMatchObject({
        id: made.id,
        active: true,
        autostart: true,
        range: [`${subnet}.10`, `${subnet}.100`],
      });
      const listed = (await driver.networks.list()).find((each) => each.name === name);
      expect(listed).toMatchObject({
        id: made.id,
        active: true,
        forwardMode: "nat",
        hasDhcp: true,
        bridge: made.spec.bridge?.name,
      });
      await driver.networks.remove(made.id);
      expect(await driver.networks.find(name)).toBeUndefined();
      expect(await witness.network(name)).toBeUndefined();
      await driver.networks.remove(made.id);
    });

    test("making it twice is making it once, and the owner stays", async () => {
      const { driver } = bench();
      const spec = bench().network(bench().name("twice"), { ips: [{ cidr: `${bench().subnet()}.1/24` }] });
      const first = await driver.networks.create(spec, { owner: spec.owner });
      const second = await driver.networks.create(spec, { owner: spec.owner });
      expect(second).toEqual(first);
      expect(second.owner).toBe(spec.owner);
      await driver.networks.remove(first.id);
    });

    test("a name that another owner has is refused, and its network stays as it is", async () => {
      const { driver } = bench();
      const name = bench().name("mine");
      const spec = bench().network(name, { domain: "mine", ips: [{ cidr: `${bench().subnet()}.1/24` }] });
      const made = await driver.networks.create(spec, { owner: spec.owner });
      const other = bench().network(name, {
        owner: "other/stack/LibvirtNetwork/x",
        domain: "theirs",
        ips: [{ cidr: `${bench().subnet()}.1/24` }],
      });
      await expectCode(driver.networks.create(other, { owner: other.owner }), "already-exists");
      expect(await driver.networks.find(name)).toEqual(made);
      await driver.networks.remove(made.id);
    });

    test("a network made by hand is refused and told to have no owner", async () => {
      const { driver, witness } = bench();
      const name = bench().name("by-hand");
      await witness.makeNetwork(name);
      const before = await witness.network(name);
      const spec = bench().network(name, { ips: [{ cidr: `${bench().subnet()}.1/24` }] });
      await expectCode(driver.networks.create(spec, { owner: spec.owner }), "already-exists");
      expect(await witness.network(name)).toEqual(before);
      expect((await driver.networks.find(name))?.owner).toBeUndefined();
      await witness.dropNetwork(name);
    });

    test("names and texts with quotes, angle brackets and ampersands come back as they went", async () => {
      const { driver, witness } = bench();
      const name = bench().name(ODD_NAME);
      const spec = bench().network(name, { active: false, autostart: false });
      const made = await driver.networks.create(spec, { owner: spec.owner });
      expect(made.name).toBe(name);
      expect((await driver.networks.find(name))?.id).toBe(made.id);
      expect((await witness.network(name))?.id).toBe(made.id);
      await driver.networks.remove(made.id);
      expect(await witness.network(name)).toBeUndefined();
    });

    if (missing.networkChange === undefined) {
      test("changes happen in place: the same network, with the new range", async () => {
        const { driver, witness } = bench();
        const name = bench().name("change");
        const subnet = bench().subnet();
        const spec = bench().network(name, withDhcp(subnet));
        const made = await driver.networks.create(spec, { owner: spec.owner });
        const next = bench().network(name, { ...withDhcp(subnet, 200), domain: "changed.test" });
        const changed = await driver.networks.change(made.id, next, { owner: next.owner });
        expect(changed.id).toBe(made.id);
        expect(changed.spec.bridge?.name).toBe(made.spec.bridge?.name);
        expectTold("network", next, changed.spec, "ips", "domain");
        expect(await witness.network(name)).toMatchObject({
          id: made.id,
          active: true,
          range: [`${subnet}.10`, `${subnet}.200`],
        });
        expect(await driver.networks.change(made.id, next, { owner: next.owner })).toEqual(changed);
        await driver.networks.remove(made.id);
      });
    }

    test("it is switched off and on, and autostart as well", async () => {
      const { driver, witness } = bench();
      const name = bench().name("toggle");
      const input = { ips: [{ cidr: `${bench().subnet()}.1/24` }] };
      const made = await driver.networks.create(bench().network(name, input), {
        owner: bench().owner("LibvirtNetwork", name),
      });
      for (const [active, autostart] of [
        [false, false],
        [true, false],
        [true, true],
      ] as const) {
        const spec = bench().network(name, { ...input, active, autostart });
        const changed = await driver.networks.change(made.id, spec, { owner: spec.owner });
        expect(changed.spec).toMatchObject({ active, autostart });
        expect(await witness.network(name)).toMatchObject({ id: made.id, active, autostart });
      }
      await driver.networks.remove(made.id);
    });

    test("an isolated network without addresses is one, too", async () => {
      const { driver } = bench();
      const spec = bench().network(bench().name("isolated"));
      const made = await driver.networks.create(spec, { owner: spec.owner });
      expectTold("network", spec, made.spec, "active");
      expect((await driver.networks.list()).find(({ id }) => id === made.id)).toMatchObject({
        forwardMode: "none",
        hasDhcp: false,
      });
      await driver.networks.remove(made.id);
    });

    test("changing what is not there is not-found", async () => {
      const spec = bench().network("gone");
      await expectCode(bench().driver.networks.change(NOWHERE, spec, { owner: spec.owner }), "not-found");
    });
  });
}
