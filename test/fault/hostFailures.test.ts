import { createServer, type Server } from "node:net";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bootPath, poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { ownHost } from "../support/host";
import { Program } from "../support/pulumi";

/** What a host's refusals look like to a person: one message with host, object, cause and remedy, and nothing half-made. */
const HEAD = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, LibvirtNetwork, StoragePool, StorageVolume, Vm } = require("pulumi-vmhost");
const config = new pulumi.Config();
const host = { address: config.require("address"), name: "kvm1", connectTimeout: 3, retries: 0, reservedMemory: "-20TiB" };
`;

describe("what a host refuses", () => {
  let host: ThrowawayHost;
  const programs: Program[] = [];

  beforeAll(async () => {
    host = await ownHost({ name: "refuses" });
    await host.exec(["mkdir", "-p", `${poolPath}/small`, `${poolPath}/plain`]);
    await host.exec(["mount", "-t", "tmpfs", "-o", "size=2M,mode=0711", "tmpfs", `${poolPath}/small`]);
    for (const name of ["small", "plain"]) {
      await host.virsh(["pool-define-as", name, "dir", "--target", `${poolPath}/${name}`]);
      await host.virsh(["pool-start", name]);
    }
    await host.exec(["truncate", "-s", "1M", `${poolPath}/plain/mine.img`]);
    await host.virsh(["pool-refresh", "plain"]);
    await writeFile(join(host.dir, "lib", "boot", "foreign.xml"), FOREIGN);
    await host.virsh(["define", `${bootPath}/foreign.xml`]);
    await writeFile(join(host.dir, "lib", "boot", "network.xml"), "<network><name>foreign</name></network>");
    await host.virsh(["net-define", `${bootPath}/network.xml`]);
  });

  afterAll(async () => {
    await Promise.all(programs.map((program) => program.dispose()));
    await host.stop();
  });

  async function refusal(source: string, address = host.address): Promise<string> {
    const program = new Program({ name: "refused", source: HEAD + source, config: { address } });
    programs.push(program);
    await program.prepare();
    await writeFile(join(program.dir, "big.img"), Buffer.alloc(6 * 2 ** 20, 7));
    const { code, stdout, stderr } = await program.up();
    const text = stdout + stderr;
    expect(code).not.toBe(0);
    expect(text).not.toMatch(/\n\s+at .*\.js:\d+/);
    const state = await program.exportState();
    const left = (state.deployment.resources ?? []).filter(({ type }) => type.includes("vmhost"));
    expect(left).toEqual([]);
    return text;
  }

  test.each<[string, string, RegExp[]]>([
    [
      "a pool that is missing",
      `new Vm("vm", { host, name: "vm", disks: [{ pool: "nope", size: 1 }] });`,
      [/on kvm1 \(qemu\+unix/, /no storage pool "nope"; it has .*"plain"/],
    ],
    [
      "a base volume that is missing",
      `new Vm("vm", { host, name: "vm", disks: [{ pool: "plain", backing: "plain/nope.qcow2" }] });`,
      [/no volume "nope.qcow2" in pool "plain"/, /virsh vol-list/],
    ],
    [
      "memory beyond the host",
      `new Vm("vm", { host, name: "vm", memory: "10TiB", domainType: "qemu", disks: [{ pool: "plain", size: "1MiB" }] });`,
      [/cannot start VM "vm" on kvm1/, /Cannot allocate memory/, /make `memory` smaller/],
    ],
    [
      "a network that is missing",
      `new Vm("vm", { host, name: "vm", domainType: "qemu", memory: 32, interfaces: [{ network: "nope" }] });`,
      [/VM "vm"/, /no network with matching name 'nope'/i],
    ],
    [
      "a device that is missing",
      `new Vm("vm", { host, name: "vm", domainType: "qemu", memory: 32, interfaces: [{ macvlan: "nodev9" }] });`,
      [/cannot start VM "vm"/, /nodev9/, /no network device of this name/],
    ],
    [
      "a full disk",
      `new StorageVolume("v", { host, pool: "small", name: "big.img", source: "big.img", format: "raw" });`,
      [/volume "big.img" in pool "small"/, /No space left on device/, /Free space in the storage pool/],
    ],
    [
      "a VM's name that is taken",
      `new Vm("vm", { host, name: "foreign" });`,
      [/VM "foreign"/, /exists already/, /adopt: true/],
    ],
    [
      "a network's name that is taken",
      `new LibvirtNetwork("n", { host, name: "foreign" });`,
      [/network "foreign"/, /exists already/, /adopt: true/],
    ],
    [
      "a pool's name that is taken",
      `new StoragePool("p", { host, name: "plain", path: "${poolPath}/plain" });`,
      [/storage pool "plain"/, /exists already/, /adopt: true/],
    ],
    [
      "a volume's name that is taken",
      `new StorageVolume("v", { host, pool: "plain", name: "mine.img", size: 1 });`,
      [/volume "mine.img"/, /exists already/, /adopt: true/],
    ],
    [
      "a file that is missing here",
      `new StorageVolume("v", { host, pool: "plain", source: "nowhere.qcow2" });`,
      [/source "nowhere.qcow2"/, /cannot be read on the machine that runs Pulumi/],
    ],
  ])("%s", async (_what, source, patterns) => {
    const text = await refusal(source);
    for (const pattern of patterns) expect(text).toMatch(pattern);
    expect((await host.virsh(["list", "--all", "--name"])).trim()).toBe("foreign");
    expect(
      (await host.exec(["ls", "-A", `${poolPath}/plain`, `${poolPath}/small`])).stdout
        .split(/\s+/)
        .filter((name) => name !== "" && !name.endsWith(":")),
    ).toEqual(["mine.img"]);
    expect((await host.virsh(["net-list", "--all", "--name"])).trim()).toBe("foreign");
  });

  test("a host that accepts and never answers fails within its deadline, in one sentence", async () => {
    const socket = join(host.dir, "run", "silent.sock");
    const server = await new Promise<Server>((resolve) => {
      const listening = createServer(() => undefined).listen(socket, () => resolve(listening));
    });
    try {
      const text = await refusal(
        `new LibvirtNetwork("n", { host });`,
        `qemu+unix:///system?socket=${socket}`,
      );
      expect(text).toMatch(/to kvm1 .*: .*did not answer|within \d/);
    } finally {
      server.close();
    }
  });

  test("a host that is not there", async () => {
    const text = await refusal(
      `new LibvirtNetwork("n", { host });`,
      `qemu+unix:///system?socket=${host.dir}/run/none.sock`,
    );
    expect(text).toMatch(/none\.sock/);
    expect(text).toMatch(/libvirtd/);
  });

  test("an ssh port that is closed", async () => {
    expect(await refusal(`new LibvirtNetwork("n", { host });`, "qemu+ssh://root@127.0.0.1:1/system")).toMatch(
      /127\.0\.0\.1.*(refused|ECONNREFUSED)/is,
    );
  });
});

const FOREIGN = `<domain type="qemu"><name>foreign</name><memory unit="MiB">64</memory><os><type arch="x86_64" machine="q35">hvm</type></os></domain>`;
