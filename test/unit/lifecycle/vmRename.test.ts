import { describe, expect, test } from "@jest/globals";
import { DriverError } from "../../../provider/driver/errors";
import { restartNotice } from "../../../provider/lifecycle/vm/notice";
import { changesOf } from "../../../provider/lifecycle/engine/check";
import type { Handler } from "../../../provider/lifecycle/kind/handler";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { vm } from "../../../provider/lifecycle/vm";
import { createMemoryHost } from "../../support/memoryDriver";
import { machineAt, Stack } from "./program";

/** A VM that runs under the name "first", and how it is now. */
async function rig(settings: Plain = {}) {
  const memory = createMemoryHost();
  const pool = { name: "p", path: "/p", type: "dir", active: true, autostart: true, owner: "o" };
  await memory.driver.pools.create(pool as never, { owner: "o" });
  const stack = new Stack("dev");
  const host = machineAt(() => memory.session(), settings);
  const args = (more: Plain): Plain => ({
    host,
    name: "first",
    disks: [{ pool: "p", size: "1MiB" }],
    ...more,
  });
  await stack.up("web", args({}));
  const [made] = memory.witness.vms.values();
  if (made === undefined) throw new Error("it was not made");
  const preview = (more: Plain): Promise<string[]> => stack.preview("web", args(more));
  const up = (more: Plain): Promise<void> => stack.up("web", args(more));
  return { memory, made, preview, up, outs: () => stack.state.get("web")?.outs ?? {} };
}

describe("another name", () => {
  test("is no replacement, whatever disks the VM has", () => {
    const before = { host: { address: "qemu:///system" }, name: "first", disks: [{ name: "root", size: 1 }] };
    const after = { ...before, name: "second" };
    const changes = changesOf(vm as unknown as Handler<never>, before, after);
    expect(changes).toEqual([{ path: ["name"], fate: "restart", before: "first", after: "second" }]);
    const container = { ...after, host: { address: "https://lxd:8443" }, instanceType: "container" };
    expect(vm.refine?.(changes, container, before)).toEqual(changes);
  });

  test("of a VM that runs is refused in preview, unless the program lets it be stopped", async () => {
    const { preview, memory } = await rig();
    expect(await preview({ name: "second" })).toEqual([
      'name: cannot change from "first" to "second" while it runs: let it be restarted for that (`restart: "ifNeeded"`), or stop it (`running: false`)',
    ]);
    expect(await preview({ name: "second", running: "saved", restart: "ifNeeded" })).toHaveLength(1);
    expect(await preview({ name: "second", restart: "ifNeeded" })).toEqual([]);
    expect(await preview({ name: "second", running: false })).toEqual([]);
    for (const one of memory.witness.vms.values()) Object.assign(one, { state: "stopped", live: undefined });
    expect(await preview({ name: "second" })).toEqual([]);
  });

  test("stops a VM that may be restarted, and it runs again with all that it had", async () => {
    const { up, made, memory, outs } = await rig();
    const files = [...memory.witness.files.keys()];
    await up({ name: "second", restart: "ifNeeded" });
    expect(outs()).toMatchObject({ name: "second", uuid: made.id, restartRequired: [] });
    expect(made).toMatchObject({ name: "second", state: "running" });
    expect([...memory.witness.files.keys()]).toEqual(files);
  });

  test.each([
    ["another name", { name: "second" }],
    ["more memory than it can take", { memory: 8192 }],
    ["a restart for its own sake", { restartTrigger: "now" }],
  ])("%s, and the connection breaks while it is off: it runs again", async (_what, more) => {
    const { up, made, memory, outs } = await rig({ retries: 2 });
    memory.faults.fail("vms.start", new DriverError("the connection was lost", { code: "connection-lost" }));
    await up({ ...more, restart: "ifNeeded" });
    expect(made).toMatchObject({ state: "running" });
    expect(outs()).toMatchObject({ restartRequired: [] });
  });

  test("where the connection does not come back, the next run starts it", async () => {
    const { up, made, memory, outs } = await rig();
    memory.faults.fail("vms.start", new DriverError("it is gone", { code: "connection-lost" }));
    const args = { name: "second", restart: "ifNeeded" };
    await expect(up(args)).rejects.toMatchObject({ properties: { name: "first", unfinished: true } });
    expect(made).toMatchObject({ name: "second", state: "stopped" });
    Object.assign(outs(), { unfinished: true });
    await up(args);
    expect(made).toMatchObject({ name: "second", state: "running" });
    expect(outs()["unfinished"]).toBeUndefined();
  });

  test("leaves a VM off that is to be off, and one paused that was paused", async () => {
    const { up, made } = await rig();
    await up({ name: "second", running: "paused", restart: "ifNeeded" });
    expect(made).toMatchObject({ name: "second", state: "paused" });
    await up({ name: "third", running: false });
    expect(made).toMatchObject({ name: "third", state: "stopped" });
  });

  test("that fails has the VM running again under its old name", async () => {
    const { up, made, memory } = await rig();
    memory.faults.fail("vms.change", new DriverError("no", { code: "failed" }));
    await expect(up({ name: "second", restart: "ifNeeded" })).rejects.toThrow("no");
    expect(made).toMatchObject({ name: "first", state: "running" });
  });

  test("with another change that the guest cannot start with gives it back as it was, under the new name", async () => {
    const { up, made, memory } = await rig();
    const before = made.spec.memory;
    memory.faults.fail("vms.start", new DriverError("too much", { code: "failed" }));
    const updating = up({ name: "second", memory: 3000, restart: "ifNeeded" });
    await expect(updating).rejects.toThrow(/too much.*\n?.*has its old definition again, and was started/s);
    expect(made).toMatchObject({ name: "second", state: "running", spec: { memory: before } });
  });

  test("that another VM has is refused in preview; one that a run has given which was cut off is not", async () => {
    const { preview, up, made, memory, outs } = await rig();
    const other = { ...made, id: "00000000-0000-4000-8000-000000000001", name: "theirs", owner: "them" };
    memory.witness.vms.set(other.id, other);
    expect(await preview({ name: "theirs", restart: "ifNeeded" })).toEqual([
      'name: cannot change from "first" to "theirs" while another VM of the host has that name',
    ]);
    made.madeAs = made.name;
    made.name = "second";
    expect(await preview({ name: "second" })).toEqual([]);
    await up({ name: "second" });
    expect(outs()).toMatchObject({ name: "second", uuid: made.id });
  });

  test("is told as a restart where it is one, and never as something that waits", () => {
    const owner = "shop/dev/Vm/web";
    const change = { path: ["name"], fate: "restart", before: "a", after: "b" } as const;
    expect(restartNotice([change], { owner })).toBeUndefined();
    expect(restartNotice([change], { owner, restart: "ifNeeded" })).toBe(
      "VM web: a running guest is restarted now (restart: ifNeeded)",
    );
  });
});
