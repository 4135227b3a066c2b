import { describe, expect, jest, test } from "@jest/globals";
import { DriverError } from "../../../provider/driver/errors";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { UNKNOWN } from "../../../provider/schema/table/unknown";
import { createMemoryHost, type MemoryHost } from "../../support/memoryDriver";
import { machineAt, Stack } from "./program";

interface Fleet {
  readonly machines: readonly MemoryHost[];
  readonly hosts: readonly Plain[];
}

/** Hosts named a, b, c, … of so many cores; in one zone each, unless told otherwise. */
function fleet(cores: readonly number[], zones: readonly string[] = []): Fleet {
  const machines = cores.map((each) => createMemoryHost({ cores: each, memoryMiB: 65536 }));
  const hosts = machines.map((memory, index) =>
    machineAt(() => memory.session(), {
      name: String.fromCharCode(97 + index),
      zone: zones[index] ?? `rack-${index}`,
    }),
  );
  return { machines, hosts };
}

async function place(stack: Stack, name: string, args: Plain): Promise<string> {
  await stack.up(name, { cores: 1, memory: 1024, ...args });
  return hostOf(stack, name);
}

const hostOf = (stack: Stack, name: string): string =>
  String((stack.state.get(name)?.inputs["host"] as Plain)["name"]);

describe("a VM that may be on several hosts", () => {
  test("goes where there is most room, says where and why, and stays there", async () => {
    const { hosts, machines } = fleet([2, 8, 4]);
    const stack = new Stack("dev");
    expect(await place(stack, "one", { hosts })).toBe("b");
    expect(stack.state.get("one")?.outs["placement"]).toEqual({
      host: "b",
      reason: "of a, b, c: most room; 7 cores and 64512 MiB left with it",
    });
    expect(machines.map(({ witness }) => witness.vms.size)).toEqual([0, 1, 0]);
    for (const other of ["two", "three", "four", "five"]) await place(stack, other, { host: hosts[1] });
    // Another would go elsewhere now; this one is where it is, and nothing of it changes.
    expect(await place(stack, "six", { hosts })).toBe("c");
    expect(await stack.diff("one", { hosts, cores: 1, memory: 1024 })).toBe(false);
    expect(await place(stack, "one", { hosts, description: "still here" })).toBe("b");
    expect(stack.state.get("one")?.outs["placement"]).toMatchObject({ host: "b" });
  });

  test("packed, it goes to the fullest that has room", async () => {
    const { hosts } = fleet([8, 3, 1]);
    const stack = new Stack("dev");
    const results = [];
    for (const name of ["one", "two", "three", "four", "five"])
      results.push(await place(stack, name, { hosts, pack: true }));
    expect(results).toEqual(["c", "b", "b", "b", "a"]);
  });

  test("its like are kept apart, by host and then by zone, also those that a later program finds", async () => {
    const { hosts } = fleet([16, 16, 8, 4], ["x", "x", "y", "z"]);
    const stack = new Stack("dev");
    const results = [];
    for (const name of ["one", "two", "three"])
      results.push(await place(stack, name, { hosts, spread: "web" }));
    expect(results).toEqual(["a", "c", "d"]);
    expect(stack.state.get("one")?.inputs["tags"]).toEqual(["web"]);
    expect(await place(new Stack("later"), "four", { hosts, spread: "web" })).toBe("b");
    expect(await place(new Stack("later"), "other", { hosts, spread: "db" })).toBe("a");
  });

  test("a preview of a whole program counts what it has placed so far", async () => {
    const { hosts, machines } = fleet([2, 2]);
    const stack = new Stack("dev");
    const results: string[] = [];
    for (const name of ["one", "two", "three", "four"]) {
      const { inputs, failures } = await stack.check(name, { hosts, cores: 1, memory: 1024 });
      expect(failures).toEqual([]);
      results.push(String((inputs["host"] as Plain)["name"]));
    }
    expect(results).toEqual(["a", "b", "a", "b"]);
    const [reason] = await stack.preview("five", { hosts, cores: 1, memory: 1024 });
    expect(reason).toMatch(
      /^hosts: none of them has room for this VM:\ncores do not fit on a .*\n[^]*\ncores do not fit on b /,
    );
    expect(machines.map(({ witness }) => witness.vms.size)).toEqual([0, 0]);
    expect(machines.map(({ faults }) => faults.count("vms.list"))).toEqual([1, 1]);
  });

  test("zone and resource pool narrow the hosts down, and say so when none is left", async () => {
    const { hosts } = fleet([8, 2], ["x", "y"]);
    expect(await place(new Stack("dev"), "one", { hosts, zone: "y" })).toBe("b");
    expect(await new Stack("dev").preview("two", { hosts, zone: "z" })).toEqual([
      expect.stringMatching(
        /^hosts: none of them is for this VM \(zone "z"\): a .*zone x, resource pool none; b /,
      ),
    ]);
  });

  test("it goes where its interfaces find what they ask for, and is refused where they do nowhere", async () => {
    const { hosts, machines } = fleet([16, 8, 8]);
    const device = { name: "eno2", type: "physical", virtualFunctions: 0 } as never;
    machines[1]?.witness.interfaces.push(device);
    machines[2]?.witness.interfaces.push(device);
    const vm = (more: Plain = {}): Plain => ({ hosts, interfaces: [{ constraints: "name=eno2", ...more }] });
    const stack = new Stack("dev");
    expect(await place(stack, "one", vm({ macvlanMode: "passthru" }))).toBe("b");
    expect(await place(stack, "two", vm({ macvlanMode: "passthru" }))).toBe("c");
    expect(
      await new Stack("dev").preview("three", { ...vm(), interfaces: [{ constraints: "name=eno9" }] }),
    ).toEqual([
      expect.stringMatching(
        /^hosts: none of them has what the VM's interfaces ask for:\na .*: eth0: [^]*\nb .*: eth0: [^]*\nc .*: eth0: /,
      ),
    ]);
    expect(await place(stack, "four", { hosts })).toBe("a");
  });

  test("it leaves its host only when that can no longer hold what is asked", async () => {
    const { hosts } = fleet([2, 8]);
    const stack = new Stack("dev");
    await place(stack, "big", { host: hosts[1], cores: 7 });
    expect(await place(stack, "one", { hosts })).toBe("a");
    await stack.down("big");
    expect(await place(stack, "one", { hosts, cores: 2 })).toBe("a");
    const later = hosts.map((host) => ({ ...host, password: "the next run" }));
    const { inputs } = await stack.check("one", { hosts: later, cores: 4, memory: 1024, migrate: {} });
    expect(inputs["host"]).toMatchObject({ name: "b" });
    const [refused] = await stack.preview("one", { hosts: later, cores: 9, memory: 1024 });
    expect(refused).toMatch(/requested 7 cores more, 7 cores missing[^]*requested 9 cores, 1 core missing/);
  });

  test("a host that does not answer is not chosen, and keeps what it has", async () => {
    const { hosts, machines } = fleet([8, 2]);
    const stack = new Stack("dev");
    expect(await place(stack, "one", { hosts })).toBe("a");
    const down = new DriverError("no route", { code: "unreachable" });
    machines[0]?.faults.fail("host.facts", down, { times: 99 });
    machines[0]?.faults.fail("vms.list", down, { times: 99 });
    const later = hosts.map((host) => ({ ...host, password: "another session" }));
    expect(await place(new Stack("dev"), "two", { hosts: later })).toBe("b");
    const { inputs } = await stack.check("one", { hosts: later, cores: 1, memory: 1024 });
    expect(inputs["host"]).toMatchObject({ name: "a" });
  });

  test("what contradicts itself is refused, and what is not known yet is not judged", async () => {
    const { hosts } = fleet([2]);
    const stack = new Stack("dev");
    expect(await stack.preview("one", { hosts, host: hosts[0] })).toEqual([
      expect.stringMatching(/^hosts: must name a host, and stands in place of `host`/),
    ]);
    expect(await stack.preview("one", { hosts, adopt: "old" })).toEqual([
      expect.stringMatching(/^hosts: cannot stand beside `adopt`/),
    ]);
    expect(await stack.preview("one", {})).toEqual(["host: is required"]);
    expect(await stack.preview("one", { hosts: UNKNOWN })).toEqual([]);
    expect(await stack.preview("one", { hosts: [{ address: UNKNOWN }], cores: 99 })).toEqual([]);
    expect(await stack.preview("one", { hosts: [{ address: UNKNOWN }, ...hosts] })).toEqual([]);
  });
});

