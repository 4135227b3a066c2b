import { describe, expect, test } from "@jest/globals";
import { DriverError } from "../../../provider/driver/errors";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { createMemoryHost, type MemoryHost } from "../../support/memoryDriver";
import { machineAt, Stack } from "./program";

function hostWith(networks: readonly string[]): MemoryHost {
  const memory = createMemoryHost();
  for (const name of networks)
    memory.witness.networks.set(name, { id: name, name, spec: { active: true } as never });
  memory.witness.interfaces.push(
    { name: "br0", type: "bridge", active: true, ports: [] },
    { name: "eno2", type: "physical", active: true, ports: [] },
  );
  return memory;
}

const eth0 = (stack: Stack, name: string): Plain =>
  (stack.state.get(name)?.outs["interfaces"] as Plain[])[0] ?? {};

describe("interfaces that name nothing", () => {
  test("get a network, which is an output with its reason and stays when the host changes", async () => {
    const memory = hostWith(["default"]);
    const host = machineAt(() => memory.session());
    const stack = new Stack("dev");
    const vm = (more: Plain = {}): Plain => ({ host, interfaces: [{}], ...more });
    await stack.up("web", vm());
    expect(eth0(stack, "web")).toMatchObject({ network: "default", chosen: 'the network "default"' });
    memory.witness.networks.set("maas", { id: "maas", name: "maas", spec: { active: true } as never });
    const later = machineAt(() => memory.session());
    expect(await stack.diff("web", vm({ host: { ...host, password: "the next run" } }))).toBe(false);
    await new Stack("dev").up("other", { host: later, interfaces: [{}] });
    const fresh = new Stack("dev");
    await fresh.up("third", { host: later, interfaces: [{}] });
    expect(eth0(fresh, "third")).toMatchObject({ network: "maas" });
  });

  test("an address among the constraints is the guest's by cloud-init, unless the program configures it", async () => {
    const memory = hostWith([]);
    const host = machineAt(() => memory.session(), {
      knownInterfaces: [{ name: "br0", subnets: ["10.0.0.0/24"] }],
    });
    const stack = new Stack("dev");
    const vm = (cloudInit?: Plain): Plain => ({
      host,
      interfaces: [{ constraints: "ip=10.0.0.7" }],
      ...(cloudInit === undefined ? {} : { cloudInit }),
    });
    const told = async (name: string, program: Plain): Promise<unknown> => {
      await stack.up(name, program);
      return stack.state.get(name)?.outs["cloudInit"];
    };
    const given = await told("web", vm({ userData: "#cloud-config" }));
    expect(given).toMatchObject({
      networkConfig: { version: 2, ethernets: { eth0: { addresses: ["10.0.0.7/24"] } } },
    });
    expect(await stack.diff("web", vm({ userData: "#cloud-config" }))).toBe(false);
    expect(await told("own", vm({ networkConfig: "version: 2" }))).toEqual({ networkConfig: "version: 2" });
    expect(await told("none", vm())).toBeUndefined();
  });

  test("with constraints they go straight to a device, chosen anew only for other constraints", async () => {
    const memory = hostWith(["default"]);
    const host = machineAt(() => memory.session(), {
      knownInterfaces: [
        { name: "br0", space: "dmz" },
        { name: "eno2", space: "storage", tags: ["fast"] },
      ],
    });
    const stack = new Stack("dev");
    const vm = (constraints: unknown): Plain => ({ host, interfaces: [{ constraints }] });
    await stack.up("web", vm({ space: "dmz" }));
    expect(eth0(stack, "web")).toMatchObject({ bridge: "br0" });
    expect(await stack.diff("web", vm("space=dmz"))).toBe(false);
    await stack.up("web", vm("tag=fast"));
    expect(eth0(stack, "web")).toMatchObject({ macvlan: "eno2", chosen: "a macvtap on eno2: tag=fast" });
    expect(eth0(stack, "web")["bridge"]).toBeUndefined();
    expect(await stack.preview("db", vm("space=nope"))).toEqual([
      expect.stringMatching(/^interfaces\[0\]: no interface of the host meets space=nope; there is br0 /),
    ]);
    expect(await stack.preview("db", vm("space=a,not_space=a"))).toEqual([
      expect.stringMatching(/^interfaces\[0\]\.constraints: .*contradict each other/),
    ]);
  });

  test("a host without any of it says what to do", async () => {
    const memory = hostWith([]);
    const [reason] = await new Stack("dev").preview("web", {
      host: machineAt(() => memory.session()),
      interfaces: [{}],
    });
    expect(reason).toMatch(/^interfaces\[0\]: nothing on the host is chosen for it \(rule "legacy"\)/);
  });

  test("a device in passthru is for one guest alone", async () => {
    const memory = hostWith([]);
    const host = machineAt(() => memory.session());
    const stack = new Stack("dev");
    const on = (macvlanMode?: string): Plain => ({ host, interfaces: [{ macvlan: "eno2", macvlanMode }] });
    expect(await stack.preview("one", on())).toEqual([]);
    expect(await stack.preview("two", on("bridge"))).toEqual([]);
    expect(await stack.preview("three", on("passthru"))).toEqual([
      expect.stringMatching(
        /^interfaces\[0\]\.macvlan: "eno2" in mode passthru is for one guest alone; interface "eth0" of VM "one"/,
      ),
    ]);
    const alone = machineAt(() => memory.session(), { defaultMacvlanMode: "passthru" });
    expect(await stack.preview("one", { ...on(), host: alone })).toEqual([]);
    expect(await stack.preview("one", { ...on(), host: alone })).toEqual([]);
    expect(await stack.preview("two", { ...on(), host: alone })).toHaveLength(1);
  });
});

