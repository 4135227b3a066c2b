import { describe, expect, test } from "@jest/globals";
import {
  chooseDevice,
  chooseNetwork,
  type KnownInterface,
  type Surroundings,
} from "../../../provider/capacity/network";
import {
  parseConstraints,
  parseInterfaceConstraints,
  parseStorageConstraints,
  readConstraints,
} from "../../../provider/schema/network/constraints";

const host = (more: Partial<Surroundings> = {}): Surroundings => ({
  kind: "libvirt",
  networks: [],
  interfaces: [],
  ...more,
});
const network = (name: string, hasDhcp = false, bridge?: string) => ({
  name,
  hasDhcp,
  ...(bridge === undefined ? {} : { bridge }),
});
const device = (
  name: string,
  type: KnownInterface["type"],
  more: Partial<KnownInterface> = {},
): KnownInterface => ({
  name,
  type,
  ...more,
});

describe("nothing is said", () => {
  test("legacy: maas, then default, then advice", () => {
    const both = [network("default", true), network("maas", true)];
    expect(chooseNetwork(host({ networks: both }))).toMatchObject({ network: "maas" });
    expect(chooseNetwork(host({ networks: both.slice(0, 1) }))).toMatchObject({ network: "default" });
    expect(chooseNetwork(host({ networks: [network("lan")] }))).toEqual({
      refused: expect.stringMatching(
        /rule "legacy".*make a network `maas` without DHCP.*There is network "lan"$/,
      ),
    });
  });

  test("dhcp: those two only without DHCP of their own, on a bridge that has it; then a bridge; then another device", () => {
    const interfaces = [
      device("eno1", "physical", { dhcp: true }),
      device("br0", "bridge", { dhcp: false }),
      device("br1", "bridge", { dhcp: true }),
    ];
    const choose = (networks: Surroundings["networks"], some = interfaces) =>
      chooseNetwork(host({ networks, interfaces: some }));
    expect(choose([network("maas", false, "br1")])).toMatchObject({ network: "maas" });
    expect(choose([network("maas", true, "br1")])).toMatchObject({ bridge: "br1" });
    expect(choose([network("maas", false, "br0")])).toMatchObject({ bridge: "br1" });
    expect(choose([network("maas", true, "br1"), network("default", false, "br1")])).toMatchObject({
      network: "default",
    });
    expect(choose([], interfaces.slice(0, 2))).toMatchObject({ macvlan: "eno1" });
    expect(choose([network("maas", true)], interfaces.slice(1, 2))).toEqual({
      refused: expect.stringMatching(/rule "dhcp".*br0 \(bridge\), network "maas" \(with DHCP of its own\)/),
    });
    expect(chooseNetwork(host({ networks: [network("maas", true)], interfaces }), "legacy")).toMatchObject({
      network: "maas",
    });
  });

  test("LXD has no maas network; its default, or one with DHCP", () => {
    const networks = [network("lxdbr0", true), network("maas")];
    expect(chooseNetwork(host({ kind: "lxd", networks }))).toMatchObject({ network: "lxdbr0" });
    expect(
      chooseNetwork(host({ kind: "lxd", networks, interfaces: [device("br0", "bridge", { dhcp: true })] })),
    ).toMatchObject({ bridge: "br0" });
  });
});

describe("constraints", () => {
  const interfaces = [
    device("eno1", "physical", {
      space: "dmz",
      vlan: "10",
      tags: ["fast"],
      subnets: ["10.0.0.0/24", "2001:db8::/64"],
    }),
    device("bond0", "bond", { space: "dmz", vlan: "20", fabric: "f1" }),
    device("br0", "bridge", { space: "dmz", vlan: "30", subnets: ["10.0.3.0/24"] }),
    device("br1", "bridge", { space: "admin" }),
  ];
  const chosen = (text: string) =>
    chooseDevice(host({ interfaces, networks: [network("maas")] }), parseConstraints(text));

  test.each([
    ["space=dmz", { bridge: "br0" }],
    ["space=dmz,not_type=bridge", { macvlan: "bond0" }],
    ["tag=fast", { macvlan: "eno1" }],
    ["ip=10.0.3.7", { bridge: "br0" }],
    ["ip=2001:db8::7", { macvlan: "eno1" }],
    ["subnet=10.0.0.0/24", { macvlan: "eno1" }],
    ["subnet_cidr=10.0.3.0/24", { bridge: "br0" }],
    ["vid=20,fabric=f1", { macvlan: "bond0" }],
    ["space=admin,space=dmz,not_name=br0,not_name=br1", { macvlan: "bond0" }],
  ])("%s", (text, expected) => {
    expect(chosen(text)).toMatchObject(expected);
  });

  test("what nothing meets is told with what there is", () => {
    expect(chosen("space=nope")).toEqual({
      refused: expect.stringMatching(
        /^no interface of the host meets space=nope; there is eno1 \(physical, vlan=10, space=dmz, subnet=10\.0\.0\.0\/24\|2001:db8::\/64, tag=fast\), bond0/,
      ),
    });
  });

  test("nonsense and contradictions are refused in words", () => {
    expect(() => parseConstraints("colour=red")).toThrow(
      /unknown constraint "colour"; there are name, type, tag/,
    );
    expect(() => parseConstraints("dmz")).toThrow(/"dmz" is no constraint; write key=value/);
    expect(() => parseConstraints("space=a,not_space=a")).toThrow(
      /space=a and not_space=a contradict each other/,
    );
    expect(readConstraints({ space: ["a", "b"], vid: 4 })).toEqual({ space: ["a", "b"], vlan: ["4"] });
  });
});