/** Every question that a machine was asked, and how often. */
const questions = ({ faults }: MemoryHost): Record<string, number> =>
  faults.log.reduce<Record<string, number>>((all, call) => ({ ...all, [call]: (all[call] ?? 0) + 1 }), {});

test("a hundred hosts with twenty VMs each are planned by asking each host once, whatever is left to choose", async () => {
  const { hosts, machines } = fleet(Array.from({ length: 100 }, () => 20));
  for (const { witness } of machines) {
    witness.networks.set("maas", { id: "maas", name: "maas", spec: { active: true } as never });
    witness.interfaces.push({ name: "eno2", type: "physical", active: true, ports: [] });
  }
  const stack = new Stack("dev");
  jest.spyOn(process.stdout, "write").mockReturnValue(true);
  jest.spyOn(process.stderr, "write").mockReturnValue(true);
  const used = new Map<string, number>();
  for (let index = 0; index < 2000; index++) {
    const { inputs, failures } = await stack.check(`vm${index}`, {
      host: hosts[index % 100],
      cores: 1,
      memory: 64,
      interfaces: [{}, { macvlan: "eno2" }, { constraints: "name=eno2" }],
      netboot: true,
    });
    expect(failures).toEqual([]);
    const { name } = inputs["host"] as { name: string };
    used.set(name, (used.get(name) ?? 0) + 1);
  }
  jest.restoreAllMocks();
  const once = { "host.facts": 1, "vms.list": 1, "networks.list": 1, "host.interfaces": 1 };
  for (const machine of machines) expect(questions(machine)).toEqual(once);
  expect(new Set(used.values())).toEqual(new Set([20]));
  expect(await stack.preview("last", { host: hosts[7], cores: 1, memory: 64 })).toHaveLength(1);
});

test("a VM that is on none of the hosts it may be on any more is refused at `hosts`, unless it may move", async () => {
  const { hosts } = fleet([4, 4, 4]);
  const stack = new Stack("dev");
  const vm = (some: readonly Plain[], more: Plain = {}): Plain => ({
    ...{ hosts: some, cores: 1, memory: 64, disks: [{ size: 1 }] },
    ...more,
  });
  const { inputs } = await stack.check("one", vm(hosts.slice(0, 1)));
  stack.state.set("one", { id: "1", inputs, outs: inputs });
  expect(await stack.preview("one", vm(hosts.slice(1)))).toEqual([
    expect.stringMatching(/^hosts: cannot change from .* `migrate: true`/),
  ]);
  expect(await stack.preview("one", vm(hosts.slice(1), { migrate: {} }))).toEqual([]);
});
