import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { registerDriver } from "../../../provider/driver/connect";
import { closeHosts } from "../../../provider/lifecycle/host/hosts";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { vm } from "../../../provider/lifecycle/vm";
import { createLibvirtDriver } from "../../../provider/libvirt";
import { VmBench } from "./vms-bench";

let bench: VmBench;

beforeAll(async () => {
  registerDriver("libvirt", createLibvirtDriver);
  bench = await VmBench.open("proof", 83);
});
afterEach(() => bench?.removeAll());
afterAll(async () => {
  await closeHosts();
  await bench.close();
});

/** As the engine makes it: past the gate, then by the lifecycle's own create. */
async function make(more: Plain): Promise<string> {
  const provider = providerFor(vm);
  const { inputs, failures } = await provider.check(
    {},
    {
      host: { address: bench.host.address, defaultStoragePool: bench.pool },
      owner: "live/proof/Vm/standby",
      name: "standby",
      memory: 32,
      running: false,
      disks: [{ size: "1MiB" }],
      ...(JSON.parse(JSON.stringify(more).replace("$rom", bench.guest.haltRom)) as Plain),
    },
  );
  expect(failures).toEqual([]);
  return (await provider.create(inputs)).id;
}

test("a VM that is to stay off has been started once, paused, and is off", async () => {
  const id = await make({});
  expect(await bench.host.virsh(["domstate", "standby", "--reason"])).toMatch(/shut off \(destroyed\)/);
  await bench.driver.vms.remove(id);
});

test.each([
  [{ raw: "<devices><interface type='bridge'><source bridge='nobr9'/></interface></devices>" }, /nobr9/],
  [{ interfaces: [{ network: "proof-a", model: "lan9118" }] }, /lan9118/],
  [{ firmware: { loader: "$rom" } }, /master var store[^]*a plain ROM wants `firmware.type: "bios"`/],
  [
    {
      raw: "<devices><disk type='file' device='cdrom'><source file='/nope.iso'/><target dev='sdx'/></disk></devices>",
    },
    /nope\.iso/,
  ],
])("with %j, which libvirt takes and cannot start, nothing of it stays", async (more, words) => {
  await expect(make(more)).rejects.toThrow(words);
  await expect(make(more)).rejects.toThrow(
    /cannot start VM "standby".*\n(.*\n)*.*was taken away again; `validateStart: false`/,
  );
  expect(await bench.domains()).toEqual([]);
  expect(await bench.volumes()).toEqual([]);
});

test("one that is not to be tried is made all the same", async () => {
  const id = await make({ interfaces: [{ bridge: "nobr9" }], validateStart: false });
  expect(await bench.domains()).toEqual(["standby"]);
  await bench.driver.vms.remove(id);
});
