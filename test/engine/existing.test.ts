import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bootPath, poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { ownHost } from "../support/host";
import { Program } from "../support/pulumi";

const HEAD = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, LibvirtNetwork, NwFilter, StoragePool, StorageVolume, Vm } = require("pulumi-vmhost");
const host = new VmHost("kvm1", { address: new pulumi.Config().require("address") });
`;

const HAND_MADE = `<domain type="qemu"><name>old-web</name><title>made by hand</title><memory unit="MiB">64</memory><vcpu>1</vcpu>
  <metadata><other:note xmlns:other="urn:other">keep me</other:note></metadata>
  <os><type arch="x86_64" machine="q35">hvm</type></os>
  <devices><disk type="file" device="disk"><driver name="qemu" type="raw"/><source file="${poolPath}/mine/old.img"/><target dev="vda" bus="virtio"/></disk>
  <interface type="network"><mac address="52:54:00:11:22:33"/><source network="hand"/><model type="virtio"/></interface><watchdog model="i6300esb" action="reset"/></devices></domain>`;

describe("what exists already", () => {
  let host: ThrowawayHost;
  const programs: Program[] = [];

  beforeAll(async () => {
    host = await ownHost({ name: "existing" });
    await host.exec(["mkdir", "-p", `${poolPath}/mine`]);
    await host.virsh(["pool-define-as", "mine", "dir", "--target", `${poolPath}/mine`]);
    await host.virsh(["pool-start", "mine"]);
    await host.virsh(["vol-create-as", "mine", "old.img", "8M", "--format", "raw"]);
    await writeFile(
      join(host.dir, "lib", "boot", "hand.xml"),
      `<network><name>hand</name><bridge name="virbr77"/><ip address="10.77.0.1" netmask="255.255.255.0"/></network>`,
    );
    await host.virsh(["net-define", `${bootPath}/hand.xml`]);
    await host.virsh(["net-start", "hand"]);
    await writeFile(join(host.dir, "lib", "boot", "web.xml"), HAND_MADE);
    await host.virsh(["define", `${bootPath}/web.xml`]);
    await host.virsh(["start", "old-web", "--paused"]);
  });

  afterAll(async () => {
    await Promise.all(programs.map((program) => program.dispose()));
    await host.stop();
  });

  async function programOf(source: string, name = "existing"): Promise<Program> {
    const program = new Program({
      name,
      source: HEAD + source,
      config: { address: host.address },
    });
    programs.push(program);
    return program;
  }

  async function byHand(define: string, xml: string): Promise<void> {
    await writeFile(join(host.dir, "lib", "boot", "hand-made.xml"), xml);
    await host.virsh([define, `${bootPath}/hand-made.xml`]);
  }

  const everything = async (): Promise<string> => {
    const xml = [
      ["dumpxml", "--inactive", "old-web"],
      ["net-dumpxml", "hand"],
      ["pool-dumpxml", "mine"],
      ["vol-dumpxml", "--pool", "mine", "old.img"],
      ["domstate", "old-web"],
      ["domid", "old-web"],
    ];
    return (await Promise.all(xml.map((args) => host.virsh(args))))
      .join("\n")
      .replace(/<(allocation|available|timestamps)[\s\S]*?<\/\1>/g, "");
  };

  test("is read by get, and never touched", async () => {
    const before = await everything();
    const uuid = await host.virsh(["domuuid", "old-web"]);
    const program = await programOf(`
const vm = Vm.get("vm", "kvm1/old-web", { host });
const byId = Vm.get("byId", "${uuid}", { host });
const net = LibvirtNetwork.get("net", "hand", { host });
const pool = StoragePool.get("pool", "mine", { host });
const volume = StorageVolume.get("volume", "mine/old.img", { host });
exports.all = pulumi.all([vm.memory, byId.name, vm.interfaces, net.bridgeName, pool.targetPath, volume.capacity]);`);
    const result = await program.up();
    expect(result.stdout).not.toMatch(/error/);
    const { all } = await program.outputs();
    expect(all).toEqual([
      64,
      "old-web",
      [expect.objectContaining({ mac: "52:54:00:11:22:33", network: "hand" })],
      "virbr77",
      `${poolPath}/mine`,
      8 * 2 ** 20,
    ]);
    expect((await program.refresh({ expectNoChanges: true })).code).toBe(0);
    expect((await program.destroy()).code).toBe(0);
    expect(await everything()).toBe(before);
  });

  test("a get of what is not there is an error", async () => {
    const program = await programOf(`exports.m = Vm.get("vm", "nobody", { host }).memory;`);
    const { code, stdout } = await program.up();
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/nothing with the id or name "nobody" exists/);
  });

  test("is taken over by adopt: what the arguments leave out stays, the guest goes on", async () => {
    const id = await host.virsh(["domid", "old-web"]);
    const program = await programOf(`
