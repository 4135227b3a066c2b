import { createHash } from "node:crypto";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostDriver } from "../../provider/driver/contract";
import { createLibvirtDriver } from "../../provider/libvirt";
import { hostFields } from "../../provider/schema/connection";
import { objectOf } from "../../provider/schema/gate";
import { poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { placeGuest, sharedHost } from "../support/host";
import { Program, type Outcome, type StateResource } from "../support/pulumi";
import { lookAtAll, carrierOf, guestOf, objectsOf, seen } from "./objects";
import { givePassphrases, takePassphrases } from "./passphrases";
import { saidOf, type Said } from "./said";
import type { Look, Row } from "./row";

/** What the engine and the host have said about one row. */
export interface Proof {
  readonly said: Said;
  /** What the witness sees before the change, and after it. */
  readonly before: string;
  readonly after: string;
  /** The running guest's definition, right after the change and after its next start. */
  readonly live: string;
  readonly restarted: string;
  /** What the VM says to be waiting for its next start, at the same two moments. */
  readonly waiting: readonly string[];
  readonly left: readonly string[];
}

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

/** All rows in one program, taken from A to B by the real engine on a real host. */
export class FateStack {
  /** Moments at which the engine wanted to change something although it should not. */
  readonly unclean: string[] = [];
  private readonly proofs = new Map<Row, Proof>();
  private program: Program | undefined;
  private held: HostDriver | undefined;

  constructor(private readonly rows: readonly Row[]) {}

  proof(row: Row): Proof {
    const proof = this.proofs.get(row);
    if (proof === undefined) throw new Error(`${row.kind} ${row.field} was not tried`);
    return proof;
  }

  async run(): Promise<void> {
    const host = await sharedHost();
    // The daemon keeps the second host, libvirt's test driver, for as long as somebody is connected to it.
    this.held = createLibvirtDriver(objectOf(hostFields).parse({ address: host.testAddress }));
    await this.held.facts();
    await givePassphrases(host);
    const program = await this.prepared(host);
    // What goes wrong with one object keeps no row of another from being judged.
    await this.clean("creation", program.up({ args: ["--continue-on-error"] }));
    await this.clean("preview after creation", program.preview({ expectNoChanges: true, args: ["--diff"] }));
    const before = await this.witness(host, program);
    const linuxes = this.rows.flatMap((row) =>
      guestOf(row) === "booted" ? (before.get(row)?.look.name ?? []) : [],
    );
    for (const name of new Set(linuxes)) await until(host, name, agentAnswers);
    await program.setConfig("side", "b");
    const preview = await program.preview();
    if (preview.code !== 0) throw new Error(preview.stdout.slice(0, preview.stdout.indexOf("\n{")));
    await program.setConfig("side", "c");
    await this.clean("change", program.up({ args: ["--continue-on-error"] }));
    await this.clean("preview after change", program.preview({ expectNoChanges: true, args: ["--diff"] }));
    await this.clean("refresh after change", program.refresh({ expectNoChanges: true, args: ["--diff"] }));
    for (const name of new Set(linuxes)) await until(host, name, balloonIsThere);
    const after = await this.witness(host, program);
    this.unclean.push(...(await restartGuests(host, after)));
    await must(program.refresh());
    const restarted = await this.witness(host, program);
    for (const row of this.rows) {
      const [then, now, later] = [before, after, restarted].map((moment) => moment.get(row));
      if (then === undefined || now === undefined || later === undefined) continue;
      this.proofs.set(row, {
        said: saidOf(row, preview),
        before: then.text,
        after: now.text,
        live: row.part(now.look.live),
        restarted: row.part(later.look.live),
        waiting: waitingOf(now.look),
        left: waitingOf(later.look),
      });
    }
  }

  async end(): Promise<void> {
    const { program } = this;
    if (program === undefined) return;
    const { code, stdout } = await program.destroy();
    await program.dispose();
    await this.held?.close();
    await takePassphrases(await sharedHost());
    await removeDevices(await sharedHost());
    if (code !== 0) throw new Error(stdout);
  }

  private async prepared(host: ThrowawayHost): Promise<Program> {
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
    });
    this.program = program;
    await program.prepare();
    const [small, large] = [Buffer.alloc(2 ** 20, 1), Buffer.alloc(2 ** 21, 2)];
    await writeFile(join(program.dir, "small.raw"), small);
    await writeFile(join(program.dir, "large.raw"), large);
    const digest = (kind: string): string => `${kind}:${createHash(kind).update(small).digest("hex")}`;
    await makeDevices(host);
    const { kernel, initrdWithAgent, commandLine } = await placeGuest(host);
    const guest = { $kernel: kernel, $initrd: initrdWithAgent, $cmdline: commandLine };
    const words = {
      ...guest,
      "$another-way": otherWay,
      $sha256: digest("sha256"),
      $sha512: digest("sha512"),
    };
    const text = Object.entries(words).reduce(
      (json, [word, value]) => json.replaceAll(word, value),
      JSON.stringify(objectsOf(this.rows)),
    );
    await writeFile(join(program.dir, "objects.json"), text);
    return program;
  }

  private async witness(host: ThrowawayHost, program: Program): Promise<ReadonlyMap<Row, Seen>> {
    const args = ["stack", "export", "--show-secrets", "--stack", "dev"];
    const { deployment } = JSON.parse((await must(program.pulumi(args))).stdout) as {
      deployment: { resources?: StateResource[] };
    };
    const looks = await lookAtAll(host, deployment.resources ?? [], new Set(this.rows.map(carrierOf)));
    const found = new Map<Row, Seen>();
    for (const row of this.rows) {
      const look = looks.get(carrierOf(row));
      if (look !== undefined) found.set(row, { look, text: await seen(row, look) });
    }
    return found;
  }

  private async clean(moment: string, run: Promise<Outcome>): Promise<void> {
    const { code, stdout } = await run;
    if (code !== 0) this.unclean.push(`${moment}:\n${diagnosticsOf(stdout)}`);
  }
}

interface Seen {
  readonly look: Look;
  readonly text: string;
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

/** By hand, as the host's owner would: what waits for the next start arrives with it. */
async function restartGuests(host: ThrowawayHost, seen: ReadonlyMap<Row, Seen>): Promise<readonly string[]> {
  const failures: string[] = [];
  // Pools are running, too.
  const on = [...seen].filter(
    ([row, { look }]) => row.kind === "Vm" && /State: +(paused|running)/.test(look.xml),
  );
  for (const name of new Set(on.map(([, { look }]) => look.name))) {
    try {
      await host.virsh(["destroy", name]);
      await host.virsh(["start", name, "--paused"]);
    } catch (error) {
      failures.push(String(error));
    }
  }
  return failures;
}

function waitingOf({ outs }: Look): readonly string[] {
  const value = outs["restartRequired"];
  return Array.isArray(value) ? value.map(String) : [];
}

/** Of an update's long report, what went wrong. */
function diagnosticsOf(text: string): string {
  return text.slice(Math.max(0, text.indexOf("Diagnostics:")));
}

async function must(run: Promise<Outcome>): Promise<Outcome> {
  const outcome = await run;
  if (outcome.code !== 0) throw new Error(diagnosticsOf(outcome.stdout + outcome.stderr));
  return outcome;
}
