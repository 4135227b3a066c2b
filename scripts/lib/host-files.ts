import {
  access,
  appendFile,
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  writeFile,
} from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { ProcessIdentity } from "./processes.ts";
import { isAlive, killIfAlive, poll } from "./processes.ts";

/** What must be known about a host to end it from another process. */
export interface HostRecord {
  name: string;
  /** Control group `vmhost-<group>` in every hierarchy. */
  group: string;
  outer: ProcessIdentity;
  inner: ProcessIdentity;
  /** The process it belongs to; none when it is to outlive its starter. */
  owner?: ProcessIdentity;
}

const prefix = "vmhost-";
const recordFile = "host.json";

export async function newHostDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), prefix));
}

/** The host's own /etc, /var and /run of libvirt; QEMU's user must be able to enter each of them. */
export async function layOut(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await chmod(dir, 0o755);
  for (const part of ["etc", "lib", "lib/images", "lib/boot", "lib/dnsmasq", "log", "cache", "run"])
    await mkdir(join(dir, part), { recursive: true });
  for (const entry of await readdir("/etc/libvirt")) {
    // The machine's own domains, networks, pools and secrets stay the machine's.
    if (["qemu", "storage", "secrets", "lxc", "libxl"].includes(entry)) continue;
    await cp(join("/etc/libvirt", entry), join(dir, "etc", entry), { recursive: true });
  }
  // Where the firmware tells no identity, libvirt makes one up at each start, and two calls at once make up two.
  const settings = ['auth_unix_rw = "none"', 'auth_unix_ro = "none"', `host_uuid = "${randomUUID()}"`];
  await appendFile(join(dir, "etc", "libvirtd.conf"), `\n${settings.join("\n")}\n`);
  await allowDevices();
}

/** As udev does on an ordinary machine; containers and minimal images have neither. */
async function allowDevices(): Promise<void> {
  const kvm = /^kvm:[^:]*:(\d+):/m.exec(readFileSync("/etc/group", "utf8"))?.[1];
  const exists = (file: string): Promise<boolean> =>
    access(file).then(
      () => true,
      () => false,
    );
  if (kvm !== undefined && (await exists("/dev/kvm"))) {
    await chown("/dev/kvm", 0, Number(kvm));
    await chmod("/dev/kvm", 0o660);
  }
  if (await exists("/dev/net/tun")) await chmod("/dev/net/tun", 0o666);
}

export async function writeRecord(dir: string, record: HostRecord): Promise<void> {
  const file = join(dir, recordFile);
  await writeFile(`${file}.new`, JSON.stringify(record));
  await rename(`${file}.new`, file);
}

export async function readRecord(dir: string): Promise<HostRecord | undefined> {
  try {
    return JSON.parse(await readFile(join(dir, recordFile), "utf8")) as HostRecord;
  } catch {
    return undefined;
  }
}

/** Ends a host with all that runs in it, and removes its control groups and its folder. */
export async function removeHost(dir: string, record: HostRecord): Promise<void> {
  // Killing the first process inside lets `unshare` reap it; killing `unshare` alone would leave that to the machine's init.
  if (record.inner.pid !== record.outer.pid) killIfAlive(record.inner);
  await poll(() => !isAlive(record.outer), 5000);
  killIfAlive(record.outer);
  await poll(() => !isAlive(record.outer) && !isAlive(record.inner), 10_000);
  await removeGroups(`vmhost-${record.group}`);
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
}

/** Hosts whose owner died without stopping them (kill -9 of a test run) are ended and removed. */
export function removeStaleHosts(): Promise<void> {
  return removeHostsUnless((owner) => isAlive(owner));
}

/** The same, and those of this process: what a test run does at its end. */
export function removeHostsOfDeadOrSelf(): Promise<void> {
  return removeHostsUnless((owner) => isAlive(owner) && owner.pid !== process.pid);
}

async function removeHostsUnless(keep: (owner: ProcessIdentity) => boolean): Promise<void> {
  const root = tmpdir();
  for (const entry of await readdir(root)) {
    if (!entry.startsWith(prefix)) continue;
    const dir = join(root, entry);
    const record = await readRecord(dir);
    if (record === undefined) continue;
    const wanted = record.owner === undefined ? isAlive(record.outer) : keep(record.owner);
    if (!wanted) await removeHost(dir, record);
  }
}

/** A control group is removed from its leaves up; its files vanish with it. */
async function removeGroups(name: string): Promise<void> {
  const groups = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, , type]) => type === "cgroup" || type === "cgroup2")
    .map(([, mountPoint]) => mountPoint ?? "");
  for (const mountPoint of groups)
    for (const dir of await findDirs(mountPoint, name, 4)) await removeTree(dir);
}

async function findDirs(root: string, name: string, depth: number): Promise<string[]> {
  if (basename(root) === name) return [root];
  if (depth === 0) return [];
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const below = await Promise.all(
    entries.filter((e) => e.isDirectory()).map((e) => findDirs(join(root, e.name), name, depth - 1)),
  );
  return below.flat();
}

async function removeTree(dir: string): Promise<void> {
  for (const entry of await readdir(dir, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await removeTree(join(dir, entry.name));
  }
  // Processes that were just killed leave their group a moment later.
  await poll(
    () =>
      rmdir(dir).then(
        () => true,
        (error: NodeJS.ErrnoException) => error.code === "ENOENT",
      ),
    3000,
  );
}