describe("a device in passthru", () => {
  /** A VM that another program, or nobody, has declared. */
  const byHand = (memory: MemoryHost, name: string, interfaces: readonly Plain[]): Promise<{ id: string }> =>
    memory.driver.vms.create(
      { host: { address: "qemu:///system" }, name, cores: 1, memory: 64, owner: name, interfaces } as never,
      { owner: name },
    );
  const on = (host: Plain, macvlanMode?: string): Plain => ({
    host,
    interfaces: [{ macvlan: "eno2", macvlanMode }],
  });

  test("is refused beside a VM of somebody else, running or not, and theirs is beside ours", async () => {
    const memory = hostWith([]);
    const other = await byHand(memory, "theirs", [{ name: "eth0", macvlan: "eno2", macvlanMode: "bridge" }]);
    const stack = new Stack("dev");
    expect(await stack.preview("one", on(machineAt(() => memory.session())))).toEqual([]);
    expect(
      await stack.preview(
        "one",
        on(
          machineAt(() => memory.session()),
          "passthru",
        ),
      ),
    ).toEqual([
      expect.stringMatching(
        /^interfaces\[0\]\.macvlan: "eno2" .*one guest alone; interface "eth0" of VM "theirs"/,
      ),
    ]);
    expect(memory.faults.count("vms.list")).toBe(2);
    await memory.driver.vms.remove(other.id);
    await byHand(memory, "alone", [{ name: "nic", macvlan: "eno2", macvlanMode: "passthru" }]);
    expect(await stack.preview("one", on(machineAt(() => memory.session())))).toEqual([
      expect.stringMatching(/interface "nic" of VM "alone"/),
    ]);
  });

  test("stays with the VM that has it, also one that is adopted, and a bridge of that name is no macvlan", async () => {
    const memory = hostWith([]);
    const stack = new Stack("dev");
    const host = machineAt(() => memory.session());
    await stack.up("one", on(host, "passthru"));
    const later = { ...host, password: "the next run" };
    expect(await stack.preview("one", on(later, "passthru"))).toEqual([]);
    expect(await new Stack("prod").preview("two", on({ ...host, password: "another program" }))).toHaveLength(
      1,
    );
    await stack.down("one");
    await byHand(memory, "old", [{ name: "eth0", macvlan: "eno2", macvlanMode: "passthru" }]);
    const third = { ...host, password: "a third" };
    expect(await stack.preview("adopted", { ...on(third, "passthru"), adopt: "old" })).toEqual([]);
  });

  test("is asked of a host once, and of one that does not answer not at all", async () => {
    const memory = hostWith([]);
    memory.faults.fail("vms.list", new DriverError("no route", { code: "unreachable" }), { times: 9 });
    const host = machineAt(() => memory.session());
    expect(await new Stack("dev").preview("one", on(host, "passthru"))).toEqual([]);
    expect(memory.faults.count("vms.list")).toBe(1);
    memory.faults.clear();
  });
});

