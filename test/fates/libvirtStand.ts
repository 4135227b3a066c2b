import { symlink } from "node:fs/promises";
import { join } from "node:path";
import type { HostDriver } from "../../provider/driver/contract";
import { createLibvirtDriver } from "../../provider/libvirt";
import { hostFields } from "../../provider/schema/address/connection";
import { objectOf } from "../../provider/schema/table/gate";
import { poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { placeGuest, sharedHost } from "../support/host";
import { Program, type StateResource } from "../support/pulumi";
import { AT_ONCE, type Looks, type Stand } from "./course";
import { guestOf, lookAtAll, type Objects } from "./objects";
import { givePassphrases, takePassphrases } from "./passphrases";
import { placeObjects } from "./placed";
import type { Look } from "./row";

const PROGRAM = `
const pulumi = require("@pulumi/pulumi");
const { readFileSync } = require("fs");
const kinds = require("pulumi-vmhost");
const config = new pulumi.Config();
const [address, side, folder] = ["address", "side", "folder"].map((key) => config.require(key));
const knownInterfaces = ["br-a", "br-b"].map((name) => ({ name, type: "bridge" }));
const ratios = { reservedCpu: -1000, cpuOvercommitRatio: 10, memoryOvercommitRatio: 10, overcommitScope: "running", knownInterfaces };
const host = new kinds.VmHost("host", { address, ...ratios });
const other = new kinds.VmHost("other", { address: config.require("otherAddress"), ...ratios });
const pools = ["fates", "fates2"].map((name) => new kinds.StoragePool(name, { host, name, path: folder + "/" + name }));
const images = ["one", "two"].map((name) => new kinds.StorageVolume(name, { host, pool: pools[0], name, size: "1MiB" }));
const networks = [
  { name: "fates" },
  { name: "fates2" },
  { name: "fates-groups", portGroups: [{ name: "first" }, { name: "second" }] },
  { name: "fates-limited", bandwidth: { inbound: { average: 10000 } } },
].map((args) => new kinds.LibvirtNetwork(args.name, { host, ...args }));
const dependsOn = [...pools, ...images, ...networks];
const objects = JSON.parse(readFileSync("objects.json", "utf8"));
for (const [kind, all] of Object.entries(objects)) {
  for (const [name, { [side]: args }] of Object.entries(all)) {
    // Much of what such VMs have could not be started here.
    const untried = kind === "Vm" && args.running === false ? { validateStart: false } : {};
    if (kind === "VmHost") new kinds.VmHost(name, { address, ...args });
    else new kinds[kind](name, { ...untried, ...args, ...(args.hosts === undefined ? { host: args.host === "$other" ? other : host } : { hosts: [host] }) }, { dependsOn });
  }
}
`;

/** A real libvirt for the rows of its tables, with virsh as the witness. */
export class LibvirtStand implements Stand {
  private constructor(
    private readonly host: ThrowawayHost,
    private readonly held: HostDriver,
  ) {}

  static async start(): Promise<LibvirtStand> {
    const host = await sharedHost();
    // The daemon keeps the second host, libvirt's test driver, for as long as somebody is connected to it.
    const held = createLibvirtDriver(objectOf(hostFields).parse({ address: host.testAddress }));
    await held.facts();
    await givePassphrases(host);
    await makeDevices(host);
    return new LibvirtStand(host, held);
  }

  async program(objects: Objects): Promise<Program> {
    const { host } = this;
    // The same daemon under another address.
    const otherWay = join(host.dir, "run", "another-way");
    await symlink("libvirt-sock", otherWay).catch(() => undefined);
    const program = new Program({
      name: "fates",
      source: PROGRAM,
      config: {
        side: "a",
        address: host.address,
        otherAddress: host.testAddress,
        folder: `${poolPath}/fates`,
      },
      env: AT_ONCE,
    });
    await program.prepare();
    const { kernel, initrdWithAgent, commandLine } = await placeGuest(host);
    await placeObjects(program, objects, {
      $kernel: kernel,
      $initrd: initrdWithAgent,
      $cmdline: commandLine,
      "$another-way": otherWay,
    });
    return program;
  }

  look(resources: readonly StateResource[], names: ReadonlySet<string>): Promise<ReadonlyMap<string, Look>> {
    return lookAtAll(this.host, resources, names);
  }

  async ready(looks: Looks): Promise<void> {
    for (const name of linuxes(looks)) await until(this.host, name, agentAnswers);
  }

  async settled(looks: Looks): Promise<void> {
    for (const name of linuxes(looks)) await until(this.host, name, balloonIsThere);
  }

  /** By hand, as the host's owner would: what waits for the next start arrives with it. */
  async restart(looks: Looks): Promise<readonly string[]> {
    const failures: string[] = [];
    // Pools are running, too.
    const on = [...looks].filter(
      ([row, { xml }]) => row.kind === "Vm" && /State: +(paused|running)/.test(xml),
    );
    for (const name of new Set(on.map(([, look]) => look.name))) {
      try {
        await this.host.virsh(["destroy", name]);
        await this.host.virsh(["start", name, "--paused"]);
      } catch (error) {
        failures.push(String(error));
      }
    }
    return failures;
  }

  async end(): Promise<void> {
    await this.held.close();
    await takePassphrases(this.host);
    await removeDevices(this.host);
  }
}

function linuxes(looks: Looks): ReadonlySet<string> {
  return new Set([...looks].flatMap(([row, { name }]) => (guestOf(row) === "booted" ? [name] : [])));
}

/** What interfaces of the rows stand on: two bridges, and the ends of two cables. */
const BRIDGES = ["br-a", "br-b"];
const CABLES = [
  ["dev-a", "dev-b"],
  ["dev-c", "dev-d"],
] as const;

async function makeDevices(host: ThrowawayHost): Promise<void> {
  for (const name of BRIDGES) await host.exec(["ip", "link", "add", name, "type", "bridge"]);
  for (const [end, other] of CABLES)
    await host.exec(["ip", "link", "add", end, "type", "veth", "peer", "name", other]);
  for (const name of [...BRIDGES, ...CABLES.flat()]) await host.exec(["ip", "link", "set", name, "up"]);
  // SPICE listens nowhere on a host without an address of its own.
  await host.exec(["ip", "address", "add", "192.0.2.1/24", "dev", "br-a"]);
}

async function removeDevices(host: ThrowawayHost): Promise<void> {
  for (const name of [...BRIDGES, ...CABLES.map(([end]) => end)])
    await host.exec(["ip", "link", "delete", name], { allowFailure: true });
}

type Question = (virsh: (args: readonly string[]) => Promise<string>, name: string) => Promise<boolean>;

/** A guest whose agent answers lets go of what it is asked for. */
const agentAnswers: Question = async (virsh, name) =>
  (await virsh(["qemu-agent-command", name, '{"execute":"guest-ping"}']).catch(() => "")).includes("return");

/** The guest gives memory back when it comes to it. */
const balloonIsThere: Question = async (virsh, name) => {
  const [now, wanted] = await Promise.all([virsh(["dumpxml", name]), virsh(["dumpxml", "--inactive", name])]);
  const current = (xml: string): string | undefined => /<currentMemory[^>]*>(\d+)</.exec(xml)?.[1];
  return current(now) === current(wanted);
};

const PATIENCE_MS = 120_000;

/** A guest that never gets there fails the rows which needed it, not all of them. */
async function until(host: ThrowawayHost, name: string, question: Question): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end && !(await question((args) => host.virsh(args), name)))
    await new Promise((resolve) => setTimeout(resolve, 300));
}
