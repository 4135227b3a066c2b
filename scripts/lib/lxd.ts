import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run, type CommandOptions, type CommandResult } from "./command.ts";
import { checkoutDir } from "./paths.ts";
import { poll } from "./processes.ts";
import { UserError } from "./progress.ts";
import type { ThrowawayHost } from "./throwaway-host.ts";

/** A command of busybox that stays a moment: LXD before 5.14 loses what is said by one that ends at once. */
export function lingering(command: readonly string[]): readonly string[] {
  return ["busybox", "sh", "-c", 'busybox "$@"; code=$?; busybox sleep 0.2; exit $code', "sh", ...command];
}

/** LXD inside a throwaway host, beside its libvirt: with one pool, one bridge and a container's image of a few hundred KB. */
export class ThrowawayLxd {
  readonly host: ThrowawayHost;
  readonly dir: string;

  constructor(host: ThrowawayHost) {
    this.host = host;
    this.dir = join(host.dir, "lxd");
  }

  get socket(): string {
    return join(this.dir, "unix.socket");
  }

  get address(): string {
    return `unix://${this.socket}`;
  }

  /** In which LXD's own client speaks with this server: the socket and the folders are ordinary files of this machine. */
  get environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      LXD_DIR: this.dir,
      LXD_CONF: join(this.host.dir, "lxc"),
      LC_ALL: "C.UTF-8",
    };
  }

  /** What a command of busybox says inside of a container. */
  async inside(name: string, ...command: readonly string[]): Promise<string> {
    return (await this.lxc(["exec", name, "--", ...lingering(command)])).stdout.trim();
  }

  lxc(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return run(["lxc", ...args], { env: this.environment, timeout: 60_000, ...options });
  }

  /** An object of the REST interface, past any client of ours; undefined where it is not there. */
  async query<T>(path: string): Promise<T | undefined> {
    const { code, stdout, stderr } = await this.lxc(["query", path], { allowFailure: true });
    if (code === 0) return JSON.parse(stdout) as T;
    if (/not found/i.test(stderr)) return undefined;
    throw new Error(`lxc query ${path}: ${stderr}`);
  }
}

/** What the throwaway LXD always has. */
export const lxdPool = "base";
export const lxdBridge = "lxdbr0";
export const lxdImage = "tiny";

/** Starts LXD in a host, waits until it answers, and gives it a pool, a bridge and an image. */
export async function startLxd(host: ThrowawayHost): Promise<ThrowawayLxd> {
  const lxd = await startBareLxd(host);
  await lxd.lxc(["storage", "create", lxdPool, "dir"]);
  await lxd.lxc(["network", "create", lxdBridge, "ipv4.address=10.214.0.1/24", "ipv6.address=none"]);
  await importImage(lxd);
  return lxd;
}

/** Starts LXD in a host, with nothing in it, and waits until it answers. */
export async function startBareLxd(host: ThrowawayHost): Promise<ThrowawayLxd> {
  const lxd = new ThrowawayLxd(host);
  await mkdir(join(host.dir, "lxc"), { recursive: true });
  await writeFile(join(host.dir, "control"), "lxd\n");
  const ready = await poll(async () => {
    if (!host.alive) throw new UserError("The throwaway host ended while LXD started");
    if (!existsSync(lxd.socket)) return undefined;
    const { code } = await lxd.lxc(["query", "/1.0"], { allowFailure: true });
    return code === 0 ? true : undefined;
  }, 30_000);
  if (ready === undefined)
    throw new UserError(
      `LXD does not answer in the throwaway host:\n${await readFile(join(host.dir, "log", "lxd-start.log"), "utf8")}`,
    );
  return lxd;
}

/** Gives LXD Open Virtual Network: networks of type ovn and bridges of Open vSwitch, with no traffic in them. */
export async function startOvn(lxd: ThrowawayLxd): Promise<void> {
  const script = join(checkoutDir(), "scripts", "lib", "ovn-start.sh");
  await lxd.host.exec(["bash", script, lxd.host.dir]);
  await lxd.lxc(["config", "set", "network.ovn.northbound_connection", "unix:/run/ovn/ovnnb_db.sock"]);
}

/** A container that does nothing, and ends when it is asked to. */
const init = `#!/bin/sh
trap 'exit 0' PWR TERM
udhcpc -i eth0 -s /etc/dhcp -b >/dev/null 2>&1 &
while :; do sleep 1 & wait $!; done
`;

const dhcp = `#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip address replace "$ip/$mask" dev "$interface"
`;

/** A container's image of a few hundred KB. */
export async function importImage(lxd: ThrowawayLxd): Promise<void> {
  const work = await mkdtemp(join(lxd.host.dir, "image-"));
  try {
    const root = join(work, "rootfs");
    for (const dir of ["bin", "sbin", "dev", "proc", "sys", "etc", "tmp", "mnt", "run", "root"])
      await mkdir(join(root, dir), { recursive: true });
    await copyFile("/bin/busybox", join(root, "bin", "busybox"));
    for (const name of ["sh", "sleep", "ip", "udhcpc", "cat", "hostname", "nproc"])
      await symlink("busybox", join(root, "bin", name));
    await writeFile(join(root, "sbin", "init"), init);
    await writeFile(join(root, "etc", "dhcp"), dhcp);
    for (const file of ["sbin/init", "etc/dhcp"]) await chmod(join(root, file), 0o755);
    const metadata = {
      architecture: "x86_64",
      creation_date: 1,
      properties: { description: "vmhost test container" },
    };
    await writeFile(join(work, "metadata.yaml"), JSON.stringify(metadata));
    await run(["tar", "--create", "--gzip", "--file", "tiny.tar.gz", "metadata.yaml", "rootfs"], {
      cwd: work,
    });
    await lxd.lxc(["image", "import", join(work, "tiny.tar.gz"), "--alias", lxdImage]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The disk that UEFI firmware boots as an image for LXD's virtual machines. */
export async function importVmImage(lxd: ThrowawayLxd, disk: string, alias: string): Promise<void> {
  const work = await mkdtemp(join(lxd.host.dir, "image-"));
  try {
    const metadata = {
      architecture: "x86_64",
      creation_date: 1,
      properties: { description: "vmhost test guest" },
    };
    await writeFile(join(work, "metadata.yaml"), JSON.stringify(metadata));
    await run(["tar", "--create", "--gzip", "--file", "meta.tar.gz", "metadata.yaml"], { cwd: work });
    await copyFile(disk, join(work, "rootfs.img"));
    await lxd.lxc(["image", "import", join(work, "meta.tar.gz"), join(work, "rootfs.img"), "--alias", alias]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The container's image as files: `tiny.tar.gz`, and in two parts with a root each, `meta.tar.gz`, `root.tar.gz`, `bare.tar.gz`. */
export async function exportImage(lxd: ThrowawayLxd, folder: string): Promise<void> {
  await lxd.lxc(["image", "export", lxdImage, join(folder, lxdImage)]);
  const work = await mkdtemp(join(lxd.host.dir, "image-"));
  try {
    await run(["tar", "--extract", "--gzip", "--file", join(folder, `${lxdImage}.tar.gz`)], { cwd: work });
    for (const [name, at, ...what] of [
      ["meta.tar.gz", ".", "metadata.yaml"],
      ["root.tar.gz", "rootfs", "."],
      ["bare.tar.gz", "rootfs", "--exclude=./mnt", "."],
    ] as const)
      await run(["tar", "--create", "--gzip", "--file", join(folder, name), ...what], {
        cwd: join(work, at),
      });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
