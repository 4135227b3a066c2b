import { describe, expect, test } from "@jest/globals";
import type { VmSummary } from "../../../provider/driver/contract";
import { DriverError } from "../../../provider/driver/errors";
import { capacityOf } from "../../../provider/lifecycle/ask/inventory";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import type { HostConnection } from "../../../provider/schema/address/connection";
import { UNKNOWN } from "../../../provider/schema/table/unknown";
import { createMemoryHost, type MemoryHost } from "../../support/memoryDriver";
import { machineAt, Stack } from "./program";

const small = (host: Plain, more: Plain = {}): Plain => ({ host, cores: 1, memory: 1024, ...more });

const names = ({ witness }: MemoryHost): string[] => [...witness.vms.values()].map(({ name }) => name).sort();

async function outcome(work: Promise<void>): Promise<string> {
  return work.then(
    () => "made",
    (error: unknown) => (error as Error).message,
  );
}

/** A VM that nobody declared. */
async function byHand({ driver }: MemoryHost, name: string, cores: number, memory = 1024): Promise<string> {
  const host = { address: "qemu:///system" } as never;
  const made = await driver.vms.create({ host, name, cores, memory, owner: "hand" } as never, {
    owner: "hand",
  });
  return made.id;
}

describe("the worked scenario: 4 cores and 12 GB, four VMs of 2 cores and 4 GB", () => {
  const run = async (ratios: Plain): Promise<string[]> => {
    const memory = createMemoryHost({ cores: 4, memoryMiB: 12288 });
    const host = machineAt(() => memory.session(), ratios);
    const stack = new Stack("dev");
    const results: string[] = [];
    for (const name of ["one", "two", "three", "four"])
      results.push(await outcome(stack.up(name, { host, cores: 2, memory: "4GiB" })));
    expect(memory.witness.vms.size).toBe(results.filter((each) => each === "made").length);
    return results;
  };

  test("all of them at 2 and 1.34", async () => {
    const results = await run({ cpuOvercommitRatio: 2, memoryOvercommitRatio: 1.34 });
    expect(results).toEqual(["made", "made", "made", "made"]);
  });

  test("at 1.3333 the fourth is one MiB too much", async () => {
    const [, , , fourth] = await run({ cpuOvercommitRatio: 2, memoryOvercommitRatio: 1.3333 });
    expect(fourth).toMatch(
      /^memory does not fit on kvm1 .*\n {2}requested 4096 MiB, 1 MiB missing; left 4095 MiB of 16383 MiB \(12288 MiB × 1\.3333; used 12288\)\n/,
    );
  });

  test("at 1 and 1 the third has no cores, the fourth neither", async () => {
    const results = await run({});
    expect(results.slice(0, 2)).toEqual(["made", "made"]);
    expect(results[2]).toMatch(/^cores do not fit/);
    expect(results[3]).toMatch(/^cores do not fit/);
  });
});