describe("a card with SR-IOV functions", () => {
  const functions = ["0000:06:10.0", "0000:06:10.2"];
  const card = {
    name: "eno3",
    type: "physical",
    active: true,
    ports: [],
    virtualFunctions: 4,
    functions,
  } as const;

  test("gives each interface of the program another, and none that a VM of the host has", async () => {
    const memory = hostWith([]);
    memory.witness.interfaces.push(card);
    const host = machineAt(() => memory.session());
    const stack = new Stack("dev");
    const vm = (more: Plain = {}): Plain => ({ host, interfaces: [{ constraints: "name=eno3", ...more }] });
    await stack.up("one", vm());
    expect(eth0(stack, "one")).toMatchObject({ sriov: "0000:06:10.0" });
    const first = await stack.check("two", vm());
    expect(first.inputs["interfaces"]).toMatchObject([{ sriov: "0000:06:10.2" }]);
    // An up checks again what its preview has checked.
    expect((await stack.check("two", vm())).inputs["interfaces"]).toMatchObject([{ sriov: "0000:06:10.2" }]);
    expect((await stack.check("three", vm())).inputs["interfaces"]).toMatchObject([{ macvlan: "eno3" }]);
    const later = { ...host, password: "another program" };
    expect(
      (await new Stack("prod").check("four", { ...vm(), host: later })).inputs["interfaces"],
    ).toMatchObject([{ sriov: "0000:06:10.2" }]);
    expect(await stack.diff("one", vm())).toBe(false);
  });

  test("gives none to an interface that asks for what a function cannot do", async () => {
    const memory = hostWith([]);
    memory.witness.interfaces.push(card);
    const host = machineAt(() => memory.session(), { vmDefaults: { nic: { filter: "clean-traffic" } } });
    const { inputs } = await new Stack("dev").check("one", {
      host,
      interfaces: [{ constraints: "name=eno3" }],
    });
    expect(inputs["interfaces"]).toMatchObject([{ macvlan: "eno3" }]);
  });

  test("is named in each kind of host's own way", async () => {
    const stack = new Stack("dev");
    const refused = (address: string, sriov: string): Promise<string[]> =>
      stack.preview("one", { host: { address }, interfaces: [{ sriov }] });
    expect(await refused("qemu:///system", "eno3")).toEqual([
      expect.stringMatching(/^interfaces\[0\]\.sriov: must be the PCI address .*`constraints: "name=eno3"`/),
    ]);
    expect(await refused("https://192.0.2.1:8443", "0000:06:10.0")).toEqual([
      expect.stringMatching(/^interfaces\[0\]\.sriov: must be a device of the host, such as eno3/),
    ]);
    expect(await refused("https://192.0.2.1:8443", "eno3")).toEqual([]);
  });
});

describe("a VM that boots from the network", () => {
  const interfaces = [{ network: "default" }];

  test("boots from it first, on either kind of host, and from disk again when that is taken back", async () => {
    const memory = hostWith(["default"]);
    const host = machineAt(() => memory.session(), { knownInterfaces: [{ name: "br0", dhcp: true }] });
    const stack = new Stack("dev");
    const vm = (more: Plain): Plain => ({ host, interfaces: [{ bridge: "br0" }], ...more });
    await stack.up("web", vm({ netboot: true }));
    expect(stack.state.get("web")?.outs).toMatchObject({
      netbootReady: true,
      os: { boot: ["network", "hd"] },
    });
    expect(await stack.diff("web", vm({ netboot: true }))).toBe(false);
    await stack.up("web", vm({}));
    expect(stack.state.get("web")?.outs).toMatchObject({ os: { boot: ["hd"] } });
    expect(stack.state.get("web")?.outs).not.toHaveProperty("netbootReady");
    expect(await stack.diff("web", vm({}))).toBe(false);
    const [first] = (
      await stack.check("lxd", {
        host: { address: "https://192.0.2.1:8443" },
        netboot: true,
        interfaces: [{ network: "lxdbr0" }],
      })
    ).inputs["interfaces"] as Plain[];
    expect(first).toMatchObject({ bootOrder: 1 });
  });

  test("is refused where nothing can tell it what to boot, and is not where nothing is known", async () => {
    const memory = hostWith(["default"]);
    const told = machineAt(() => memory.session(), {
      knownInterfaces: [
        { name: "br0", dhcp: false },
        { name: "eno2", dhcp: true },
      ],
    });
    const stack = new Stack("dev");
    expect(
      await stack.preview("web", { host: told, netboot: true, interfaces: [{ bridge: "br0" }] }),
    ).toEqual([
      expect.stringMatching(
        /^netboot: needs DHCP that tells the guest what to boot, and none .*: eth0 \(br0\)/,
      ),
    ]);
    expect(await stack.preview("web", { host: told, netboot: true })).toEqual([
      expect.stringMatching(/^netboot: .*it has no interface/),
    ]);
    const unknown = machineAt(() => memory.session());
    const { inputs, failures } = await stack.check("web", { host: unknown, netboot: true, interfaces });
    expect([failures, inputs["netbootReady"]]).toEqual([[], false]);
    const silent = machineAt(() => memory.session());
    memory.faults.fail("networks.list", new DriverError("no route", { code: "unreachable" }), { times: 9 });
    expect(await stack.preview("db", { host: silent, netboot: true, interfaces })).toEqual([]);
    memory.faults.clear();
  });

  test("says so in one way", async () => {
    const host = machineAt(() => hostWith(["default"]).session());
    const stack = new Stack("dev");
    const refused = (more: Plain): Promise<string[]> =>
      stack.preview("web", { host, netboot: true, interfaces, ...more });
    expect(await refused({ os: { boot: ["hd"] } })).toEqual([
      expect.stringMatching(/^netboot: .*`os\.boot`/),
    ]);
    expect(await refused({ os: { kernel: "/k" } })).toEqual([
      expect.stringMatching(/^netboot: .*`os\.kernel`/),
    ]);
    expect(await refused({ interfaces: [{ network: "default", bootOrder: 2 }] })).toEqual([
      expect.stringMatching(/^netboot: .*`bootOrder`/),
    ]);
  });
});
