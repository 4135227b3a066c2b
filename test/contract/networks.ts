import { describe, expect, test } from "@jest/globals";
import { expectCode, expectTold, ODD_NAME, ODD_TEXT, type CurrentBench } from "./bench";
import { libvirtForm, lxdForm, type NetworkForm } from "./networkForms";
import type { Missing } from "./setup";

const NOWHERE = "00000000-0000-4000-8000-000000000000";

export function networksContract(bench: CurrentBench, missing: Missing): void {
  const onLibvirt = missing.libvirtNetworks === undefined;
  const networks = onLibvirt ? libvirtForm(bench) : lxdForm(bench);

  describe("networks", () => {
    test("what is not there is undefined, and removing it succeeds", async () => {
      expect(await networks.find("never-made")).toBeUndefined();
      expect(await networks.find(NOWHERE)).toBeUndefined();
      await networks.remove(NOWHERE);
    });

    test("a network is made as it was asked for, active and autostarted", async () => {
      const { driver, witness } = bench();
      const name = bench().name("net");
      const subnet = bench().subnet();
      const inputs = networks.served(subnet);
      const made = await networks.create(name, inputs);
      expect(made).toMatchObject({ name, owner: networks.owner(name) });
      expectTold(networks.kind, networks.spec(name, inputs), made.spec, ...networks.told);
      expect(await networks.find(name)).toEqual(made);
      expect(await networks.find(made.id)).toEqual(made);
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
        bridge: networks.bridgeOf(made),
      });
      await networks.remove(made.id);
      expect(await networks.find(name)).toBeUndefined();
      expect(await witness.network(name)).toBeUndefined();
      await networks.remove(made.id);
    });

    test("making it twice is making it once, and the owner stays", async () => {
      const name = bench().name("twice");
      const inputs = networks.addressed(bench().subnet());
      const first = await networks.create(name, inputs);
      const second = await networks.create(name, inputs);
      expect(second).toEqual(first);
      expect(second.owner).toBe(networks.owner(name));
      await networks.remove(first.id);
    });

    test("a name that another owner has is refused, and its network stays as it is", async () => {
      const name = bench().name("mine");
      const named = (domain: string) => ({
        ...networks.addressed(bench().subnet()),
        ...networks.domain(domain),
      });
      const made = await networks.create(name, named("mine"));
      await expectCode(networks.create(name, named("theirs"), "other/stack/Network/x"), "already-exists");
      expect(await networks.find(name)).toEqual(made);
      await networks.remove(made.id);
    });

    test("a network made by hand is refused and told to have no owner", async () => {
      const { witness } = bench();
      const name = bench().name("by-hand");
      await witness.makeNetwork(name);
      const before = await witness.network(name);
      await expectCode(networks.create(name, networks.addressed(bench().subnet())), "already-exists");
      expect(await witness.network(name)).toEqual(before);
      expect((await networks.find(name))?.owner).toBeUndefined();
      await witness.dropNetwork(name);
    });

    test("one that somebody took away is gone, is not changed, and is made again", async () => {
      const { witness } = bench();
      const name = bench().name("gone");
      const made = await networks.create(name, networks.bare);
      await witness.dropNetwork(name);
      expect(await networks.find(made.id)).toBeUndefined();
      await expectCode(networks.change(made.id, name, networks.bare), "not-found");
      await networks.remove(made.id);
      const anew = await networks.create(name, networks.bare);
      expect((await witness.network(name))?.id).toBe(anew.id);
      await networks.remove(anew.id);
    });

    if (missing.networkChange === undefined) {
      test("changes happen in place: the same network, with the new range", async () => {
        const { witness } = bench();
        const name = bench().name("change");
        const subnet = bench().subnet();
        const made = await networks.create(name, networks.served(subnet));
        const next = { ...networks.served(subnet, 200), ...networks.domain("changed.test") };
        const changed = await networks.change(made.id, name, next);
        expect(changed.id).toBe(made.id);
        expect(networks.bridgeOf(changed)).toBe(networks.bridgeOf(made));
        expectTold(networks.kind, networks.spec(name, next), changed.spec, ...networks.told);
        expect(await witness.network(name)).toMatchObject({
          id: made.id,
          active: true,
          range: [`${subnet}.10`, `${subnet}.200`],
        });
        expect(await networks.change(made.id, name, next)).toEqual(changed);
        await networks.remove(made.id);
      });
    }

    test("changing what is not there is not-found", async () => {
      await expectCode(networks.change(NOWHERE, "gone", networks.bare), "not-found");
    });

    if (onLibvirt) libvirtNetworks(bench, networks);
    else lxdNetworks(bench, networks);
  });
}

