import { chmod, copyFile, mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { randomFillSync } from "node:crypto";
import { join } from "node:path";
import { run } from "../scripts/lib/command.ts";
import { checkoutDir } from "../scripts/lib/paths.ts";
import { Program } from "../test/support/pulumi.ts";
import { makeKey, startSshd, temporaryFolder, type Sshd } from "../test/support/sshd.ts";
import { WireProxy } from "../test/support/wireProxy.ts";
import { secondsOf, type Benchmark, type Figure } from "./figures.ts";
import { NOT_SENDING, SENDING } from "./programs.ts";
import { theStand } from "./stand.ts";

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const ROUNDS = 5;
/** 0.9 of the other's speed. */
const TIME_LIMIT = 1 / 0.9;
const MEMORY_LIMIT = 150 * MiB;
const POOL = "uploads";

/** What all uploads need: images, a pool, and a way in by ssh. */
interface Site {
  readonly folder: string;
  /** 1 GiB of noise. */
  readonly dense: string;
  /** 10 GiB with 100 MiB of noise in them. */
  readonly sparse: string;
  readonly unix: string;
  readonly ssh: string;
  readonly socket: string;
  readonly sshd: Sshd;
}

let site: Promise<Site> | undefined;

function theSite(): Promise<Site> {
  site ??= setUp();
  return site;
}

async function setUp(): Promise<Site> {
  const { host } = await theStand();
  const folder = temporaryFolder("bench-uploads");
  const [dense, sparse] = [join(folder, "dense.img"), join(folder, "sparse.img")];
  await noise(dense, GiB, GiB, 1024);
  await noise(sparse, 10 * GiB, GiB, 10);
  await host.virsh(["pool-define-as", POOL, "dir", "--target", `/var/lib/libvirt/images/${POOL}`]);
  for (const step of ["pool-build", "pool-start"]) await host.virsh([step, POOL]);
  const key = makeKey(folder, "id_ed25519");
  const sshd = await startSshd({ authorizedKeys: [key.publicKey] });
  const home = join(folder, ".ssh");
  await mkdir(home, { mode: 0o700 });
  await writeFile(join(home, "known_hosts"), `${sshd.knownHostsLine}\n`);
  await copyFile(key.file, join(home, "id_ed25519"));
  await chmod(join(home, "id_ed25519"), 0o600);
  // OpenSSH looks for its files in the user's home whatever HOME says.
  const words = `-F /dev/null -o UserKnownHostsFile=${join(home, "known_hosts")} -o IdentityFile=${join(home, "id_ed25519")}`;
  await writeFile(join(folder, "ssh"), `#!/bin/sh\nexec ssh ${words} "$@"\n`, { mode: 0o755 });
  const ssh = `qemu+ssh://root@127.0.0.1:${sshd.port}/system?socket=${host.socket}`;
  return { folder, dense, sparse, unix: host.address, ssh, socket: host.socket, sshd };
}

/** A file of that length in which, every so many bytes, so many MiB are noise. */
async function noise(path: string, length: number, every: number, count: number): Promise<void> {
  const file = await open(path, "w");
  await file.truncate(length);
  const block = Buffer.alloc(MiB);
  for (let at = 0; at < length; at += every)
    for (let index = 0; index < count; index++)
      await file.write(randomFillSync(block), 0, MiB, at + index * MiB);
  await file.close();
}

export async function leaveSite(): Promise<void> {
  if (site === undefined) return;
  const { folder, sshd } = await site;
  site = undefined;
  await sshd.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Milliseconds of our upload, from the first word to the host to the finished volume. */
async function ours({ folder }: Site, address: string, file: string): Promise<number> {
  const { SSH_AUTH_SOCK: _, ...env } = process.env;
  const argv = ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", join(checkoutDir(), "bench", "sender.ts")];
  const { stdout } = await run([process.execPath, ...argv, address, POOL, file], {
    env: { ...env, HOME: folder },
  });
  return Number(stdout);
}

/** Milliseconds of `virsh vol-upload` into a volume that is there. */
async function virshs({ folder }: Site, address: string, file: string): Promise<number> {
  const uri = address.includes("+ssh") ? `${address}&command=${join(folder, "ssh")}` : address;
  const virsh = (...args: string[]) => run(["virsh", "--quiet", "--connect", uri, ...args]);
  await virsh("vol-create-as", POOL, "theirs", "1G", "--format", "raw");
  const { durationMs } = await virsh("vol-upload", "theirs", file, "--pool", POOL);
  await virsh("vol-delete", "theirs", "--pool", POOL);
  return durationMs;
}

/** The quickest of each: what disturbs a run only adds. */
async function against(name: string, way: "unix" | "ssh"): Promise<Figure> {
  const at = await theSite();
  const [mine, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    mine.push(await ours(at, at[way], at.dense));
    theirs.push(await virshs(at, at[way], at.dense));
  }
  const [own, other] = [Math.min(...mine), Math.min(...theirs)];
  const detail = `1 GiB in ${secondsOf(own)}; virsh ${secondsOf(other)}`;
  return { name, ratio: own / other, limit: TIME_LIMIT, detail };
}

async function holes(): Promise<{ readonly ms: number; readonly wire: number; readonly denseMs: number }> {
  const at = await theSite();
  const proxy = await WireProxy.listen(join(at.folder, "counted"), at.socket);
  try {
    await ours(at, `qemu+unix:///system?socket=${proxy.path}`, at.sparse);
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      times[0].push(await ours(at, at.unix, at.sparse));
      times[1].push(await ours(at, at.unix, at.dense));
    }
    return { ms: Math.min(...times[0]), denseMs: Math.min(...times[1]), wire: proxy.passed };
  } finally {
    await proxy.close();
  }
}

/** The most memory that the engine's provider process had from its start to its end, all of it: also the pages of Node.js. */
async function memory(): Promise<Figure> {
  const at = await theSite();
  const [dense, sparse]: [number[], number[]] = [[], []];
  for (const address of [at.unix, at.ssh]) {
    dense.push(await peakOf(at, SENDING, { address, pool: POOL, file: at.dense }));
    sparse.push(await peakOf(at, SENDING, { address, pool: POOL, file: at.sparse }));
  }
  const empty = await peakOf(at, NOT_SENDING, { address: at.unix, pool: POOL, file: at.dense });
  const inMiB = (peaks: readonly number[]): string =>
    peaks.map((peak) => Math.round(peak / MiB)).join(" and ");
  const detail = `over the socket and over SSH: ${inMiB(dense)} MiB of 1 GiB of data, ${inMiB(sparse)} MiB of 10 GiB with holes; an empty provider ${inMiB([empty])} MiB`;
  return { name: "upload-memory", ratio: Math.max(...dense, ...sparse) / MEMORY_LIMIT, limit: 1, detail };
}

async function peakOf(at: Site, source: string, config: Readonly<Record<string, string>>): Promise<number> {
  const program = new Program({ name: "bench", source, config, wholeSdk: true });
  try {
    await program.prepare();
    await run(["cp", "-a", join(at.folder, ".ssh"), program.home]);
    const running = await program.start("up");
    let [peak, over] = [0, false];
    void running.done.finally(() => (over = true));
    while (!over) {
      for (const pid of await program.processes("provider")) peak = Math.max(peak, await highWater(pid));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { code, stdout } = await running.done;
    if (code !== 0) throw new Error(stdout);
    await program.destroy();
    return peak;
  } finally {
    await program.dispose();
  }
}

/** What the kernel remembers as the most, so nothing is missed between two looks. */
async function highWater(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

let sparse: ReturnType<typeof holes> | undefined;

export const uploads: readonly Benchmark[] = [
  {
    name: "upload-unix",
    about: "upload of 1 GiB of noise over the unix socket / `virsh vol-upload`",
    run: () => against("upload-unix", "unix"),
  },
  {
    name: "upload-ssh",
    about: "upload of 1 GiB of noise over SSH to loopback / `virsh -c qemu+ssh` `vol-upload`",
    run: () => against("upload-ssh", "ssh"),
  },
  {
    name: "upload-holes-wire",
    about: "bytes on the wire for a file of 10 GiB with 100 MiB of data / its data",
    run: async () => {
      const { wire } = await (sparse ??= holes());
      const detail = `${(wire / MiB).toFixed(1)} MiB for 100 MiB of data in 10 GiB`;
      return { name: "upload-holes-wire", ratio: wire / (100 * MiB), limit: 1.02, detail };
    },
  },
  {
    name: "upload-holes-time",
    about: "upload of a file of 10 GiB with 100 MiB of data / one of 1 GiB that is all data",
    run: async () => {
      const { ms, denseMs } = await (sparse ??= holes());
      const detail = `10 GiB with 100 MiB of data in ${secondsOf(ms)}; 1 GiB of data ${secondsOf(denseMs)}`;
      return { name: "upload-holes-time", ratio: ms / denseMs, limit: 1.25, detail };
    },
  },
  {
    name: "upload-memory",
    about:
      "peak memory of the provider's process, whole, in an up that sends 1 GiB, or 10 GiB with holes / 150 MiB",
    run: memory,
  },
];