describe("at create", () => {
  test("of many at once as many are made as fit, and what is refused leaves nothing", async () => {
    const memory = createMemoryHost({ cores: 5 });
    memory.faults.delay("vms/define", 2);
    const host = machineAt(() => memory.session());
    const stack = new Stack("dev");
    const all = Array.from({ length: 12 }, (_, index) => `vm${index}`);
    const results = await Promise.all(all.map((name) => outcome(stack.up(name, small(host)))));
    expect(results.filter((each) => each === "made")).toHaveLength(5);
    expect(names(memory)).toHaveLength(5);
    expect(
      results.filter((each) => each !== "made").every((each) => each.startsWith("cores do not fit")),
    ).toBe(true);
  });

  test("VMs that nobody declared count, running or not", async () => {
    const memory = createMemoryHost({ cores: 4 });
    await byHand(memory, "old", 3);
    const host = machineAt(() => memory.session());
    const stack = new Stack("dev");
    expect(await outcome(stack.up("one", small(host, { cores: 2 })))).toMatch(/left 1 core of 4 cores/);
    expect(await outcome(stack.up("one", small(host)))).toBe("made");
  });

  test("where only running VMs count, what is off takes nothing until it is switched on", async () => {
    const memory = createMemoryHost({ cores: 1 });
    await byHand(memory, "old", 4);
    const host = machineAt(() => memory.session(), { overcommitScope: "running" });
    const stack = new Stack("dev");
    expect(await outcome(stack.up("on", small(host)))).toBe("made");
    expect(await outcome(stack.up("off", small(host, { running: false })))).toBe("made");
    expect(await outcome(stack.up("off", small(host, { running: true })))).toMatch(/^cores do not fit/);
  });

  test("room that somebody else has taken meanwhile: what was made is taken away again", async () => {
    const memory = createMemoryHost({ cores: 2 });
    const host = machineAt(() => memory.session());
    const stack = new Stack("dev");
    expect(await outcome(stack.up("one", small(host)))).toBe("made");
    await byHand(memory, "quicker", 1);
    expect(await outcome(stack.up("two", small(host)))).toMatch(/left 0 cores of 2 cores/);
    expect(names(memory)).toEqual(expect.arrayContaining(["quicker"]));
    expect(memory.witness.vms.size).toBe(2);
    expect([...memory.witness.files.keys()].filter((path) => path.includes("two"))).toEqual([]);
  });

  test("room that has become free meanwhile is used", async () => {
    const memory = createMemoryHost({ cores: 1 });
    const old = await byHand(memory, "old", 1);
    const host = machineAt(() => memory.session());
    const stack = new Stack("dev");
    expect(await outcome(stack.up("one", small(host)))).toMatch(/^cores do not fit/);
    await memory.driver.vms.remove(old);
    expect(await outcome(stack.up("one", small(host)))).toBe("made");
    await stack.down("one");
    expect(await outcome(stack.up("two", small(host)))).toBe("made");
  });

  test("what a killed run has left of a VM is not counted beside it", async () => {
    const memory = createMemoryHost({ cores: 1 });
    memory.faults.fail("vms/volume", new DriverError("gone", { code: "connection-lost" }));
    const host = machineAt(() => memory.session());
    const one = small(host, { disks: [{ size: 1 }] });
    memory.witness.pools.set("default", {
      id: "1",
      name: "default",
      spec: { path: "/pool", active: true },
      totalBytes: 2 ** 40,
    });
    expect(await outcome(new Stack("dev").up("one", one))).not.toBe("made");
    expect(memory.witness.vms.size).toBe(1);
    expect(
      await outcome(new Stack("dev").up("one", { ...one, host: machineAt(() => memory.session()) })),
    ).toBe("made");
  });

  test("huge pages are never overcommitted, and those of stopped VMs are taken", async () => {
    const memory = createMemoryHost({ cores: 8, hugepages: [{ pageKiB: 2048, pages: 1024 }] });
    const host = machineAt(() => memory.session(), { memoryOvercommitRatio: 10 });
    const stack = new Stack("dev");
    expect(await outcome(stack.up("one", small(host, { hugepages: true, running: false })))).toBe("made");
    expect(await outcome(stack.up("two", small(host, { hugepages: true, memory: 1026 })))).toMatch(
      /^hugepages do not fit.*\n.*requested 1026 MiB in huge pages, 2 MiB missing; free 1024 MiB/,
    );
    expect(await outcome(stack.up("two", small(host, { hugepages: true })))).toBe("made");
    expect(await outcome(stack.up("two", small(host, { hugepages: true, memory: 512 })))).toBe("made");
  });
});

describe("at growth", () => {
  test("only what is more is asked for, and a VM that shrinks is never refused", async () => {
    const memory = createMemoryHost({ cores: 4 });
    const host = machineAt(() => memory.session());
    const stack = new Stack("dev");
    await stack.up("one", small(host, { cores: 3 }));
    expect(await outcome(stack.up("one", small(host, { cores: 5 })))).toMatch(
      /requested 2 cores more, 1 core missing; left 1 core of 4 cores .*\n.*The largest VM that fits now: 4 cores/,
    );
    expect(await outcome(stack.up("one", small(host, { cores: 4 })))).toBe("made");
    await byHand(memory, "old", 8);
    expect(await outcome(stack.up("one", small(host, { cores: 3 })))).toBe("made");
    expect(await outcome(stack.up("one", small(host, { cores: 3, memory: 2048 })))).toBe("made");
    expect(await outcome(stack.up("one", small(host, { cores: 3, maxCores: 4 })))).toMatch(
      /^cores do not fit/,
    );
  });

  test("a VM that has grown while another took the room is as small as before", async () => {
    const memory = createMemoryHost({ cores: 4 });
    const host = machineAt(() => memory.session());
    const stack = new Stack("dev");
    await stack.up("one", small(host, { cores: 2 }));
    await byHand(memory, "quicker", 1);
    expect(await outcome(stack.up("one", small(host, { cores: 4 })))).toMatch(/^cores do not fit/);
    const [one] = (await memory.driver.vms.list()).filter(({ owner }) => owner === "shop/dev/Vm/one");
    expect(one?.cores).toBe(2);
  });

  test("what changes nothing about its size asks nobody", async () => {
    const memory = createMemoryHost();
    const stack = new Stack("dev");
    await stack.up("one", small(machineAt(() => memory.session())));
    const host = machineAt(() => memory.session());
    const { inputs } = await stack.check("one", small(host, { description: "new" }));
    memory.faults.log.length = 0;
    expect(inputs["description"]).toBe("new");
    await stack.up("one", small(host, { description: "new" }));
    expect(memory.faults.log).not.toContain("vms.list");
  });
});

