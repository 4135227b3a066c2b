import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { ObservedVm } from "../../../provider/driver/contract";
import { bootPath, poolPath } from "../../../scripts/lib/throwaway-host";
import { failure, VmBench } from "./vms-bench";

const MiB = 2 ** 20;
let bench: VmBench;

beforeAll(async () => {
  bench = await VmBench.open("vms", 71);
});
afterEach(() => bench?.removeAll());
afterAll(() => bench?.close());

/** A VM with a small disk and an interface, running a firmware that halts at once. */
async function running(
  name: string,
  input: Record<string, unknown> = {},
): Promise<{ made: ObservedVm; change: (input: Record<string, unknown>) => Promise<ObservedVm> }> {
  const base = {
    raw: bench.halting,
    disks: [{ size: "16MiB" }],
    interfaces: [{ network: bench.networks[0] }],
    ...input,
  };
  let spec = bench.spec(name, base);
  const made = await bench.create(spec);
  await bench.driver.vms.start(made.id);
  const change = (next: Record<string, unknown>): Promise<ObservedVm> => {
    spec = bench.spec(name, { ...base, ...next }, spec);
    return bench.change(made, spec);
  };
  return { made, change };
}

describe("a running VM", () => {
  test("takes disks, a SCSI controller with them, and interfaces at once", async () => {
    const { made, change } = await running("plug");
    const more = Array.from({ length: 5 }, (_, index) => ({ name: `d${index}`, size: "1MiB" }));
    const changed = await change({
      disks: [{ size: "16MiB" }, ...more, { name: "s", size: "1MiB", bus: "scsi" }],
      interfaces: [{ network: bench.networks[0] }, { name: "up", network: bench.networks[1] }],
    });
    expect(changed).toMatchObject({ id: made.id, state: "running", restartRequired: [] });
    const targets = ["vda", "vdb", "vdc", "vdd", "vde", "vdf", "sda"];
    expect(await bench.disks("plug")).toEqual(targets);
    expect((await bench.disks("plug", "--inactive")).sort()).toEqual([...targets].sort());
    expect(await bench.links("plug")).toEqual(bench.networks);
    expect(await bench.xml("plug")).toMatch(/<controller type='scsi' index='0' model='virtio-scsi'>/);
    expect(await bench.volumes()).toHaveLength(7);
    await bench.driver.vms.remove(made.id);
    expect(await bench.volumes()).toEqual([]);
  });

  test("sees a disk grow", async () => {
    const { made, change } = await running("grow");
    const changed = await change({ disks: [{ size: "32MiB" }] });
    expect(changed.spec.disks?.[0]?.size).toBe(32 * MiB);
    expect(await bench.host.virsh(["domblkinfo", "grow", "vda"])).toMatch(/Capacity:\s+33554432/);
    await bench.driver.vms.remove(made.id);
  });

  test("moves an interface to another network with the same device in place", async () => {
    const { made, change } = await running("move");
    const before = await bench.host.virsh(["domiflist", "move"]);
    const changed = await change({ interfaces: [{ network: bench.networks[1] }] });
    expect(changed.restartRequired).toEqual([]);
    expect(await bench.host.virsh(["domiflist", "move"])).toBe(
      before.replace(bench.networks[0], bench.networks[1]),
    );
    expect(await bench.links("move", "--inactive")).toEqual([bench.networks[1]]);
    await bench.driver.vms.remove(made.id);
  });

  test("has its disks while their pool is stopped, and has lost them only when the pool runs without them", async () => {
    const { made } = await running("unseen");
    const path = made.volumes["root"]?.path ?? "";
    const disks = async (): Promise<unknown> => (await bench.driver.vms.find(made.id))?.spec.disks;
    const before = await disks();
    await bench.host.virsh(["pool-destroy", bench.pool]);
    const meanwhile = await disks().finally(() => bench.host.virsh(["pool-start", bench.pool]));
    expect(meanwhile).toEqual([expect.objectContaining({ name: "root" })]);
    expect(await disks()).toEqual(before);
    await bench.host.virsh(["vol-delete", path]);
    expect(await disks()).toEqual([]);
    await bench.driver.vms.remove(made.id);
  });

  test("shows new texts at once, and loses them again", async () => {
    const { made, change } = await running("texts");
    await change({ title: "a <title>", description: "one\ntwo & 'three'" });
    expect(await bench.host.virsh(["desc", "--live", "--title", "texts"])).toBe("a <title>");
    expect(await bench.host.virsh(["desc", "--live", "texts"])).toBe("one\ntwo & 'three'");
    expect(await bench.xml("texts", "--inactive")).toMatch("<title>a &lt;title&gt;</title>");
    const changed = await change({});
    expect(await bench.xml("texts")).not.toMatch(/<title>|<description>/);
    expect(changed.restartRequired).toEqual([]);
    await bench.driver.vms.remove(made.id);
  });

  test("keeps what cannot be had now in its definition, and names it until it is started anew", async () => {
    const { made, change } = await running("later", { maxCores: 2, maxMemory: 128 });
    const changed = await change({
      cores: 2,
      maxCores: 4,
      memory: 256,
      maxMemory: undefined,
      guestAgent: false,
      disks: [{ size: "16MiB", cache: "none" }],
    });
    expect(changed.restartRequired).toEqual(["disks", "guestAgent", "maxCores", "memory"]);
    expect(await bench.host.virsh(["vcpucount", "later", "--live", "--current"])).toBe("2");
    await bench.driver.vms.stop(made.id, { hard: true });
    expect((await bench.driver.vms.find("later"))?.restartRequired).toEqual([]);
    await bench.driver.vms.start(made.id);
    const seen = await bench.driver.vms.find(made.id);
    expect(seen).toMatchObject({ restartRequired: [], spec: { cores: 2, maxCores: 4, memory: 256 } });
    await bench.driver.vms.remove(made.id);
  });

  test("that does not let go of a disk keeps it until it is switched off; the volume goes when it may", async () => {
    const { made, change } = await running("held", {
      disks: [{ size: "1MiB" }, { name: "b", size: "1MiB" }],
    });
    const held = await change({ disks: [{ size: "1MiB" }], allowDataLoss: true });
    expect(held.restartRequired).toEqual(["disks"]);
    expect(await bench.disks("held")).toEqual(["vda", "vdb"]);
    expect(await bench.disks("held", "--inactive")).toEqual(["vda"]);
    expect(await bench.volumes()).toHaveLength(2);
    await bench.driver.vms.stop(made.id, { hard: true });
    expect((await change({ disks: [{ size: "1MiB" }], allowDataLoss: true })).restartRequired).toEqual([]);
    expect(await bench.volumes()).toHaveLength(1);
    await bench.driver.vms.remove(made.id);
  });

  test("keeps a disk's volume when the disk is taken out, and gives it back to a disk of that name", async () => {
    const two = [{ size: "1MiB" }, { name: "data", size: "2MiB", bus: "scsi" }];
    const { made, change } = await running("back", { disks: two });
    const volumes = await bench.volumes();
    expect((await change({ disks: [two[0]] })).restartRequired).toEqual([]);
    expect(await bench.disks("back")).toEqual(["vda"]);
    expect(await bench.volumes()).toEqual(volumes);
    await change({ disks: two });
    expect(await bench.disks("back")).toEqual(["vda", "sda"]);
    expect(await bench.volumes()).toEqual(volumes);
    await change({ disks: [two[0]] });
    await bench.driver.vms.remove(made.id);
    expect(await bench.volumes()).toEqual([]);
  });

  test("is left as it was when a change is refused half-way", async () => {
    const { made, change } = await running("undo");
    const before = await bench.xml("undo", "--inactive");
    const error = await failure(
      change({ description: "new", interfaces: [{ network: "nowhere" }], disks: [{ size: "16MiB" }] }),
    );
    expect(error).toMatchObject({ code: "not-found", operation: "change", target: 'VM "undo"' });
    expect(error.remedy).toMatch(/LibvirtNetwork/);
    expect(await bench.xml("undo", "--inactive")).toBe(before);
    expect(await bench.links("undo")).toEqual([bench.networks[0]]);
    await failure(change({ disks: [{ size: "16MiB" }, { name: "huge", size: "4000TiB", format: "raw" }] }));
    expect(await bench.xml("undo", "--inactive")).toBe(before);
    expect(await bench.volumes()).toHaveLength(1);
    await bench.driver.vms.remove(made.id);
  });

  test("changes in nothing when the program asks for the same", async () => {
    const { made, change } = await running("same", { autostart: true });
    const both = (): Promise<string[]> => Promise.all([bench.xml("same"), bench.xml("same", "--inactive")]);
    const before = await both();
    expect(await change({})).toMatchObject({ restartRequired: [], spec: { autostart: true } });
    expect(await both()).toEqual(before);
    await bench.driver.vms.remove(made.id);
  });
});

