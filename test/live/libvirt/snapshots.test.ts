import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type {
  NamedSnapshotSpec,
  ObservedSnapshot,
  ObservedVm,
  SnapshotDriver,
} from "../../../provider/driver/contract";
import { registerDriver } from "../../../provider/driver/connect";
import { createLibvirtDriver } from "../../../provider/libvirt";
import { check } from "../../../provider/lifecycle/engine/check";
import { closeHosts } from "../../../provider/lifecycle/host/hosts";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import { snapshot } from "../../../provider/lifecycle/snapshot";
import { poolPath } from "../../../scripts/lib/throwaway-host";
import { expectTold } from "../../contract/bench";
import { failure, VmBench } from "./vms-bench";

let bench: VmBench;
let snapshots: SnapshotDriver;

beforeAll(async () => {
  registerDriver("libvirt", createLibvirtDriver);
  bench = await VmBench.open("snaps", 91);
  if (bench.driver.snapshots === undefined) throw new Error("the driver has no snapshots");
  snapshots = bench.driver.snapshots;
});
afterEach(() => bench?.removeAll());
afterAll(async () => {
  await closeHosts();
  await bench.close();
});

function spec(vm: string, name: string, input: Record<string, unknown> = {}): NamedSnapshotSpec {
  const news = {
    host: { address: bench.host.address },
    owner: `live/snaps/Snapshot/${name}`,
    vm,
    name,
    ...input,
  };
  const { inputs, failures } = check(snapshot as never, {}, news);
  if (failures.length > 0) throw new Error(`The gate refuses the input: ${JSON.stringify(failures)}`);
  return inputs as unknown as NamedSnapshotSpec;
}

function take(vm: string, name: string, input: Record<string, unknown> = {}): Promise<ObservedSnapshot> {
  const wanted = spec(vm, name, input);
  return snapshots.create(wanted, { owner: wanted.owner });
}

/** A VM whose guest halts at once, with disks of the given formats. */
async function machine(
  name: string,
  formats: readonly string[],
  input: Record<string, unknown> = {},
): Promise<ObservedVm> {
  const disks = formats.map((format, index) => ({ name: `d${index}`, size: "4MiB", format }));
  return bench.create(bench.spec(name, { raw: bench.halting, disks, ...input }));
}

/** The image that a disk has now, as virsh tells it. */
async function image(vm: string, target: string): Promise<string> {
  const lines = (await bench.host.virsh(["domblklist", vm]))
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  return lines.find(([name]) => name === target)?.[1] ?? "";
}

async function io(vm: string, target: string, command: string): Promise<string> {
  const path = await image(vm, target);
  const info = await bench.host.exec(["qemu-img", "info", "-U", path]);
  const format = /file format: (\w+)/.exec(info.stdout)?.[1] ?? "raw";
  return (await bench.host.exec(["qemu-io", "-f", format, "-c", command, path])).stdout;
}

/** Puts one byte all over the first sector of a disk of a stopped VM, past everything of ours. */
async function write(vm: string, target: string, byte: number): Promise<void> {
  await io(vm, target, `write -P ${byte} 0 512`);
}

async function expectByte(vm: string, target: string, byte: number): Promise<void> {
  expect(await io(vm, target, `read -P ${byte} 0 512`)).not.toMatch(/fail/i);
}

const names = async (vm: string): Promise<string[]> =>
  (await bench.host.virsh(["snapshot-list", vm, "--name"])).split("\n").filter((name) => name !== "");

