import { describe, expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { HostFacts } from "../../provider/driver/contract";
import type { CurrentBench } from "./bench";

/** Memory that this machine got bit by bit, and that its nodes have not counted yet (or never do): the kernel's own gap. */
function notCountedMiB(): number {
  const folder = "/sys/devices/system/node";
  const nodes = readdirSync(folder).filter((name) => /^node\d+$/.test(name));
  const files = ["/proc/meminfo", ...nodes.map((node) => join(folder, node, "meminfo"))];
  const [whole = 0, ...parts] = files.map((file) =>
    Number(/MemTotal:\s+(\d+) kB/.exec(readFileSync(file, "utf8"))?.[1]),
  );
  return Math.abs(whole - parts.reduce((sum, part) => sum + part, 0)) / 1024;
}

export function factsContract(bench: CurrentBench): void {
  describe("facts", () => {
    test("tell who the host is and what it has", async () => {
      const facts = await bench().driver.facts();
      expect(facts.hostId).not.toBe("");
      expect(facts.hostname).not.toBe("");
      expect(facts.version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(facts.architectures.length).toBeGreaterThan(0);
      expect(facts.domainTypes.length).toBeGreaterThan(0);
      expect(facts.kvmAvailable).toBe(facts.domainTypes.includes("kvm"));
      expect(Number.isInteger(facts.total.cores) && facts.total.cores > 0).toBe(true);
      expect(facts.total.memoryMiB).toBeGreaterThan(0);
    });

    test("tell NUMA nodes, each CPU in one of them, and memory that they add up to", async () => {
      const { nodes, total, hugepages } = await bench().driver.facts();
      expect(nodes.length).toBeGreaterThan(0);
      const ids = nodes.map(({ id }) => id);
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
      const cpus = nodes.flatMap((node) => node.cpus);
      expect(new Set(cpus).size).toBe(cpus.length);
      expect(cpus).toHaveLength(total.cores);
      const memory = nodes.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0);
      if (bench().missing.nodeMemory === undefined)
        expect(Math.abs(memory - total.memoryMiB)).toBeLessThan(total.memoryMiB * 0.05 + notCountedMiB());
      else expect(memory).toBeGreaterThan(0);
      for (const { pageKiB, pages } of hugepages ?? []) {
        const same = nodes.flatMap((node) => node.hugepages).filter((each) => each.pageKiB === pageKiB);
        expect(same.reduce((sum, each) => sum + each.pages, 0)).toBe(pages);
      }
    });

    test("have the same shape on every kind of host", async () => {
      const facts = await bench().driver.facts();
      expect(shapeOf(facts)).toEqual({
        hostId: "string",
        hostname: "string",
        architectures: ["string"],
        version: "string",
        kvmAvailable: "boolean",
        domainTypes: ["string"],
        total: { cores: "number", memoryMiB: "number" },
        nodes: [{ id: "number", cpus: ["number"], memoryMiB: "number" }],
      });
      const optional = Object.keys(facts).filter((key) => !(key in shapeOf(facts)));
      const known = ["hypervisorVersion", "cpuModel", "cpuMhz", "hugepages", "machines", "extensions"];
      expect(optional.filter((key) => !known.includes(key))).toEqual([]);
    });

    test("tell the host's own network devices, each once", async () => {
      const devices = await bench().driver.interfaces();
      const names = devices.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const { type, ports } of devices) {
        expect(["bridge", "bond", "vlan", "physical"]).toContain(type);
        expect(type === "physical" ? ports : []).toEqual([]);
      }
    });

    test("tell the host's own disks, each once, where the host knows them", async () => {
      const disks = (await bench().driver.disks?.()) ?? [];
      expect(new Set(disks.map(({ name }) => name)).size).toBe(disks.length);
      for (const { name, bytes } of disks) expect([/^[a-z]/.test(name), bytes > 0]).toEqual([true, true]);
    });

    test("tell network filters by name, each once, where the host has any", async () => {
      const filters = (await bench().driver.nwFilters?.()) ?? [];
      expect(new Set(filters.map(({ name }) => name)).size).toBe(filters.length);
      expect(filters.filter(({ id, name }) => id === "" || name === "")).toEqual([]);
    });

    test("are the same machine's over every session", async () => {
      const other = bench().session();
      const [first, second] = await Promise.all([bench().driver.facts(), other.facts()]);
      await other.close();
      expect(second.hostId).toBe(first.hostId);
      expect(second.total).toEqual(first.total);
    });
  });
}

/** The types of what every host tells; what only some can tell is left out. */
function shapeOf({
  hypervisorVersion: _hypervisor,
  cpuModel: _model,
  cpuMhz: _mhz,
  hugepages: _pages,
  machines: _machines,
  extensions: _extensions,
  nodes,
  ...always
}: HostFacts): Record<string, unknown> {
  return shape({ ...always, nodes: nodes.map(({ hugepages: _own, ...node }) => node) }) as Record<
    string,
    unknown
  >;
}

function shape(value: unknown): unknown {
  if (Array.isArray(value)) {
    const [first, ...rest] = value.map(shape);
    for (const other of rest) expect(other).toEqual(first);
    return first === undefined ? [] : [first];
  }
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]));
}
