import { describe, expect, jest, test } from "@jest/globals";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { createMemoryHost } from "../../support/memoryDriver";
import { machineAt, Stack } from "./program";

/** Two nodes of four CPUs. */
function twoNodes() {
  const memory = createMemoryHost({
    cores: 8,
    memoryMiB: 16384,
    nodes: [0, 1].map((id) => ({
      id,
      cpus: Array.from({ length: 4 }, (_, cpu) => id * 4 + cpu),
      memoryMiB: 8192,
      hugepages: [],
    })),
  });
  return { memory, host: machineAt(() => memory.session(), { name: "numa" }) };
}

const single = (host: Plain, more: Plain = {}): Plain => ({
  host,
  cores: 2,
  memory: 1024,
  numaPolicy: "single-node",
  ...more,
});

describe("a VM with numaPolicy single-node (R170)", () => {
  test("gets CPUs and memory of one node, which it keeps; the next gets others", async () => {
    const { memory, host } = twoNodes();
    const stack = new Stack("dev");
    await stack.up("one", single(host));
    await stack.up("two", single(host));
    await stack.up("three", single(host));
    const specs = ["one", "two", "three"].map((name) => stack.state.get(name)?.inputs);
    expect(
      specs.map((spec) => [(spec?.["cpu"] as Plain)["pin"], (spec?.["numa"] as Plain)["nodes"]]),
    ).toEqual([
      [{ 0: "0", 1: "1" }, "0"],
      [{ 0: "4", 1: "5" }, "1"],
      [{ 0: "2", 1: "3" }, "0"],
    ]);
    const [first] = memory.witness.vms.values();
    expect(first?.spec).toMatchObject({ cpu: { pin: { 0: "0", 1: "1" } }, numa: { nodes: "0" } });
    expect(await stack.diff("one", single(host))).toBe(false);
    expect(await stack.diff("one", single(host, { cores: 3 }))).not.toBe(false);
  });

  test("is refused in preview where no node has room, with what is left of each", async () => {
    const { host } = twoNodes();
    const stack = new Stack("dev");
    await stack.up("one", single(host, { cores: 3 }));
    expect(await stack.preview("two", single(host, { cores: 4 }))).toEqual([]);
    expect(await stack.preview("three", single(host, { cores: 3 }))).toEqual([
      "numaPolicy: no NUMA node has room for 3 cores and 1024 MiB of this VM: node 0 has 1 CPUs and 7168 MiB left, node 1 has 0 CPUs and 7168 MiB left",
    ]);
  });

  test("cannot be pinned by the program besides", async () => {
    const { host } = twoNodes();
    expect(await new Stack("dev").preview("one", single(host, { cpu: { pin: { 0: [1] } } }))).toEqual([
      "numaPolicy: cannot stand beside `cpu.pin`: it chooses CPUs and node itself",
    ]);
  });

  test("another that is pinned across nodes, or away from its network card, is warned of once", async () => {
    const { memory, host } = twoNodes();
    memory.witness.interfaces.push(
      { name: "ens1", type: "physical", active: true, ports: [], numaNode: 1 },
      { name: "br0", type: "bridge", active: true, ports: ["ens1"] },
    );
    const warned = jest.spyOn(process.stderr, "write").mockReturnValue(true);
    const stack = new Stack("dev");
    const pinned = (pin: Plain): Plain => ({
      host,
      cores: 2,
      memory: 1024,
      cpu: { pin },
      interfaces: [{ bridge: "br0" }],
    });
    await stack.up("wide", pinned({ 0: [3], 1: [4] }));
    await stack.up("far", pinned({ 0: [0], 1: [1] }));
    await stack.up("near", pinned({ 0: [5], 1: [6] }));
    await stack.preview("far", pinned({ 0: [0], 1: [1] }));
    const lines = warned.mock.calls.map(([line]) => String(line)).filter((line) => /^warning/.test(line));
    warned.mockRestore();
    expect(lines).toEqual([
      expect.stringMatching(/VM "wide" spans NUMA nodes \(50% on node 0, 50% on node 1\)/),
      expect.stringMatching(/VM "far" is on NUMA node 0, and its interface \w+ is on ens1 of node 1/),
    ]);
  });
});
