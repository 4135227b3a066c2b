import { createServer, type Server } from "node:net";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bootPath, poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { ownHost } from "../support/host";
import { Program } from "../support/pulumi";

const HEAD = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, LibvirtNetwork, StoragePool, StorageVolume, Vm } = require("pulumi-vmhost");
const config = new pulumi.Config();
const host = { address: config.require("address"), name: "kvm1", connectTimeout: 10, retries: 0, reservedMemory: "-20TiB", reservedCpu: -100 };
const vm = { host, domainType: "qemu", memory: 32 };
`;

/** What is asked of the host, by a resource of that kind and name, and what is said when it refuses. */
interface Refusal {
  readonly what: string;
  readonly kind: string;
  readonly name: string;
  /** The resource's arguments, as the program writes them. */
  readonly args: string;
  readonly says: readonly RegExp[];
}

const REFUSED: readonly Refusal[] = [
  {
    what: "a pool that is missing",
    kind: "Vm",
    name: "poolless",
    args: `{ ...vm, disks: [{ pool: "nope", size: 1 }] }`,
    says: [/on kvm1 \(qemu\+unix/, /no storage pool "nope"; it has .*"plain"/],
  },
  {
    what: "a base volume that is missing",
    kind: "Vm",
    name: "baseless",
    args: `{ ...vm, disks: [{ pool: "plain", backing: "plain/nope.qcow2" }] }`,
    says: [/no volume "nope.qcow2" in pool "plain"/, /virsh vol-list/],
  },
  {
    what: "memory beyond the host",
    kind: "Vm",
    name: "large",
    args: `{ ...vm, name: "large", memory: "10TiB", disks: [{ pool: "plain", size: "1MiB" }] }`,
    says: [/cannot start VM "large" on kvm1/, /Cannot allocate memory/, /make `memory` smaller/],
  },
  {
    what: "a network that is missing, where the preview does not look",
    kind: "Vm",
    name: "netless",
    args: `{ ...vm, name: "netless", raw: "<devices><interface type='network'><source network='nope'/></interface></devices>" }`,
    says: [/VM "netless"/, /no network with matching name 'nope'/i],
  },
  {
    what: "a device that is missing",
    kind: "Vm",
    name: "deviceless",
    args: `{ ...vm, name: "deviceless", interfaces: [{ macvlan: "nodev9" }] }`,
    says: [/cannot start VM "deviceless"/, /nodev9/, /no network device of this name/],
  },
  {
    what: "an image that is missing",
    kind: "Vm",
    name: "imageless",
    args: `{ ...vm, name: "imageless", disks: [{ path: "/nope/x.qcow2" }] }`,
    says: [/VM "imageless"/, /\/nope\/x\.qcow2/],
  },
  {
    what: "a full disk",
    kind: "StorageVolume",
    name: "big",
    args: `{ host, pool: "small", name: "big.img", source: "big.img", format: "raw" }`,
    says: [
      /volume "big.img" in pool "small"/,
      /No space left in pool "small": it has 2 MiB for content of 6 MiB/,
      /Free space in the storage pool/,
    ],
  },
];

/** What a host's refusals look like to a person: one message with host, object, cause and remedy, and nothing half-made. */
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

  async function refusal(
    source: string,
    { address = host.address, args = [] }: { address?: string; args?: readonly string[] } = {},
  ): Promise<string> {
    const program = new Program({ name: "refused", source: HEAD + source, config: { address } });
    programs.push(program);
    await program.prepare();
    await writeFile(join(program.dir, "big.img"), Buffer.alloc(6 * 2 ** 20, 7));
    const { code, stdout, stderr } = await program.up({ args });
    expect(code).not.toBe(0);
    const state = await program.exportState();
    const left = (state.deployment.resources ?? []).filter(({ type }) => type.includes("vmhost"));
    expect(left).toEqual([]);
    return stdout + stderr;
  }

  describe("each with words of its own", () => {
    let text: string;

    beforeAll(async () => {
      const source = REFUSED.map(({ kind, name, args }) => `new ${kind}("${name}", ${args});`).join("\n");
      text = await refusal(source, { args: ["--continue-on-error"] });
    });

    test.each(REFUSED)("$what", ({ kind, name, says }) => {
      const said = text
        .split(/^ {2}(?=pulumi)/m)
        .find((part) => part.startsWith(`pulumi-nodejs:dynamic/vmhost:${kind} (${name}):`));
      for (const pattern of says) expect(said).toMatch(pattern);
      expect(said).not.toMatch(/\n\s+at .*\.js:\d+/);
    });

    test("and nothing is left of any of them", async () => {
      expect(await host.virsh(["list", "--all", "--name"])).toBe("foreign");
      expect(await host.virsh(["net-list", "--all", "--name"])).toBe("foreign");
      const files = await host.exec([
        "find",
        `${poolPath}/plain`,
        `${poolPath}/small`,
        "-type",
        "f",
        "-printf",
        "%f\n",
      ]);
      expect(files.stdout).toBe("mine.img\n");
    });
  });

  test("a host that accepts and never answers fails within its deadline, in one sentence", async () => {
    const socket = join(host.dir, "run", "silent.sock");
    const server = await new Promise<Server>((resolve) => {
      const listening = createServer(() => undefined).listen(socket, () => resolve(listening));
    });
    try {
      const address = `qemu+unix:///system?socket=${socket}`;
      const text = await refusal(`new LibvirtNetwork("n", { host: { ...host, connectTimeout: 3 } });`, {
        address,
      });
      expect(text).toMatch(/to kvm1 .*: .*did not answer|within \d/);
    } finally {
      server.close();
    }
  });

  test("a host that is not there", async () => {
    const addresses = {
      socket: `qemu+unix:///system?socket=${host.dir}/run/none.sock`,
      ssh: "qemu+ssh://root@127.0.0.1:1/system",
      tcp: "qemu+tcp://127.0.0.1:1/system",
    };
    const source = Object.entries(addresses).map(
      ([way, address]) =>
        `new LibvirtNetwork("${way}", { host: { ...host, address: "${address}", name: "${way}" } });`,
    );
    const text = await refusal(source.join("\n"), { args: ["--continue-on-error"] });
    expect(text).toMatch(/cannot connect to socket \(qemu\+unix.*none\.sock.*libvirtd/s);
    expect(text).toMatch(/cannot connect to ssh \(qemu\+ssh.*: .*refused/);
    expect(text).toMatch(/cannot connect to tcp \(qemu\+tcp.*: .*refused/);
  });
});

const FOREIGN = `<domain type="qemu"><name>foreign</name><memory unit="MiB">64</memory><os><type arch="x86_64" machine="q35">hvm</type></os></domain>`;