describe("in a preview", () => {
  test("what this program adds, grows and keeps is counted, each VM once", async () => {
    const memory = createMemoryHost({ cores: 8, memoryMiB: 12288 });
    const settings = { memoryOvercommitRatio: 1.5 };
    const made = new Stack("dev");
    await made.up(
      "kept",
      small(
        machineAt(() => memory.session(), settings),
        { memory: 9216 },
      ),
    );
    const host = machineAt(() => memory.session(), settings);
    const stack = new Stack("dev");
    made.state.forEach((value, key) => stack.state.set(key, value));
    expect(await stack.preview("kept", small(host, { memory: 9216 }))).toEqual([]);
    expect(await stack.preview("web", small(host, { memory: 2048 }))).toEqual([]);
    expect(await stack.preview("cache", small(host, { memory: 4096 }))).toEqual([]);
    expect(await stack.preview("db", small(host, { cores: 2, memory: 8192 }))).toEqual([
      [
        `memory: memory does not fit on kvm1 (${String(host["address"])})`,
        "  requested 8192 MiB, 5120 MiB missing; left 3072 MiB of 18432 MiB (12288 MiB × 1.5; used 15360); this program adds web 2048, cache 4096",
        "  cores fit (2 of 5 left). The largest VM that fits now: 5 cores, 3072 MiB",
      ].join("\n"),
    ]);
    expect(await stack.preview("kept", small(host, { memory: 9216 + 3073 }))).toEqual([
      expect.stringMatching(/^memory: .*\n {2}requested 3073 MiB more, 1 MiB missing/),
    ]);
    expect(await stack.preview("kept", small(host, { memory: 9216 + 3072 }))).toEqual([]);
    expect(await stack.preview("last", small(host, { memory: 1 }))).toEqual([
      expect.stringMatching(/this program adds kept 3072, web 2048, cache 4096/),
    ]);
    expect(memory.witness.vms.size).toBe(1);
  });

  test("both at once are one complaint about the VM", async () => {
    const memory = createMemoryHost({ cores: 1, memoryMiB: 1024 });
    const [reason] = await new Stack("dev").preview("one", {
      host: machineAt(() => memory.session()),
      cores: 2,
      memory: 2048,
    });
    expect(reason).toMatch(/^cores and memory do not fit on kvm1/);
  });

  test("the host is asked once for its VMs and its size, however many VMs there are", async () => {
    const memory = createMemoryHost({ cores: 100, memoryMiB: 2 ** 20 });
    const host = machineAt(() => memory.session());
    const stack = new Stack("dev");
    for (let index = 0; index < 20; index++)
      expect(await stack.preview(`vm${index}`, small(host))).toEqual([]);
    expect(memory.faults.count("vms.list")).toBe(1);
    expect(memory.faults.count("host.facts")).toBe(1);
  });

  test("a host that does not answer refuses nothing and is asked once", async () => {
    const memory = createMemoryHost({ cores: 1 });
    memory.faults.fail("host.facts", new DriverError("no route", { code: "unreachable" }), { times: 9 });
    const host = machineAt(() => memory.session());
    const stack = new Stack("dev");
    expect(await stack.preview("one", small(host, { cores: 9 }))).toEqual([]);
    expect(await stack.preview("two", small(host, { cores: 9 }))).toEqual([]);
    expect(memory.faults.count("host.facts")).toBe(1);
    memory.faults.clear();
    expect(await outcome(stack.up("one", small(host, { cores: 9 })))).toMatch(/^cores do not fit/);
  });

  test("what is not known yet is not judged", async () => {
    const memory = createMemoryHost({ cores: 1, memoryMiB: 1024 });
    const host = machineAt(() => memory.session());
    const stack = new Stack("dev");
    expect(await stack.preview("one", small(UNKNOWN as never))).toEqual([]);
    expect(await stack.preview("two", small({ ...host, address: UNKNOWN }, { cores: 9 }))).toEqual([]);
    expect(await stack.preview("three", small(host, { memory: UNKNOWN }))).toEqual([]);
    expect(await stack.preview("four", small(host, { cores: 2, memory: UNKNOWN }))).toHaveLength(1);
  });

  test("other ratios are no change for the VMs, and an overloaded host is left alone", async () => {
    const memory = createMemoryHost({ cores: 2 });
    const host = machineAt(() => memory.session(), { cpuOvercommitRatio: 2 });
    const stack = new Stack("dev");
    for (const name of ["one", "two", "three"]) await stack.up(name, small(host));
    const less = { ...host, cpuOvercommitRatio: 1 };
    const { failures } = await stack.checkHost({ ...less, name: undefined }, { ...host, name: undefined });
    expect(failures).toEqual([]);
    for (const name of ["one", "two", "three"]) {
      expect(await stack.preview(name, small(less))).toEqual([]);
      expect(await stack.diff(name, small(less))).toBe(false);
    }
    expect(await stack.preview("four", small(less))).toEqual([
      expect.stringMatching(/left 0 cores of 2 cores \(2 cores × 1; used 3, 1 core over\)/),
    ]);
    expect(await outcome(stack.up("one", small(less, { memory: 2048 })))).toBe("made");
  });

  test("a ratio of 0 forbids every VM; what is reserved counts first", async () => {
    const memory = createMemoryHost({ cores: 8, memoryMiB: 16384 });
    const stack = new Stack("dev");
    const none = machineAt(() => memory.session(), { cpuOvercommitRatio: 0 });
    expect(await stack.preview("one", small(none))).toHaveLength(1);
    const reserving = machineAt(() => memory.session(), { reservedCpu: "25%", reservedMemory: "4GiB" });
    expect(await stack.preview("one", small(reserving, { cores: 6, memory: 12288 }))).toEqual([]);
    expect(await stack.preview("two", small(reserving, { cores: 1, memory: 1 }))).toEqual([
      expect.stringMatching(
        /cores and memory do not fit.*\n.*\(\(8 − 2 \(25%\) reserved\) cores × 1; used 6\)/,
      ),
    ]);
  });
});

