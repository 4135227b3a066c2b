import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { DriverError } from "../../../provider/driver/errors";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { vmHost } from "../../../provider/lifecycle/vmHost";
import { createMemoryHost } from "../../support/memoryDriver";
import { machineAt, Stack } from "./program";

/** What people read beside the result: lines that fail nothing. */
describe("a preview says", () => {
  let said: string[];
  beforeEach(() => {
    said = [];
    jest.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
  });
  afterEach(() => void jest.restoreAllMocks());

  test("that it could not check, and what the last known size of the host makes of it", async () => {
    const memory = createMemoryHost();
    const down = new DriverError("no route", { code: "unreachable" });
    for (const call of ["host.facts", "vms.list"]) memory.faults.fail(call, down, { times: 99 });
    const { name, ...settings } = machineAt(() => memory.session());
    const olds = { ...settings, total: { cores: 4, memoryMiB: 8192 } };
    await providerFor(vmHost).diff("id", olds, { ...settings, zone: "b" });
    const host = { ...settings, name };
    const stack = new Stack("dev");
    expect(await stack.preview("one", { host, cores: 3 })).toEqual([]);
    expect(await stack.preview("two", { host, cores: 2 })).toEqual([]);
    expect(said).toHaveLength(2);
    expect(said[0]).toMatch(
      /could not check whether everything fits on kvm1 .*it is checked before anything is made: .*no route/s,
    );
    expect(said[1]).toMatch(
      /by the last known size of the host, VM "two" will be refused: cores do not fit .*\n\s+requested 2 cores, 1 core missing; left 1 core of 4 cores .*this program adds one 3/,
    );
  });

  test("that macvlan mode vepa needs a switch of its own kind, once, when an interface comes to it", async () => {
    const memory = createMemoryHost();
    const host = machineAt(() => memory.session());
    const args = (more: Plain): Plain => ({ host, memory: 64, interfaces: [{ macvlan: "eno2", ...more }] });
    const stack = new Stack("dev");
    await stack.up("reflected", args({ macvlanMode: "vepa" }));
    expect(said).toEqual([
      expect.stringMatching(/VM "reflected": eth0 is on eno2 in macvlan mode vepa, .* `bridge` needs none/),
    ]);
    said = [];
    expect(await stack.preview("reflected", { ...args({ macvlanMode: "vepa" }), cores: 2 })).toEqual([]);
    expect(await new Stack("dev").preview("local", args({}))).toEqual([]);
    expect(said).toEqual([]);
  });

  test("that a VM alone is larger than its host, unless that is meant", async () => {
    const memory = createMemoryHost({ cores: 4, memoryMiB: 4096 });
    const larger = (name: string, settings: Plain): Promise<string[]> =>
      new Stack("dev").preview(name, {
        host: machineAt(() => memory.session(), { cpuOvercommitRatio: 10, ...settings }),
        cores: 5,
        memory: 4096,
      });
    expect(await larger("one", { allowVmLargerThanHost: true })).toEqual([]);
    expect(said).toEqual([]);
    expect(await larger("two", {})).toEqual([]);
    expect(said).toEqual([
      expect.stringMatching(/VM "two" alone has more cores than kvm1 .*`allowVmLargerThanHost: true`/),
    ]);
  });

  test("that what was chosen for an interface is gone from the host", async () => {
    const memory = createMemoryHost();
    memory.witness.interfaces.push({ name: "br0", type: "bridge", active: true, ports: [] });
    const stack = new Stack("dev");
    const host = machineAt(() => memory.session());
    // A later run has a session of its own.
    const vm = (run: string): Plain => ({
      host: { ...host, password: run },
      interfaces: [{ constraints: "type=bridge" }],
    });
    await stack.up("web", vm("first"));
    expect(await stack.preview("web", vm("first"))).toEqual([]);
    expect(said).toEqual([]);
    memory.witness.interfaces.length = 0;
    expect(await stack.preview("web", vm("later"))).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/VM "web": eth0 was put on br0, which kvm1 .* has no more/)]);
  });
});
