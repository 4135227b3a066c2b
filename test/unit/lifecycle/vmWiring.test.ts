import { describe, expect, test } from "@jest/globals";
import type { HostDriver, HostFacts, HostInterface, NetworkSummary } from "../../../provider/driver/contract";
import { DriverError } from "../../../provider/driver/errors";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { libvirtNetwork } from "../../../provider/lifecycle/libvirtNetwork";
import { createMemoryHost } from "../../support/memoryDriver";
import { machineAt, Stack } from "./program";

const network = (name: string, forwardMode: string, more: Partial<NetworkSummary> = {}): NetworkSummary => ({
  ...{ id: name, name, active: true, forwardMode, hasDhcp: false },
  ...more,
});
const device = (name: string, type: HostInterface["type"]): HostInterface => ({
  ...{ name, type, active: true, ports: [] },
});

const NETWORKS = [
  network("lan", "nat", { bridge: "virbr0" }),
  network("slow", "route", { bridge: "virbr1", inboundLimit: 2000 }),
  network("dark", "nat", { active: false }),
  network("house", "bridge", { bridge: "br0" }),
  network("ovs", "bridge", { bridge: "ovs0", switches: ["openvswitch"] }),
  network("tap", "bridge", { parents: ["eno2"] }),
  network("own", "passthrough", { parents: ["eno2"] }),
  network("cards", "hostdev", { parents: ["eno3"] }),
];
const DEVICES = [device("br0", "bridge"), device("eno2", "physical"), device("eno3", "physical")];

/** A host with those networks and devices, which counts how often it is asked. */
function hostWith(facts: Partial<HostFacts> = {}, settings: Plain = {}, devices = DEVICES) {
  const { driver: memory } = createMemoryHost();
  const there = [...NETWORKS];
  const asked = { count: 0 };
  const driver: HostDriver = {
    ...memory,
    facts: async () => ({ ...(await memory.facts()), version: "9.0.0", ...facts }),
    interfaces: async () => devices,
    networks: {
      ...memory.networks,
      list: async () => {
        asked.count++;
        return [...there];
      },
    },
  };
  return { host: machineAt(() => driver, settings), there, asked, memory };
}

const { host } = hostWith();
const refused = (nic: Plain, more: Plain = {}): Promise<string[]> =>
  new Stack("dev").preview("web", { host, memory: 64, interfaces: [nic], ...more });

describe("what an interface names and the host has not", () => {
  test.each<[Plain, string]>([
    [
      { network: "lam" },
      'network: kvm1 (ADDRESS) has no network "lam"; did you mean "lan"?; where this program makes it, give the name of the LibvirtNetwork itself',
    ],
    [
      { network: "dark" },
      'network: the network "dark" of kvm1 (ADDRESS) is off, and the VM would not start; start it, or set `running: false` and `validateStart: false`',
    ],
    [
      { bridge: "br00" },
      'bridge: kvm1 (ADDRESS) has no device "br00"; did you mean "br0"?; what is made before the VM in another way, name in `knownInterfaces` of the VmHost',
    ],
    [
      { bridge: "eno2" },
      'bridge: eno2 of kvm1 (ADDRESS) is no bridge; `macvlan: "eno2"` puts the VM on it without one',
    ],
    [
      { macvlan: "wlan0" },
      'macvlan: kvm1 (ADDRESS) has no device "wlan0"; what is made before the VM in another way, name in `knownInterfaces` of the VmHost',
    ],
  ])("is refused at its place: %j", async (nic, words) => {
    const [message = "", ...more] = await refused(nic);
    expect(message.replace(/\(qemu\S+\)/, "(ADDRESS)")).toBe(`interfaces[0].${words}`);
    expect(more).toEqual([]);
  });

  test("is what it was before, or not to be started, or on a host that tells of none", async () => {
    const off = { running: false, validateStart: false };
    expect(await refused({ network: "dark" }, off)).toEqual([]);
    expect(await refused({ network: "dark" }, { running: false })).toHaveLength(1);
    const mute = hostWith({}, {}, []).host;
    const told = hostWith({}, { knownInterfaces: [{ name: "br9", type: "bridge" }] }).host;
    expect(await refused({ bridge: "br9" }, { host: mute })).toEqual([]);
    expect(await refused({ bridge: "br9" }, { host: told })).toEqual([]);
    expect(await refused({ bridge: "virbr1" })).toEqual([]);
  });

  test("is looked for anew before anything is refused, and no more for a VM that has it", async () => {
    const { host: mine, there, asked, memory } = hostWith();
    await memory.networks.create({ name: "lan", active: true } as never, { owner: "shop/dev/x/lan" });
    const stack = new Stack("dev");
    const vm = (name: string): Plain => ({ host: mine, memory: 64, interfaces: [{ network: name }] });
    await stack.up("web", vm("lan"));
    expect(asked.count).toBe(1);
    there.push(network("late", "nat"));
    expect(await stack.preview("web", vm("late"))).toEqual([]);
    expect(asked.count).toBe(2);
    there.splice(0);
    expect(await stack.preview("web", vm("lan"))).toEqual([]);
    expect(await stack.preview("web", vm("nowhere"))).toHaveLength(1);
  });

  test("may be what the same program makes, with its own traits", async () => {
    const { host: mine } = hostWith();
    const make = (name: string, more: Plain) =>
      providerFor(libvirtNetwork).check({}, { host: mine, owner: `shop/dev/x/${name}`, name, ...more });
    await make("fresh", { bridge: { name: "br-new" }, forward: { mode: "nat" } });
    await make("asleep", { active: false });
    await make("wide", {
      forward: { mode: "bridge" },
      bridge: { name: "ovs1" },
      virtualPort: { type: "openvswitch" },
    });
    const on = (nic: Plain) => refused(nic, { host: mine });
    expect(await on({ network: "fresh" })).toEqual([]);
    expect(await on({ bridge: "br-new" })).toEqual([]);
    expect(await on({ network: "wide", vlan: { tags: [5] } })).toEqual([]);
    expect(await on({ network: "fresh", vlan: { tags: [5] } })).toHaveLength(1);
    expect(await on({ network: "asleep" })).toHaveLength(1);
  });

  test("is no matter of a host that does not answer", async () => {
    const { driver: memory } = createMemoryHost();
    const lost = async (): Promise<never> => {
      throw new DriverError("the line is dead", { code: "unreachable" });
    };
    const driver: HostDriver = { ...memory, networks: { ...memory.networks, list: lost } };
    expect(await refused({ network: "x" }, { host: machineAt(() => driver) })).toEqual([]);
  });
});