test("the order of a running VM's disks and interfaces means nothing, and their MACs and serials stay", async () => {
  const disks = ["one", "two", "three"].map((name) => ({ name, size: "1MiB", serial: `s-${name}` }));
  const interfaces = [0, 1].map((index) => ({ name: `nic${index}`, network: bench.networks[index] }));
  const { made, change } = await running("order", { disks, interfaces });
  // What the VM owns is noted in whatever order.
  const seen = async (...flags: string[]): Promise<string> =>
    (await bench.xml("order", ...flags)).replace(/<metadata>[^]*<\/metadata>/, "");
  const both = (): Promise<string[]> => Promise.all([seen(), seen("--inactive")]);
  const before = await both();
  const turned = { disks: disks.toReversed(), interfaces: interfaces.toReversed() };
  expect(await change(turned)).toMatchObject({ restartRequired: [] });
  expect(await both()).toEqual(before);
  // A name that stays is the same device whatever else of it and around it changes.
  const macs = (xml: string): string[] =>
    [...xml.matchAll(/<mac address='([^']+)'/g)].map(([, mac]) => mac ?? "");
  const serials = (xml: string): string[] =>
    [...xml.matchAll(/<serial>(s-[^<]+)/g)].map(([, text]) => text ?? "");
  await change({
    disks: [{ name: "fresh", size: "1MiB" }, ...turned.disks],
    interfaces: turned.interfaces.map((nic) => ({ ...nic, network: bench.networks[0], link: "down" })),
  });
  for (const [index, xml] of (await both()).entries()) {
    expect(macs(xml)).toEqual(macs(before[index] ?? ""));
    expect(serials(xml)).toEqual(serials(before[index] ?? ""));
  }
  await bench.driver.vms.remove(made.id);
});