test("what a program is told of a host's capacity is what admission counts", () => {
  const vm = (more: Partial<VmSummary>): VmSummary => ({
    ...{ id: "1", name: "a", state: "stopped", cores: 4, memoryMiB: 1024 },
    ...more,
  });
  const vms = [vm({ pinnedCores: [2, 3] }), vm({ state: "running", memoryMiB: 2048 })];
  const total = { cores: 8, memoryMiB: 16384 };
  const host = {
    cpuOvercommitRatio: 2,
    memoryOvercommitRatio: 1,
    reservedMemory: "25%",
  } as unknown as HostConnection;
  expect(capacityOf(total, vms, host)).toEqual({
    cores: { total: 8, used: 6, tracked: 6, other: 0, available: 2, limit: 16 },
    memoryMiB: { total: 16384, used: 3072, tracked: 3072, other: 0, available: 13312, limit: 12288 },
  });
  expect(capacityOf(total, vms, { ...host, overcommitScope: "running" }).cores.used).toBe(4);
  // On LXD, VMs of the project that the host is bound to apart from those of others (R46).
  const projects = [vm({ project: "web" }), vm({ project: "default", cores: 1 })];
  const bound = (project?: string): object =>
    capacityOf(total, projects, { ...host, project } as HostConnection).cores;
  expect(bound("web")).toMatchObject({ used: 5, tracked: 4, other: 1 });
  expect(bound()).toMatchObject({ used: 5, tracked: 1, other: 4 });
});

describe("two machines race for the last places", () => {
  test("never more are admitted than fit, and every refusal was true", async () => {
    let admitted = 0;
    for (let round = 0; round < 25; round++) {
      const memory = createMemoryHost({ cores: 3 });
      memory.faults.delay("vms/define", round % 3);
      const racers = ["a", "b", "c"].map(async (name, index) => {
        const host = machineAt(() => memory.session());
        const stack = new Stack(name);
        return Promise.all(
          ["x", "y"].slice(0, 1 + (index % 2)).map((vm) => outcome(stack.up(vm, small(host)))),
        );
      });
      const results = (await Promise.all(racers)).flat();
      const made = results.filter((each) => each === "made").length;
      expect(memory.witness.vms.size).toBe(made);
      expect(made).toBeLessThanOrEqual(3);
      for (const each of results.filter((text) => text !== "made"))
        expect(each).toMatch(/^cores do not fit on kvm1/);
      admitted += made;
    }
    expect(admitted).toBeGreaterThan(25);
  });
});