describe("what a network cannot give an interface", () => {
  const VLAN = { vlan: { tags: [5] } };
  const FLOOR = { bandwidth: { inbound: { average: 10, floor: 3000 } } };
  const RULE =
    "has no VLANs for each interface; networks of Open vSwitch, of SR-IOV functions and of macvtap in mode passthrough have (libvirt's rule)";

  test.each<[Plain, string]>([
    [{ network: "lan", ...VLAN }, `vlan: the network "lan" (nat) ${RULE}`],
    [{ network: "house", ...VLAN }, `vlan: the network "house" (bridge) ${RULE}`],
    [{ network: "tap", ...VLAN }, `vlan: the network "tap" (bridge) ${RULE}`],
    [
      { network: "lan", ...FLOOR },
      'bandwidth.inbound.floor: needs `bandwidth.inbound` on the network "lan" (nat), of which it is a part (libvirt\'s rule)',
    ],
    [
      { network: "slow", ...FLOOR },
      'bandwidth.inbound.floor: 3000 KiB/s is above the 2000 of the network "slow" (route)',
    ],
    [
      { network: "house", ...FLOOR },
      'bandwidth.inbound.floor: needs a network of mode nat, route, open or none (libvirt\'s rule); the network "house" (bridge) is another',
    ],
    [
      { network: "lan", virtualPort: { type: "openvswitch" } },
      'virtualPort.type: the network "lan" (nat) leads to no switch of type openvswitch (libvirt\'s rule)',
    ],
    [
      { network: "tap", isolated: true },
      'isolated: needs a bridge, and the network "tap" (bridge) has none (libvirt\'s rule)',
    ],
    [
      { network: "own", filter: "clean-traffic" },
      'filter: needs a bridge, and the network "own" (passthrough) has none (libvirt\'s rule)',
    ],
    [
      { network: "cards", bandwidth: { inbound: { average: 10 } } },
      'bandwidth: means nothing on the network "cards" (hostdev), whose guests have a card of their own',
    ],
    [
      { bridge: "br0", ...VLAN },
      'vlan: a Linux bridge has VLANs per port since libvirt 11.0.0 only; use a bridge of the VLAN, or `virtualPort: { type: "openvswitch" }`',
    ],
  ])("%j is refused at its place", async (nic, words) => {
    expect(await refused(nic)).toEqual([`interfaces[0].${words}`]);
  });

  test.each<Plain>([
    { network: "ovs", ...VLAN },
    { network: "own", ...VLAN },
    { network: "cards", ...VLAN },
    { network: "house", virtualPort: { type: "openvswitch" }, ...VLAN },
    { network: "slow", bandwidth: { inbound: { average: 10, floor: 2000 } } },
    { network: "tap", virtualPort: { type: "802.1Qbh", profileId: "a" } },
    { network: "lan", isolated: true, filter: "clean-traffic" },
  ])("%j is not", async (nic) => {
    expect(await refused(nic)).toEqual([]);
  });

  test("a later libvirt can do more of a Linux bridge", async () => {
    const { host: late } = hostWith({ version: "11.0.0" });
    expect(await refused({ bridge: "br0", ...VLAN }, { host: late })).toEqual([]);
    expect(await refused({ network: "house", ...VLAN }, { host: late })).toEqual([]);
    expect(await refused({ network: "lan", ...VLAN }, { host: late })).toHaveLength(1);
  });
});
