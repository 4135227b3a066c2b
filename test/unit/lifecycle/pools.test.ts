import { describe, expect, test } from "@jest/globals";
import { parseStorageConstraints } from "../../../provider/schema/network/constraints";
import { DriverError } from "../../../provider/driver/errors";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { createMemoryHost, type MemoryHost } from "../../support/memoryDriver";
import { machineAt, Stack } from "./program";

const GiB = 2 ** 30;

function hostWith(pools: Readonly<Record<string, number>>): MemoryHost {
  const memory = createMemoryHost();
  for (const [name, gib] of Object.entries(pools))
    memory.witness.pools.set(name, {
      id: name,
      name,
      spec: { path: `/srv/${name}`, type: "dir", active: true },
      totalBytes: gib * GiB,
    });
  return memory;
}

const disk = (stack: Stack, name: string): Plain =>
  (stack.state.get(name)?.outs["disks"] as Plain[])[0] ?? {};

describe("disks that name no pool", () => {
  test("get one, which is an output with its reason and stays when the host changes", async () => {
    const memory = hostWith({ b: 20, c: 90 });
    const host = machineAt(() => memory.session());
    const stack = new Stack("dev");
    const vm = (more: Plain = {}): Plain => ({ host, disks: [{ size: 10, ...more }] });
    await stack.up("web", vm());
    expect(disk(stack, "web")).toMatchObject({ pool: "b", chosen: "b: the first with room", inPool: "b" });
    memory.witness.pools.set("a", {
      id: "a",
      name: "a",
      spec: { path: "/srv/a", type: "dir", active: true },
      totalBytes: 90 * GiB,
    });
    expect(await stack.diff("web", vm())).toBe(false);
    await stack.up("web", vm({ serial: "other" }));
    expect(disk(stack, "web")).toMatchObject({ pool: "b", chosen: "b: the first with room" });
    // Preferred by now, but the disk has its data where it is.
    expect(await stack.preview("web", vm({ pools: ["b", "c"] }))).toEqual([]);
    expect(await stack.preview("web", vm({ pools: ["c"] }))).toEqual([
      expect.stringMatching(/^disks\[0\]\.pool: .*`allowDataLoss: true`/),
    ]);
  });

  test("of one program are counted together, in preview, and a refusal says what is free", async () => {
    const memory = hostWith({ a: 25 });
    const stack = new Stack("dev");
    const host = machineAt(() => memory.session());
    const vm = (size: number, more: Plain = {}): Plain => ({ host, disks: [{ size, ...more }] });
    expect(await stack.preview("one", vm(10))).toEqual([]);
    expect(await stack.preview("two", vm(10))).toEqual([]);
    // The same VM looked at again is one VM.
    expect(await stack.preview("two", vm(10))).toEqual([]);
    expect(await stack.preview("three", vm(10))).toEqual([
      'disks[0].size: no space: 10 GiB do not fit in "a" (5 GiB free)',
    ]);
    expect(await stack.preview("named", vm(6, { pool: "a" }))).toEqual([
      expect.stringMatching(/^disks\[0\]\.size: no space/),
    ]);
    expect(await stack.preview("fits", vm(5, { pool: "a" }))).toEqual([]);
  });

  test("what is there counts for what it grows by alone", async () => {
    const memory = hostWith({ a: 25 });
    const host = machineAt(() => memory.session());
    const stack = new Stack("dev");
    await stack.up("web", { host, disks: [{ size: 20 }] });
    const later = machineAt(() => memory.session());
    Object.assign(stack.state.get("web")?.inputs ?? {}, { host: later });
    expect(await stack.preview("web", { host: later, disks: [{ size: 40 }] })).toEqual([]);
    expect(await stack.preview("web", { host: later, disks: [{ size: 50 }] })).toEqual([
      expect.stringMatching(/^disks\[0\]\.size: no space: 30 GiB do not fit/),
    ]);
  });

  test("go to the host's default, which must be there, or by preference, as in MAAS's string", async () => {
    const memory = hostWith({ pool1: 50, ssd: 4 });
    const at = (defaultStoragePool?: string): Plain =>
      machineAt(() => memory.session(), defaultStoragePool === undefined ? {} : { defaultStoragePool });
    const stack = new Stack("dev");
    expect(await stack.preview("web", { host: at("pool2"), disks: [{ size: 1 }] })).toEqual([
      'disks[0].pool: the host\'s default storage pool "pool2" is not there; it has "pool1" (50 GiB free), "ssd" (4 GiB free)',
    ]);
    await stack.up("web", {
      host: at("pool1"),
      disks: parseStorageConstraints("root:8(local),data:3(ssd,fast)"),
    });
    const disks = stack.state.get("web")?.outs["disks"] as Plain[];
    expect(disks.map(({ name, inPool }) => [name, inPool])).toEqual([
      ["root", "pool1"],
      ["data", "ssd"],
    ]);
    expect(disks[1]?.["chosen"]).toBe("ssd: the first with room of ssd, fast");
  });

  test("ask no host that is away, and it refuses nothing", async () => {
    const memory = hostWith({});
    const away = machineAt(() => {
      const session = memory.session();
      const list = () => Promise.reject(new DriverError("away", { code: "unreachable" }));
      return { ...session, pools: { ...session.pools, list } };
    });
    expect(await new Stack("dev").preview("web", { host: away, disks: [{ size: 1 }] })).toEqual([]);
  });
});
