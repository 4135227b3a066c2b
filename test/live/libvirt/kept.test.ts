import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { registerDriver } from "../../../provider/driver/connect";
import { closeHosts } from "../../../provider/lifecycle/host/hosts";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { vm } from "../../../provider/lifecycle/vm";
import { createLibvirtDriver } from "../../../provider/libvirt";
import { poolPath } from "../../../scripts/lib/throwaway-host";
import { VmBench } from "./vms-bench";

/** Data outlives the VM that is made over it and cannot start, and VMs whose volume somebody else has taken over. */
let bench: VmBench;
const vms = providerFor(vm);

beforeAll(async () => {
  registerDriver("libvirt", createLibvirtDriver);
  bench = await VmBench.open("kept", 93);
});
afterEach(async () => {
  await bench.removeAll();
  for (const volume of await bench.volumes()) await bench.host.virsh(["vol-delete", volume, bench.pool]);
});
afterAll(async () => {
  await closeHosts();
  await bench.close();
});

const args = (more: Plain = {}): Plain => ({
  host: { address: bench.host.address, defaultStoragePool: bench.pool, cpuOvercommitRatio: 10 },
  ...{ owner: "live/kept/Vm/db", name: "db", memory: 32, raw: bench.halting, running: false },
  disks: [{ name: "root", size: "1MiB", format: "raw" }],
  ...more,
});

interface Made {
  readonly id: string;
  readonly outs: Plain;
}

async function make(more: Plain = {}): Promise<Made> {
  const { inputs, failures } = await vms.check({}, args(more));
  expect(failures).toEqual([]);
  return vms.create(inputs);
}

const inode = async (volume: string): Promise<string> =>
  (await bench.host.exec(["stat", "-c", "%i", `${poolPath}/${bench.pool}/${volume}`])).stdout.trim();

test("a VM that cannot start goes again, with its new volume and without the one that was there before", async () => {
  await make();
  const [volume = ""] = await bench.volumes();
  const before = await inode(volume);
  await bench.host.virsh(["undefine", "db"]);
  const disks = ["root", "more"].map((name) => ({ name, size: "1MiB", format: "raw" }));
  for (const running of [true, false])
    await expect(make({ disks, running, fwCfg: [{ name: "opt/a", file: "/nowhere" }] })).rejects.toThrow(
      /cannot start VM "db"/,
    );
  expect(await bench.domains()).toEqual([]);
  expect(await bench.volumes()).toEqual([volume]);
  expect(await inode(volume)).toBe(before);
});

test.each(["with the VM", "with its disk"])(
  "a volume that a resource of its own has taken over does not go %s",
  async (when) => {
    const [root, data] = ["root", "data"].map((name) => ({ name, size: "1MiB", format: "raw" }));
    const made = await make({ disks: [root, data] });
    const volume = (await bench.volumes()).find((name) => name.includes("data")) ?? "";
    const before = await inode(volume);
    const { volumes } = bench.driver;
    const spec = { pool: bench.pool, name: volume } as never;
    await volumes.change?.(bench.pool, volume, spec, { owner: "live/kept/StorageVolume/data" });
    if (when === "with its disk") {
      const { inputs } = await vms.check(made.outs, args({ disks: [root], allowDataLoss: true }));
      await vms.update(made.id, made.outs, inputs);
    } else await vms.delete(made.id, made.outs);
    expect(await bench.volumes()).toContain(volume);
    expect(await inode(volume)).toBe(before);
    await volumes.remove(bench.pool, volume);
  },
);