describe("making a VM", () => {
  test("goes on where a run that was cut off has stopped: volumes that its definition names are made", async () => {
    const spec = bench.spec("cut", { disks: [{ size: "1MiB" }, { name: "b", size: "1MiB" }] });
    const made = await bench.create(spec);
    const [first = ""] = await bench.volumes();
    await bench.host.virsh(["vol-delete", first, "--pool", bench.pool]);
    const again = await bench.create(spec);
    expect(again).toEqual(made);
    expect(await bench.volumes()).toHaveLength(2);
    await bench.driver.vms.remove(made.id);
  });

  test("uses the data again of a VM that was undefined by hand", async () => {
    const spec = bench.spec("kept", { disks: [{ size: "1MiB" }] });
    await bench.create(spec);
    const [volume = ""] = await bench.volumes();
    const inode = (): Promise<string> =>
      bench.host
        .exec(["stat", "-c", "%i", `${poolPath}/${bench.pool}/${volume}`])
        .then(({ stdout }) => stdout);
    const before = await inode();
    await bench.host.virsh(["undefine", "kept"]);
    const again = await bench.create(spec);
    expect(await inode()).toBe(before);
    await bench.driver.vms.remove(again.id);
    expect(await bench.volumes()).toEqual([]);
  });

  test("of a name that is taken is refused, and what is there is left alone", async () => {
    await bench.virshFile(
      "define",
      "<domain type='qemu'><name>theirs</name><memory>65536</memory><os><type>hvm</type></os></domain>",
    );
    const before = await bench.xml("theirs");
    const error = await failure(bench.create(bench.spec("theirs", { disks: [{ size: "1MiB" }] })));
    expect(error).toMatchObject({ code: "already-exists", target: 'VM "theirs"' });
    expect(await bench.xml("theirs")).toBe(before);
    expect(await bench.volumes()).toEqual([]);
    await bench.host.virsh(["undefine", "theirs"]);
  });

  test("that fails leaves nothing behind", async () => {
    const disks = [{ size: "1MiB" }, { name: "huge", size: "4000TiB", format: "raw" }];
    await failure(bench.create(bench.spec("half", { disks })));
    expect(await bench.domains()).not.toContain("half");
    expect(await bench.volumes()).toEqual([]);
  });

  test.each([
    [{ disks: [{ pool: "nowhere", size: 1 }] }, "not-found", /storage pool "nowhere"/, /StoragePool/],
    [{ disks: [{ backing: "vms/none.qcow2" }] }, "not-found", /"none.qcow2" in pool "vms"/, /StorageVolume/],
    [{ raw: "<bogus/>" }, "invalid-argument", /bogus/, /`raw`/],
    [{ os: { machine: "pc-q35-0.1" } }, "", /machine|PCI/, /os.machine/],
    [{ os: { arch: "aarch64" } }, "unsupported", /aarch64/, /os.arch/],
  ])("with %j is refused with what to do about it", async (input, code, message, remedy) => {
    const error = await failure(bench.create(bench.spec("refused", input)));
    expect(error.message).toMatch(message);
    expect(error.remedy).toMatch(remedy);
    if (code !== "") expect(error.code).toBe(code);
    expect(await bench.domains()).not.toContain("refused");
  });

  test.each([
    [{ interfaces: [{ macvlan: "nodev9" }] }, "failed", /nodev9/, /ip link/],
    [{ interfaces: [{ bridge: "nobr9" }] }, "failed", /nobr9/, /ip link/],
    [{ interfaces: [{ network: "nonet" }] }, "not-found", /nonet/, /LibvirtNetwork/],
    [{ interfaces: [{ network: "vms-a", model: "lan9118" }] }, "failed", /lan9118/, /`model`/],
    [{ memory: "10TiB" }, "no-capacity", /Cannot allocate memory/, /`memory` smaller/],
    [{ disks: [{ path: "/nope/x.img" }] }, "failed", /\/nope\/x.img/, /file is there/],
  ])("with %j is refused at its start with what to do about it", async (input, code, message, remedy) => {
    const made = await bench.create(bench.spec("unstartable", { raw: bench.halting, ...input }));
    const error = await failure(bench.driver.vms.start(made.id));
    expect(error).toMatchObject({ code, operation: "start", target: 'VM "unstartable"' });
    expect(error.message).toMatch(message);
    expect(error.remedy).toMatch(remedy);
    await bench.driver.vms.remove(made.id);
  });
});