const vm = new Vm("web", { host, adopt: "old-web", description: "now ours" });
const net = new LibvirtNetwork("net", { host, adopt: true, name: "hand", bridge: { name: "virbr77" }, ips: [{ cidr: "10.77.0.1/24" }], autostart: true });
const pool = new StoragePool("pool", { host, adopt: true, name: "mine", path: "${poolPath}/mine" });
const volume = new StorageVolume("volume", { host, adopt: true, pool: pool, name: "old.img", size: "8MiB", format: "raw" });
exports.id = vm.id;`);
    const result = await program.up();
    if (result.code !== 0) throw new Error(result.stdout);
    expect(await host.virsh(["domid", "old-web"])).toBe(id);
    const xml = await host.virsh(["dumpxml", "--inactive", "old-web"]);
    for (const kept of [
      "made by hand",
      "keep me",
      "old.img",
      "52:54:00:11:22:33",
      "i6300esb",
      "now ours",
      "existing/dev/Vm/web",
    ])
      expect(xml).toContain(kept);
    expect(xml).toMatch(/<memory unit='KiB'>65536</);
    expect((await program.preview({ expectNoChanges: true })).code).toBe(0);
    const refreshed = await program.refresh({ expectNoChanges: true, args: ["--diff"] });
    if (refreshed.code !== 0) throw new Error(refreshed.stdout);
    expect(await host.virsh(["domstate", "old-web"])).toMatch(/paused/);
  });

  test("networks, pools and filters taken over without a word about them stay as they are, down to their power", async () => {
    await byHand(
      "net-define",
      `<network><name>left</name><forward mode="nat"/><domain name="left.example"/><dns enable="no"/><mtu size="1400"/>
       <ip address="10.78.0.1" netmask="255.255.255.0"><dhcp><range start="10.78.0.10" end="10.78.0.99"/></dhcp></ip></network>`,
    );
    await host.virsh(["pool-define-as", "left", "dir", "--target", `${poolPath}/left`]);
    await byHand(
      "nwfilter-define",
      `<filter name="left" chain="root"><rule action="drop" direction="in"><tcp dstportstart="25"/></rule></filter>`,
    );
    const now = (): Promise<string[]> =>
      Promise.all(
        [
          ["net-dumpxml", "left"],
          ["net-info", "left"],
          ["pool-dumpxml", "left"],
          ["pool-info", "left"],
          ["nwfilter-dumpxml", "left"],
        ].map(async (args) => (await host.virsh(args)).replace(/ *<metadata>[^]*<\/metadata>\n/, "")),
      );
    const before = await now();
    const source = (more: string): string => `${HEAD}
new LibvirtNetwork("net", { host, adopt: "left"${more} });
new StoragePool("pool", { host, adopt: "left" });
new NwFilter("filter", { host, adopt: "left" });`;
    const program = await programOf("");
    await program.setSource(source(""));
    const result = await program.up();
    if (result.code !== 0) throw new Error(result.stdout);
    expect(await now()).toEqual(before);
    expect((await program.preview({ expectNoChanges: true })).code).toBe(0);
    expect((await program.refresh({ expectNoChanges: true })).code).toBe(0);
    await program.setSource(source(', ips: [{ cidr: "10.79.0.1/24" }]'));
    await program.up();
    const xml = await host.virsh(["net-dumpxml", "left"]);
    expect(xml).toContain("10.79.0.1");
    expect(xml).toContain("left.example");
    await program.setSource(source(""));
    expect((await program.preview({ expectNoChanges: true })).code).toBe(0);
  });

  const pool = "mine";
  test.each([
    ["LibvirtNetwork", "network", `name: "hand", bridge: { name: "virbr78" }`],
    ["StoragePool", "storage pool", `name: "mine", path: "${poolPath}/other"`],
    ["StorageVolume", "volume", `pool: "${pool}", name: "old.img", size: "8MiB"`],
    ["NwFilter", "nwfilter", `name: "clean-traffic"`],
    ["Vm", "VM", `name: "old-web", memory: 32, domainType: "qemu"`],
  ])(
    "the preview of a %s says what others have by its name, and that what it adopts is not there",
    async (kind, noun, args) => {
      const program = await programOf(`new ${kind}("one", { host, ${args} });`, "other");
      const taken = await program.preview();
      expect(taken.code).not.toBe(0);
      expect(taken.stdout).toMatch(new RegExp(`cannot create ${noun} .* on kvm1 .*exists already, and it `));
      await program.setSource(`${HEAD}new ${kind}("one", { host, adopt: "nobody", ${args} });`);
      const missing = await program.preview();
      expect(missing.code).not.toBe(0);
      expect(missing.stdout).toMatch(new RegExp(`cannot adopt ${noun} "nobody" on kvm1 .*does not exist`));
    },
  );

  test("the preview says from whom another stack takes over", async () => {
    const other = await programOf(`new LibvirtNetwork("net", { host, adopt: "hand" });`, "other");
    const { code, stdout, stderr } = await other.preview();
    expect(code).toBe(0);
    expect(stdout + stderr).toMatch(
      /network "hand" belongs to existing\/dev\/LibvirtNetwork\/net, and is taken over from it/,
    );
  });
});