describe("a snapshot of a VM that is off", () => {
  test("is inside qcow2 images; the VM returns to it as often as asked, and removing it keeps what is there", async () => {
    const { id } = await machine("off", ["qcow2", "qcow2"]);
    await write("off", "vda", 1);
    const taken = await take(id, "before", { description: "it's <good>" });
    expect(taken).toMatchObject({ id: `${id}/before`, kind: "internal", consistency: "stopped" });
    expect(await bench.host.virsh(["snapshot-dumpxml", "off", "before"])).toContain("it&apos;s &lt;good&gt;");
    for (const byte of [2, 3]) {
      await write("off", "vda", byte);
      await snapshots.revert(id, "before");
      await expectByte("off", "vda", 1);
    }
    await write("off", "vda", 4);
    await snapshots.remove(id, "before");
    await snapshots.remove(id, "before");
    expect(await names("off")).toEqual([]);
    await expectByte("off", "vda", 4);
    expect(await bench.xml("off", "--inactive")).not.toContain("vmsnap");
    expect(await snapshots.find(id, "before")).toBeUndefined();
  });

  test("puts a new image on top of a raw disk; the Vm is told as before, changes, and leaves with it", async () => {
    const input = { disks: [{ name: "d0", size: "4MiB", format: "raw" }] };
    const made = await machine("raw", ["raw"]);
    await write("raw", "vda", 1);
    const taken = await take(made.id, "one");
    expect(taken).toMatchObject({ kind: "external", consistency: "stopped" });
    expect(await image("raw", "vda")).toMatch(/\.img\.one$/);
    const seen = await bench.driver.vms.find(made.id);
    expect(seen).toEqual(made);
    await write("raw", "vda", 2);
    const wanted = bench.spec("raw", {
      raw: bench.halting,
      description: "changed",
      disks: [{ ...input.disks[0], size: "8MiB" }],
    });
    const changed = await bench.change(made, wanted);
    expect(changed.spec).toMatchObject({ description: "changed" });
    expect(changed.spec.disks?.[0]).toMatchObject({ format: "raw", size: 8 * 2 ** 20 });
    await expectByte("raw", "vda", 2);
    expect(await take(made.id, "two")).toMatchObject({ kind: "external" });
    await write("raw", "vda", 3);
    expect((await failure(snapshots.revert(made.id, "one"))).message).toMatch(/"two"/);
    await snapshots.remove(made.id, "one");
    await expectByte("raw", "vda", 3);
    await snapshots.revert(made.id, "two");
    await expectByte("raw", "vda", 2);
    await bench.driver.vms.remove(made.id);
    expect(await bench.volumes()).toEqual([]);
  });

  test("with UEFI firmware, whose variables no image can hold, gets an image on top", async () => {
    const input = { raw: [], firmware: {}, domainType: "qemu" };
    const { id } = await machine("uefi", ["qcow2"], input);
    await write("uefi", "vda", 1);
    expect(await take(id, "one")).toMatchObject({ kind: "external", consistency: "stopped" });
    await write("uefi", "vda", 2);
    await snapshots.revert(id, "one");
    await expectByte("uefi", "vda", 1);
    await bench.driver.vms.start(id, { paused: true });
    expect((await failure(take(id, "two", { memory: true }))).message).toMatch(/has an image on top|UEFI/);
    await snapshots.remove(id, "one");
    expect((await failure(take(id, "two", { memory: true }))).message).toMatch(/UEFI/);
  });

  test("has no memory to keep", async () => {
    const { id } = await machine("cold", ["qcow2"]);
    expect(await failure(take(id, "m", { memory: true }))).toMatchObject({
      code: "invalid-state",
      message: /it is off/,
    });
    expect(await names("cold")).toEqual([]);
    expect(await bench.xml("cold")).not.toContain("vmsnap");
  });
});

describe("a snapshot of a VM that runs", () => {
  test("cuts its disks while it runs on, says that nobody froze them, and merges when it is removed", async () => {
    const { id } = await machine("run", ["qcow2", "raw"]);
    await write("run", "vda", 1);
    await bench.driver.vms.start(id);
    expect((await failure(take(id, "q", { quiesce: true }))).code).toBe("guest-agent-unavailable");
    const taken = await take(id, "cut");
    expect(taken).toMatchObject({ kind: "external", consistency: "crash" });
    expect(await bench.host.virsh(["domstate", "run"])).toBe("running");
    expect(await image("run", "vda")).toMatch(/\.cut$/);
    await bench.driver.vms.stop(id, { hard: true });
    await write("run", "vda", 2);
    await bench.driver.vms.start(id);
    await snapshots.revert(id, "cut");
    expect(await bench.host.virsh(["domstate", "run"])).toBe("running");
    expect((await bench.driver.vms.find(id))?.restartRequired).toEqual([]);
    await snapshots.remove(id, "cut");
    expect(await bench.host.virsh(["domstate", "run"])).toBe("running");
    expect(await bench.volumes()).toHaveLength(2);
    await bench.driver.vms.stop(id, { hard: true });
    await expectByte("run", "vda", 1);
  });

  test("with its memory is where it was: running, while the program's configuration stays", async () => {
    const { id } = await machine("mem", ["qcow2"]);
    await bench.driver.vms.start(id);
    expect(await take(id, "m", { memory: true })).toMatchObject({ kind: "internal", consistency: "memory" });
    await bench.host.virsh(["desc", "mem", "--config", "later"]);
    await bench.driver.vms.stop(id, { hard: true });
    await write("mem", "vda", 7);
    await snapshots.revert(id, "m");
    expect(await bench.host.virsh(["domstate", "mem", "--reason"])).toBe("running (from snapshot)");
    expect(await bench.host.virsh(["desc", "mem", "--config"])).toBe("later");
    await bench.driver.vms.pause(id);
    await snapshots.revert(id, "m");
    expect(await bench.host.virsh(["domstate", "mem"])).toBe("paused");
    await bench.driver.vms.stop(id, { hard: true });
    await expectByte("mem", "vda", 0);
  });

  test("refuses memory where the images cannot hold it, and names the disk", async () => {
    const { id } = await machine("mix", ["qcow2", "raw"]);
    await bench.driver.vms.start(id);
    expect(await failure(take(id, "m", { memory: true }))).toMatchObject({
      code: "unsupported",
      message: /"d1" is raw/,
    });
    const { failures } = await providerFor(snapshot).check({}, { ...spec(id, "m"), memory: true });
    expect(failures).toEqual([{ property: "memory", reason: expect.stringMatching(/"d1" is raw/) }]);
    const disks = await providerFor(snapshot).check({}, { ...spec(id, "m"), memory: false });
    expect(disks.failures).toEqual([]);
  });
});

