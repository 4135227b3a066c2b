import { describe, expect, test } from "@jest/globals";
import type { CurrentBench } from "./suite";

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

    test("tell the host's own network devices, each once", async () => {
      const devices = await bench().driver.interfaces();
      const names = devices.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const { type, ports } of devices) {
        expect(["bridge", "bond", "vlan", "physical"]).toContain(type);
        expect(type === "physical" ? ports : []).toEqual([]);
      }
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
