import { expect, test } from "@jest/globals";
import { libvirtNetwork } from "../../../provider/lifecycle/libvirtNetwork";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { snapshot } from "../../../provider/lifecycle/snapshot";
import { storagePool } from "../../../provider/lifecycle/storagePool";
import { storageVolume } from "../../../provider/lifecycle/storageVolume";
import { createMemoryHost } from "../../support/memoryDriver";
import { machineAt, Stack } from "./program";

test("a VM that another resource has adopted is left to it by the one that made it", async () => {
  const { session, witness } = createMemoryHost();
  const host = machineAt(session);
  const names = (): string[] => [...witness.vms.values()].map(({ name }) => name);
  const stack = new Stack("dev");
  await stack.up("old", { host, name: "db", memory: 64 });
  await stack.up("new", { host, name: "db", memory: 64, adopt: true });
  await expect(stack.up("old", { host, name: "db", memory: 128 })).rejects.toThrow(
    /cannot change VM "db".*it belongs to shop\/dev\/Vm\/new by now/,
  );
  await stack.down("old");
  expect(names()).toEqual(["db"]);
  await stack.down("new");
  expect(names()).toEqual([]);
});

test.each([
  ["network", libvirtNetwork, "networks", {}],
  ["storage pool", storagePool, "pools", { type: "dir", path: "/srv/p" }],
] as const)("and so is a %s", async (_kind, handler, objects, args) => {
  const { session, witness } = createMemoryHost();
  const one = providerFor(handler as never);
  const given = { host: machineAt(session), name: "shared", ...args };
  const run = async (owner: string, more: Plain = {}): Promise<() => Promise<void>> => {
    const { inputs, failures } = await one.check({}, { ...given, ...more, owner });
    expect(failures).toEqual([]);
    const { id, outs } = await one.create(inputs);
    return () => one.delete(id, outs);
  };
  const first = await run("shop/dev/x/old");
  const second = await run("shop/dev/x/new", { adopt: true });
  await first();
  expect(witness[objects].size).toBe(1);
  await second();
  expect(witness[objects].size).toBe(0);
});

test("and so is a volume", async () => {
  const { session, witness } = createMemoryHost();
  const host = machineAt(session);
  const pools = providerFor(storagePool as never);
  const pool = await pools.check({}, { host, owner: "shop/dev/StoragePool/p", name: "p", path: "/srv/p" });
  await pools.create(pool.inputs);
  const volumes = providerFor(storageVolume as never);
  const run = async (owner: string, more: Plain = {}): Promise<() => Promise<void>> => {
    const given = { host, pool: "p", name: "shared", size: "1MiB", owner, ...more };
    const { id, outs } = await volumes.create((await volumes.check({}, given)).inputs);
    return () => volumes.delete(id, outs);
  };
  const first = await run("shop/dev/StorageVolume/old");
  const second = await run("shop/dev/StorageVolume/new", { adopt: true });
  await first();
  expect([...witness.files.keys()]).toEqual(["/srv/p/shared"]);
  await second();
  expect(witness.files.size).toBe(0);
});

test("a snapshot that went and was taken anew by somebody is left to them", async () => {
  const { session, witness } = createMemoryHost();
  const host = machineAt(session);
  const stack = new Stack("dev");
  const pools = providerFor(storagePool as never);
  const pool = await pools.check({}, { host, owner: "shop/dev/StoragePool/p", name: "p", path: "/srv/p" });
  await pools.create(pool.inputs);
  await stack.up("db", { host, name: "db", memory: 64, disks: [{ pool: "p", size: "1MiB" }] });
  const snapshots = providerFor(snapshot as never);
  const given = { host, owner: "shop/dev/Snapshot/before", vm: "db", name: "before" };
  const { inputs } = await snapshots.check({}, given);
  const { id, outs } = await snapshots.create(inputs);
  const kept = (): unknown[] => [...witness.vms.values()].flatMap(({ snapshots: all = [] }) => all);
  const [taken] = kept() as { owner?: string }[];
  for (const whose of ["shop/prod/Snapshot/before", undefined]) {
    Object.assign(taken ?? {}, { owner: whose });
    await snapshots.delete(id, outs);
    expect(kept()).toHaveLength(1);
  }
  Object.assign(taken ?? {}, { owner: given.owner });
  await snapshots.delete(id, outs);
  expect(kept()).toEqual([]);
});
