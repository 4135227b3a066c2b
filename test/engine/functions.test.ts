import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { sharedHost } from "../support/host";
import { Program } from "../support/pulumi";

/** What somebody else has made on the host is asked for, and built upon. */
const SOURCE = `
import { getHostResources, getNetworks, getNwFilters, getStoragePools, getStorageVolume, getVmHost, getVms, StorageVolume, Vm, VmHost } from "pulumi-vmhost";
import * as pulumi from "@pulumi/pulumi";
const config = new pulumi.Config();
const kvm = new VmHost("kvm1", { address: config.require("address"), cpuOvercommitRatio: 2, defaultStoragePool: "asked" });
const base = getStorageVolume({ host: kvm, pool: "asked", name: config.require("volume") });
new StorageVolume("overlay", { host: kvm, name: "overlay", pool: "asked", backing: base.id });
export const host = getVmHost({ host: kvm }).apply(({ kind, hostname, capacity }) => ({ kind, hostname, cores: capacity.cores }));
export const pool = getStoragePools({ host: kvm }).apply((all) => all.find(({ name }) => name === "asked"));
export const network = getNetworks({ host: config.require("address") }).apply((all) => all.find(({ name }) => name === "asked"));
export const vm = getVms({ host: kvm.connection }).apply((all) => all.find(({ name }) => name === "asked"));
export const volume: pulumi.Output<string> = base.path;
export const resources = getHostResources({ host: kvm, perNuma: true });
// libvirt's test driver has two NUMA nodes; its host is there while somebody is connected, as the provider is now.
const twoNodes = new VmHost("two", { address: config.require("twoNodes"), memoryOvercommitRatio: 4 });
const tied = new Vm("tied", { host: twoNodes, name: "tied", cores: 3, memory: 256, numaPolicy: "single-node", running: false });
export const numa = getHostResources({ host: tied.id.apply(() => twoNodes.connection), perNuma: true }).numa;
export const filters = getNwFilters({ host: kvm }).apply((all) => all.map(({ name }) => name));
`;

describe("functions for what exists", () => {
  let host: ThrowawayHost;
  let program: Program;
  const folder = `${poolPath}/asked`;

  beforeAll(async () => {
    host = await sharedHost();
    await host.virsh(["pool-define-as", "asked", "dir", "--target", folder]);
    await host.virsh(["pool-build", "asked"]);
    await host.virsh(["pool-start", "asked"]);
    await host.virsh(["vol-create-as", "asked", "base.qcow2", "4M", "--format", "qcow2"]);
    const define = async (command: string, xml: string): Promise<string> =>
      host
        .exec(["sh", "-c", `printf %s "$1" > ${folder}/xml && virsh -q ${command} ${folder}/xml`, "sh", xml])
        .then(({ stdout }) => stdout);
    await define("net-define", "<network><name>asked</name></network>");
    await define(
      "define",
      "<domain type='qemu'><name>asked</name><memory unit='MiB'>64</memory><vcpu>3</vcpu><os><type>hvm</type></os></domain>",
    );
    await host.exec(["rm", `${folder}/xml`]);
    program = new Program({
      name: "ask",
      source: SOURCE,
      language: "typescript",
      config: { address: host.address, twoNodes: host.testAddress, volume: "none.qcow2" },
    });
  });

  afterAll(async () => {
    await program.destroy();
    await program.dispose();
    await host.virsh(["undefine", "asked"]);
    await host.virsh(["net-undefine", "asked"]);
    await host.virsh(["vol-delete", "--pool", "asked", "base.qcow2"]);
    await host.virsh(["pool-destroy", "asked"]);
    await host.virsh(["pool-undefine", "asked"]);
  });

  test("a volume that is not there is said to be so in the preview", async () => {
    const { code, stdout } = await program.preview({});
    expect(code).not.toBe(0);
    expect(stdout).toMatch(
      /cannot find volume "none.qcow2" in storage pool "asked" on kvm1 .*does not exist there/,
    );
  });

  test("tell what the host's own tools tell, and what they tell can be built upon", async () => {
    await program.setConfig("volume", "base.qcow2");
    expect((await program.up()).code).toBe(0);
    const told = await program.outputs();
    const cores = Number(/CPU\(s\):\s+(\d+)/.exec(await host.virsh(["nodeinfo"]))?.[1]);
    expect(told["host"]).toMatchObject({
      kind: "libvirt",
      hostname: await host.virsh(["hostname"]),
      cores: { total: cores, limit: cores * 2 },
    });
    expect(told["pool"]).toMatchObject({ type: "dir", path: folder, active: true, default: true });
    expect(told["network"]).toMatchObject({ active: false, hasDhcp: false });
    expect(told["vm"]).toMatchObject({
      id: await host.virsh(["domuuid", "asked"]),
      state: "stopped",
      cores: 3,
      memoryMiB: 64,
    });
    expect(told["volume"]).toBe(`${folder}/base.qcow2`);
    // One node of this machine, which has all that VMs have.
    const [node, ...others] = capabilitiesOf(await host.virsh(["capabilities"]));
    expect(others).toEqual([]);
    expect(told["resources"]).toMatchObject({
      hostname: await host.virsh(["hostname"]),
      vms: expect.arrayContaining([expect.objectContaining({ name: "asked", cores: 3, numaNodes: [0] })]),
      untied: { vms: 0 },
      numa: [{ id: node?.id, cores: { total: node?.cpus }, vms: expect.anything() }],
      warnings: [],
    });
    // As many CPUs are left on both, and more memory on the second.
    expect(told["numa"]).toMatchObject([
      { id: 0, cores: { total: 8, allocated: 0, free: 8 }, vms: [] },
      { id: 1, cores: { total: 8, allocated: 3 }, vms: [{ name: "tied", weight: 1, memoryMiB: 256 }] },
    ]);
    const filters = (await host.virsh(["nwfilter-list"]))
      .split("\n")
      .map((line) => line.trim().split(/\s+/)[1]);
    expect(told["filters"]).toEqual(filters.sort());
    expect(told["filters"]).toContain("clean-traffic");
    expect(await host.virsh(["vol-dumpxml", "--pool", "asked", "overlay"])).toContain(`${folder}/base.qcow2`);
    const { code, stdout } = await program.preview({ expectNoChanges: true });
    expect([code, stdout]).toEqual([0, expect.anything()]);
  });
});

function capabilitiesOf(xml: string): { id: number; cpus: number }[] {
  return [...xml.matchAll(/<cell id='(\d+)'>[\s\S]*?<cpus num='(\d+)'>/g)].map(([, id, cpus]) => ({
    id: Number(id),
    cpus: Number(cpus),
  }));
}