test("snapshots are removed in any order, and the last one takes those with it that stood below", async () => {
  const { id } = await machine("order", ["qcow2"]);
  await write("order", "vda", 1);
  await take(id, "inside");
  await bench.driver.vms.start(id);
  await take(id, "above");
  expect((await failure(snapshots.revert(id, "inside"))).message).toMatch(/image on top/);
  await snapshots.remove(id, "inside");
  expect(await snapshots.find(id, "inside")).toBeUndefined();
  expect((await failure(take(id, "inside"))).message).toMatch(/was removed/);
  await bench.driver.vms.stop(id, { hard: true });
  await write("order", "vda", 2);
  await snapshots.remove(id, "above");
  expect(await names("order")).toEqual([]);
  await expectByte("order", "vda", 2);
  expect(await bench.volumes()).toHaveLength(1);
  const info = await bench.host.exec(["qemu-img", "snapshot", "-l", await image("order", "vda")]);
  expect(info.stdout).not.toContain("inside");
});

test("what others have taken is neither ours to change nor in the way", async () => {
  const { id } = await machine("theirs", ["qcow2"]);
  await bench.host.virsh(["snapshot-create-as", "theirs", "hand"]);
  expect((await failure(take(id, "hand"))).code).toBe("already-exists");
  expect(await snapshots.find("theirs", "hand")).toMatchObject({
    vm: id,
    kind: "internal",
    owner: undefined,
  });
  await take(id, "ours");
  expect(await take(id, "ours")).toMatchObject({ owner: "live/snaps/Snapshot/ours" });
  await snapshots.change(spec(id, "ours", { description: "said later" }));
  expect((await bench.host.virsh(["snapshot-current", "theirs", "--name"])).trim()).toBe("ours");
  expect(await bench.host.virsh(["snapshot-dumpxml", "theirs", "ours"])).toContain("said later");
  await snapshots.remove(id, "ours");
  expect(await names("theirs")).toEqual(["hand"]);
});

const HAND = ["raw", "qcow2"].map((format, index) => ({ name: `d${index}`, size: "4MiB", format }));

test.each(["running", "off"])(
  "an image that others put on top of a disk stays when a VM that is %s changes",
  async (power) => {
    const made = await machine("hand", ["raw", "qcow2"]);
    if (power === "running") await bench.driver.vms.start(made.id);
    await bench.host.virsh(["snapshot-create-as", "hand", "theirs", "--disk-only"]);
    const disks = await bench.host.virsh(["domblklist", "hand"]);
    expect(disks).toMatch(/d0\.theirs/);
    const seen = await bench.driver.vms.find(made.id);
    expectTold("vm", bench.spec("hand", { raw: bench.halting, disks: HAND }), seen?.spec ?? {});
    await bench.change(made, bench.spec("hand", { raw: bench.halting, disks: HAND, description: "changed" }));
    expect(await bench.host.virsh(["domblklist", "hand"])).toBe(disks);
    expect(await bench.host.virsh(["domblklist", "hand", "--inactive"])).toBe(disks);
    await bench.host.virsh(["snapshot-delete", "hand", "theirs"]);
    expect((await bench.driver.vms.find(made.id))?.volumes).toEqual(made.volumes);
  },
);

test("the images of a VM that somebody has made stand in no pool: that is said, and nothing is touched", async () => {
  await bench.host.exec(["qemu-img", "create", "-q", "-f", "raw", `${poolPath}/loose.img`, "1M"]);
  const { id } = await bench.create(
    bench.spec("loose", { raw: bench.halting, disks: [{ path: `${poolPath}/loose.img`, format: "raw" }] }),
  );
  expect((await failure(take(id, "x"))).message).toMatch(/in no storage pool/);
  await bench.driver.vms.remove(id);
  await bench.host.exec(["rm", `${poolPath}/loose.img`]);
});
