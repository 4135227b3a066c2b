import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { failure, VmBench } from "./vms-bench";

let bench: VmBench;

beforeAll(async () => {
  bench = await VmBench.open("rename", 87);
});
afterEach(() => bench?.removeAll());
afterAll(() => bench?.close());

test("a renamed VM has its volumes, its seed with the new host name, and leaves nothing behind", async () => {
  const input = {
    disks: [{ size: "1MiB" }, { name: "data", size: "1MiB" }],
    cloudInit: { userData: "#cloud-config\n{}" },
  };
  const spec = bench.spec("before", input);
  const made = await bench.create(spec);
  const [data, root, seed] = await bench.volumes();
  const after = await bench.change(made, { ...spec, name: "after" });
  expect(after).toMatchObject({ id: made.id, name: "after", owner: spec.owner });
  expect(await bench.domains()).toEqual(["after"]);
  const now = await bench.volumes();
  expect(now).toEqual(expect.arrayContaining([data, root]));
  expect(now).toHaveLength(3);
  expect(now).not.toContain(seed);
  const xml = await bench.xml("after");
  for (const volume of now) expect(xml).toContain(`/${volume}'`);
  // The old name is free, and its next owner meets nothing of the other's.
  const next = await bench.create({ ...spec, owner: "live/vms/Vm/next", interfaces: [] });
  await bench.driver.vms.remove(next.id);
  expect(await bench.volumes()).toEqual(now);
  await bench.driver.vms.remove(made.id);
  expect(await bench.volumes()).toEqual([]);
});

test.each([
  [
    "UEFI variables in libvirt's own file",
    { firmware: { type: "uefi" } },
    /UEFI variables are in a file named after it/,
  ],
  ["a snapshot", {}, /renames no VM that has snapshots \(kept\)/],
  ["saved memory", {}, /renames no VM whose memory is saved/],
])("%s: told beforehand, refused, and nothing is changed", async (what, input, words) => {
  const spec = bench.spec("held", { disks: [{ size: "1MiB" }], ...input });
  const made = await bench.create(spec);
  if (what === "a snapshot") await bench.host.virsh(["snapshot-create-as", "held", "kept"]);
  if (what === "saved memory") {
    await bench.host.virsh(["start", "held", "--paused"]);
    await bench.host.virsh(["managedsave", "held"]);
  }
  const before = await bench.xml("held");
  expect(await bench.driver.vms.nameHeld?.(made.id)).toMatch(words);
  expect((await failure(bench.change(made, { ...spec, name: "free" }))).message).toMatch(words);
  expect(await bench.domains()).toEqual(["held"]);
  expect(await bench.xml("held")).toBe(before);
});

test("UEFI variables in a file that the program names go along", async () => {
  const nvram = "/var/lib/libvirt/qemu/nvram/named_VARS.fd";
  const spec = bench.spec("efi", {
    domainType: "qemu",
    disks: [{ size: "1MiB" }],
    firmware: { type: "uefi", nvram },
  });
  const made = await bench.create(spec);
  await bench.host.virsh(["start", "efi", "--paused"]);
  await bench.host.virsh(["destroy", "efi"]);
  const inode = async () => (await bench.host.exec(["stat", "-c", "%i", nvram])).stdout;
  const before = await inode();
  expect((await bench.change(made, { ...spec, name: "efi2" })).name).toBe("efi2");
  await bench.host.virsh(["start", "efi2", "--paused"]);
  expect(await bench.xml("efi2")).toContain(nvram);
  expect(await inode()).toBe(before);
});