describe("MAAS's strings", () => {
  test("interfaces by label", () => {
    expect(parseInterfaceConstraints("0:space=dmz,vlan=10;lan:subnet_cidr=10.0.0.0/24;")).toEqual([
      { name: "eth0", constraints: { space: ["dmz"], vlan: ["10"] } },
      { name: "lan", constraints: { subnet: ["10.0.0.0/24"] } },
    ]);
    expect(() => parseInterfaceConstraints("space=dmz")).toThrow(/has no label/);
    expect(parseInterfaceConstraints("a:mode=unconfigured,space=x")).toEqual([
      { name: "a", constraints: { mode: ["unconfigured"], space: ["x"] } },
    ]);
    expect(() => parseInterfaceConstraints("a:mode=static")).toThrow(/MAAS knows mode=unconfigured alone/);
    const [first, second] = parseInterfaceConstraints("backup-network-1:space=x;backup-network-2:space=x");
    expect(first?.name).toMatch(/^eth-[0-9a-f]{11}$/);
    expect(second?.name).not.toBe(first?.name);
  });

  test("disks: the first is the root, of the others those that ask for more come first", () => {
    expect(parseStorageConstraints("root:8(local),a:20,data:1.5(ssd, fast)")).toEqual([
      { name: "root", size: "8GB", pools: ["local"] },
      { name: "data", size: "1.5GB", pools: ["ssd", "fast"] },
      { name: "a", size: "20GB", pools: [] },
    ]);
    expect(() => parseStorageConstraints("root:big")).toThrow(/"root:big" is no disk/);
  });
});

describe("cards with SR-IOV functions", () => {
  const card = device("eno3", "physical", {
    space: "fast",
    dhcp: true,
    virtualFunctions: 4,
    functions: ["0000:06:10.0", "0000:06:10.2"],
  });
  const vlan = device("eno3.42", "vlan", { space: "lab", ports: ["eno3"], vlanTag: 42 });
  const on = (kind: "libvirt" | "lxd", text: string, more: Partial<Surroundings> = {}) =>
    chooseDevice(host({ kind, interfaces: [card, vlan], ...more }), parseConstraints(text));

  test("give a function that is free on libvirt, and the card on LXD, which finds one", () => {
    expect(on("libvirt", "space=fast")).toEqual({
      sriov: "0000:06:10.0",
      chosen: "the function 0000:06:10.0 of eno3: space=fast",
    });
    expect(on("libvirt", "space=fast", { taken: new Set(["0000:06:10.0"]) })).toMatchObject({
      sriov: "0000:06:10.2",
    });
    expect(on("lxd", "space=fast")).toEqual({ sriov: "eno3", chosen: "a function of eno3: space=fast" });
  });

  test("give one in the VLAN of a device above them", () => {
    expect(on("libvirt", "space=lab")).toEqual({
      sriov: "0000:06:10.0",
      vlan: { tags: [42] },
      chosen: "the function 0000:06:10.0 of eno3, VLAN 42 of eno3.42: space=lab",
    });
    expect(on("lxd", "space=lab")).toMatchObject({ sriov: "eno3", vlan: { tags: [42] } });
  });

  test("are used by macvtap where all are taken, or the program wants none", () => {
    const taken = new Set(card.functions);
    expect(on("libvirt", "space=fast", { taken })).toMatchObject({ macvlan: "eno3" });
    const none = { interfaces: [{ ...card, sriov: false }, vlan] };
    expect(on("libvirt", "space=fast", none)).toMatchObject({ macvlan: "eno3" });
    expect(on("lxd", "space=lab", none)).toMatchObject({ macvlan: "eno3.42" });
  });

  test("come right behind bridges with DHCP on LXD, and in their turn on libvirt", () => {
    const plain = device("eno1", "physical", { dhcp: true });
    const chosen = (kind: "libvirt" | "lxd", interfaces: readonly KnownInterface[]) =>
      chooseNetwork(host({ kind, interfaces }));
    expect(chosen("lxd", [plain, card])).toMatchObject({ sriov: "eno3" });
    expect(chosen("libvirt", [plain, card])).toMatchObject({ macvlan: "eno1" });
    expect(chosen("lxd", [card, device("br0", "bridge", { dhcp: true })])).toMatchObject({ bridge: "br0" });
  });
});