describe("a VM made by hand", () => {
  const define = async (name: string): Promise<string> => {
    await bench.host.exec(["truncate", "-s", "16M", `${bootPath}/${name}.img`]);
    await bench.virshFile(
      "define",
      `<domain type='kvm'><name>${name}</name><title>by hand</title><memory unit='MiB'>64</memory><os><type machine='pc'>hvm</type>` +
        `<loader type='rom'>${bench.guest.haltRom}</loader></os><features><acpi/></features><devices><disk type='file'>` +
        `<driver name='qemu' type='raw' cache='writethrough'/><source file='${bootPath}/${name}.img' startupPolicy='optional'/><target dev='vda'/></disk>` +
        `<interface type='network'><mac address='52:54:00:AA:BB:01'/><source network='vms-a'/><model type='rtl8139'/></interface>` +
        `<graphics type='vnc' passwd='sesame'/></devices></domain>`,
    );
    return (await bench.host.virsh(["domuuid", name])).trim();
  };
  const nic = { network: "vms-a", mac: "52:54:00:aa:bb:01" };
  const lines = (xml: string): string[] => xml.split("\n").map((line) => line.trim());

  test("is taken over running, and nothing of it is lost or restarted", async () => {
    const id = await define("hand");
    await bench.host.virsh(["start", "hand"]);
    const secrets = ["--inactive", "--security-info"];
    const [before, live] = [await bench.xml("hand", ...secrets), await bench.xml("hand")];
    const spec = bench.spec("hand", { memory: undefined, adopt: true, disks: [{}], interfaces: [nic] });
    const adopted = await bench.driver.vms.change(id, spec, { owner: spec.owner });
    expect(adopted).toMatchObject({ id, owner: spec.owner, state: "running", restartRequired: [] });
    const after = lines(await bench.xml("hand", ...secrets));
    expect(lines(before).filter((line) => !after.includes(line))).toEqual([]);
    expect(after.filter((line) => !lines(before).includes(line))).toEqual([
      "<metadata>",
      `<vmhost:owner xmlns:vmhost="urn:pulumi-vmhost:1" resource="${spec.owner}"/>`,
      "</metadata>",
      "<alias name='ua-disk-root'/>",
      "<alias name='ua-nic-eth0'/>",
    ]);
    expect(await bench.xml("hand")).toBe(live);
    await bench.driver.vms.remove(id);
    expect((await bench.host.exec(["ls", bootPath])).stdout).toMatch("hand.img");
    expect(await bench.domains()).not.toContain("hand");
  });

  test("changes live after it was taken over, its own image included", async () => {
    const id = await define("hand");
    await bench.host.virsh(["start", "hand"]);
    const spec = bench.spec("hand", {
      memory: undefined,
      adopt: true,
      disks: [{ size: "32MiB" }],
      interfaces: [{ ...nic, network: "vms-b" }],
    });
    const adopted = await bench.driver.vms.change(id, spec, { owner: spec.owner });
    expect(adopted.restartRequired).toEqual([]);
    expect(await bench.host.virsh(["domblkinfo", "hand", "vda"])).toMatch(/Capacity:\s+33554432/);
    expect(await bench.links("hand")).toEqual(["vms-b"]);
    expect(await bench.disks("hand")).toEqual(["vda"]);
    await bench.driver.vms.stop(id, { hard: true });
    const bigger = bench.spec("hand", { adopt: true, disks: [{ size: "64MiB" }] });
    const error = await failure(bench.driver.vms.change(id, bigger, { owner: spec.owner }));
    expect(error.remedy).toMatch(/Start the VM/);
    await bench.driver.vms.remove(id);
  });

  test("that would vanish when it stops is neither stopped nor changed", async () => {
    await bench.virshFile(
      "create",
      `<domain type='kvm'><name>passing</name><memory unit='MiB'>64</memory><os><type>hvm</type><loader type='rom'>${bench.guest.haltRom}</loader></os></domain>`,
    );
    const found = await bench.driver.vms.find("passing");
    expect(found).toMatchObject({ persistent: false, state: "running" });
    const spec = bench.spec("passing", { adopt: true });
    for (const refused of [
      bench.driver.vms.stop(String(found?.id), { hard: true }),
      bench.driver.vms.change(String(found?.id), spec, { owner: spec.owner }),
    ]) {
      expect(await failure(refused)).toMatchObject({ code: "invalid-state", target: 'VM "passing"' });
    }
    expect(await bench.host.virsh(["domstate", "passing"])).toBe("running");
    await bench.host.virsh(["destroy", "passing"]);
  });
});
