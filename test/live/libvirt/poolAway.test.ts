import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { registerDriver } from "../../../provider/driver/connect";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { closeHosts } from "../../../provider/lifecycle/host/hosts";
import { storagePool } from "../../../provider/lifecycle/storagePool";
import { storageVolume } from "../../../provider/lifecycle/storageVolume";
import { vm } from "../../../provider/lifecycle/vm";
import { createLibvirtDriver } from "../../../provider/libvirt";
import { poolPath, type ThrowawayHost } from "../../../scripts/lib/throwaway-host";
import { ownHost } from "../../support/host";

/** The folder of a pool is moved away under it, as an unmounted file system takes it along: nothing in it is lost. */
let host: ThrowawayHost;
const [pools, volumes, vms] = [providerFor(storagePool), providerFor(storageVolume), providerFor(vm)];
const path = `${poolPath}/away`;

beforeAll(async () => {
  registerDriver("libvirt", createLibvirtDriver);
  host = await ownHost();
});
afterAll(async () => {
  await closeHosts();
  await host.stop();
});

interface Made {
  readonly id: string;
  readonly outs: Plain;
}
type Provider = typeof pools;

async function make(provider: Provider, given: Plain): Promise<Made> {
  const { inputs, failures } = await provider.check({}, { host: { address: host.address }, ...given });
  expect(failures).toEqual([]);
  return provider.create(inputs);
}

async function update(provider: Provider, { id, outs }: Made, more: Plain): Promise<Made> {
  const { inputs, failures } = await provider.check(outs, { host: { address: host.address }, ...more });
  expect(failures).toEqual([]);
  return { id, ...(await provider.update(id, outs, inputs)) };
}

async function refreshed(provider: Provider, { id, outs }: Made): Promise<Made> {
  const seen = await provider.read(id, outs);
  return { id: seen.id, outs: seen.props };
}

const named = (kind: string, name: string): Plain => ({ owner: `live/away/${kind}/${name}`, name });
const pool = (more: Plain = {}): Plain => ({ ...named("StoragePool", "away"), path, ...more });
const disk = { name: "root", pool: "away", size: "1MiB", format: "raw" };
const web = { ...named("Vm", "web"), memory: 32, running: false, validateStart: false, disks: [disk] };
const AWAY =
  /its folder \/var\/lib\/libvirt\/images\/away is not there on the host.*\n.*[Mm]ount it, or move it back/;

const ls = async (folder: string): Promise<readonly string[]> =>
  (await host.exec(["ls", "-i", folder])).stdout.split("\n").filter(Boolean);
const isThere = async (): Promise<boolean> =>
  (await host.exec(["test", "-e", path], { allowFailure: true })).code === 0;
const moveAway = (): Promise<unknown> => host.exec(["mv", path, `${path}-elsewhere`]);
const moveBack = (): Promise<unknown> => host.exec(["mv", `${path}-elsewhere`, path]);

let made: { readonly pool: Made; readonly volume: Made; readonly vm: Made };
async function makeAll(): Promise<void> {
  const one = await make(pools, pool());
  const data = { ...named("StorageVolume", "data"), pool: "away", size: "1MiB" };
  made = { pool: one, volume: await make(volumes, data), vm: await make(vms, web) };
}
afterEach(async () => {
  if (!(await isThere())) await moveBack();
  await host.virsh(["pool-start", "away"], { allowFailure: true });
  await vms.delete(made.vm.id, made.vm.outs);
  await volumes.delete(made.volume.id, made.volume.outs);
  await pools.delete(made.pool.id, made.pool.outs);
});

test.each([
  ["on", "the VM"],
  ["on", "the volume"],
  ["off", "the VM"],
])(
  "a pool that is %s while its folder is away has lost nothing, and %s is looked at first",
  async (power, first) => {
    await makeAll();
    const before = await ls(path);
    if (power === "off") await host.virsh(["pool-destroy", "away"]);
    await moveAway();
    if (first === "the volume") await expect(refreshed(volumes, made.volume)).rejects.toThrow(AWAY);
    expect((await refreshed(vms, made.vm)).outs["disks"]).toEqual(made.vm.outs["disks"]);
    // libvirt has switched the pool off by now.
    await expect(refreshed(volumes, made.volume)).rejects.toThrow(/is not active/);
    const off = await refreshed(pools, made.pool);
    expect(off.outs["active"]).toBe(false);
    await expect(update(pools, off, pool())).rejects.toThrow(AWAY);
    await expect(update(pools, made.pool, pool({ permissions: { mode: "0750" } }))).rejects.toThrow(AWAY);
    expect(await isThere()).toBe(false);
    expect((await refreshed(vms, made.vm)).outs["disks"]).toEqual(made.vm.outs["disks"]);
    await moveBack();
    const again = await update(pools, off, pool());
    expect((await refreshed(pools, again)).outs["active"]).toBe(true);
    expect((await refreshed(vms, made.vm)).outs["disks"]).toEqual(made.vm.outs["disks"]);
    expect((await refreshed(volumes, made.volume)).id).toBe(made.volume.id);
    expect(await ls(path)).toEqual(before);
  },
);

test("permissions are not written onto a folder that is away while its pool is on", async () => {
  await makeAll();
  await moveAway();
  await expect(update(pools, made.pool, pool({ permissions: { mode: "0750" } }))).rejects.toThrow(AWAY);
  expect(await isThere()).toBe(false);
});

test("a pool that is made to be off gets its folder when it is first on, and no other one later", async () => {
  await makeAll();
  const given = { ...named("StoragePool", "late"), path: `${poolPath}/late` };
  const late = await refreshed(pools, await make(pools, { ...given, active: false }));
  const on = await update(pools, late, { ...given, active: true });
  expect(on.outs["built"]).toBe(true);
  const off = await refreshed(pools, await update(pools, on, { ...given, active: false }));
  await host.exec(["rmdir", `${poolPath}/late`]);
  await expect(update(pools, off, { ...given, active: true })).rejects.toThrow(
    /late is not there on the host/,
  );
  await pools.delete(late.id, off.outs);
});