function libvirtNetworks(bench: CurrentBench, networks: NetworkForm): void {
  test("names and texts with quotes, angle brackets and ampersands come back as they went", async () => {
    const { witness } = bench();
    const name = bench().name(ODD_NAME);
    const made = await networks.create(name, networks.bare);
    expect(made.name).toBe(name);
    expect((await networks.find(name))?.id).toBe(made.id);
    expect((await witness.network(name))?.id).toBe(made.id);
    await networks.remove(made.id);
    expect(await witness.network(name)).toBeUndefined();
  });

  test("it is switched off and on, and autostart as well", async () => {
    const { witness } = bench();
    const name = bench().name("toggle");
    const inputs = networks.addressed(bench().subnet());
    const made = await networks.create(name, inputs);
    for (const [active, autostart] of [
      [false, false],
      [true, false],
      [true, true],
    ] as const) {
      const changed = await networks.change(made.id, name, { ...inputs, active, autostart });
      expect(changed.spec).toMatchObject({ active, autostart });
      expect(await witness.network(name)).toMatchObject({ id: made.id, active, autostart });
    }
    await networks.remove(made.id);
  });

  test("an isolated network without addresses is one, too", async () => {
    const name = bench().name("isolated");
    const made = await networks.create(name, {});
    expectTold("network", networks.spec(name, {}), made.spec, "active");
    expect((await bench().driver.networks.list()).find(({ id }) => id === made.id)).toMatchObject({
      forwardMode: "none",
      hasDhcp: false,
    });
    await networks.remove(made.id);
  });
}

function lxdNetworks(bench: CurrentBench, networks: NetworkForm): void {
  test.each(["9", "a.b_c-", "Capitals"])(
    "a name that looks like something else is one: %s",
    async (label) => {
      const { witness } = bench();
      const name = bench().name(label);
      const inputs = { ...networks.bare, description: ODD_TEXT, config: { "user.odd": ODD_TEXT } };
      const made = await networks.create(name, inputs);
      expect(made.name).toBe(name);
      expectTold("lxdNetwork", networks.spec(name, inputs), made.spec, "description", "config");
      expect((await witness.network(name))?.id).toBe(name);
      await networks.remove(made.id);
      expect(await witness.network(name)).toBeUndefined();
    },
  );

  test("another name is the same network under it, keys and owner and all", async () => {
    const { witness } = bench();
    const [before, after] = [bench().name("first"), bench().name("second")];
    const inputs = networks.served(bench().subnet());
    const made = await networks.create(before, inputs);
    const renamed = await networks.change(before, after, inputs);
    expect(renamed).toMatchObject({ id: after, name: after, owner: networks.owner(after) });
    expect(renamed.spec).toEqual(made.spec);
    expect(await witness.network(before)).toBeUndefined();
    expect((await witness.network(after))?.active).toBe(true);
    await networks.remove(after);
  });

  test("one without addresses serves nobody, and one that hangs on a device is no bridge", async () => {
    const [bare, hanging] = [bench().name("bare"), bench().name("hanging")];
    await networks.create(bare, networks.bare);
    await networks.create(hanging, { type: "macvlan", parent: bare, mtu: 1400 });
    const listed = await bench().driver.networks.list();
    expect(listed.find(({ name }) => name === bare)).toMatchObject({ forwardMode: "route", hasDhcp: false });
    const other = listed.find(({ name }) => name === hanging);
    expect(other).toMatchObject({ forwardMode: "macvlan", parents: [bare], hasDhcp: false });
    expect(other?.bridge).toBeUndefined();
    await networks.remove(hanging);
    await networks.remove(bare);
  });
}
