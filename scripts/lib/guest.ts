import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { run } from "./command.ts";
import type { CpioEntry } from "./cpio.ts";
import { cpio, device, directory, regular, symlink } from "./cpio.ts";
import { updatePackageLists } from "./packages.ts";
import { cacheDir, checkoutDir } from "./paths.ts";
import { UserError } from "./progress.ts";

/** A Linux that boots in seconds without hardware virtualisation: Debian's cloud kernel and an initramfs of a few MB. */
export interface Guest {
  kernel: string;
  initrd: string;
  /** The same with qemu-guest-agent, which answers on the channel org.qemu.guest_agent.0. */
  initrdWithAgent: string;
  /** Kernel command line: a serial console; add ` hostname=NAME` to tell guests apart. */
  commandLine: string;
}

const commandLine = "console=ttyS0 quiet panic=1";

/** What the guest drives: disks, networks, the agent's channel, the balloon, the power button. Dependencies are followed. */
const drivers = [
  "virtio_pci",
  "virtio_net",
  "virtio_blk",
  "virtio_scsi",
  "virtio_console",
  "virtio_balloon",
  "virtio-rng",
  "button",
  "evdev",
];

/** The guest's files, built once per machine and recipe (no root needed, only apt-get and dpkg-deb). */
export async function ensureGuest(): Promise<Guest> {
  const dir = await guestDir();
  if (!existsSync(dir)) await buildInto(dir);
  return {
    kernel: join(dir, "vmlinuz"),
    initrd: join(dir, "initrd.img"),
    initrdWithAgent: join(dir, "initrd-agent.img"),
    commandLine,
  };
}

export async function guestIsBuilt(): Promise<boolean> {
  return existsSync(await guestDir());
}

/** Named after the recipe's own text: a changed recipe makes a new guest. */
async function guestDir(): Promise<string> {
  const hash = createHash("sha256");
  for (const part of ["guest.ts", "guest-init.sh", "guest-dhcp.sh", "cpio.ts"])
    hash.update(await readFile(recipe(part)));
  return cacheDir(`guest-${hash.digest("hex").slice(0, 12)}`);
}

const recipe = (name: string): string => join(checkoutDir(), "scripts", "lib", name);

async function buildInto(dir: string): Promise<void> {
  await mkdir(cacheDir(), { recursive: true });
  const work = await mkdtemp(join(cacheDir(), "building-guest-"));
  try {
    const root = join(work, "root");
    await unpackPackages([await kernelPackage(), "busybox-static", "qemu-guest-agent"], work, root);
    const [kernel] = (await readdir(join(root, "boot"))).filter((name) => name.startsWith("vmlinuz-"));
    if (kernel === undefined) throw new UserError("Debian's kernel package holds no kernel");
    const out = join(work, "guest");
    await mkdir(out);
    await copyFile(join(root, "boot", kernel), join(out, "vmlinuz"));
    const release = kernel.slice("vmlinuz-".length);
    const base = await baseSystem(root, release);
    await writeInitrd(join(out, "initrd.img"), base);
    await writeInitrd(join(out, "initrd-agent.img"), [...base, ...(await agent(root))]);
    await rename(out, dir).catch((error: NodeJS.ErrnoException) => {
      // Another process was faster: its result is as good.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The newest kernel package behind Debian's metapackage of the cloud flavour. */
async function kernelPackage(): Promise<string> {
  const architecture = (await run(["dpkg", "--print-architecture"])).stdout.trim();
  const ask = async (): Promise<string | undefined> => {
    const { stdout } = await run(["apt-cache", "depends", `linux-image-cloud-${architecture}`], {
      allowFailure: true,
    });
    return /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
  };
  const known = await ask();
  if (known !== undefined) return known;
  if (process.getuid?.() === 0) await updatePackageLists();
  const name = await ask();
  if (name !== undefined) return name;
  throw new UserError(
    "This system's package lists have no linux-image-cloud package: run `apt-get update`, then this again",
  );
}

/** Downloads packages and unpacks them below `root`; nothing is installed. */
async function unpackPackages(names: readonly string[], work: string, root: string): Promise<void> {
  const cwd = join(work, "packages");
  await mkdir(cwd);
  // Package lists that are older than the archive name files that are gone.
  const got = await run(["apt-get", "download", "--quiet", ...names], { cwd, allowFailure: true });
  if (got.code !== 0) {
    if (process.getuid?.() === 0) await updatePackageLists();
    await run(["apt-get", "download", "--quiet", ...names], { cwd });
  }
  for (const file of await readdir(cwd)) await run(["dpkg-deb", "--extract", join(cwd, file), root]);
}

async function baseSystem(root: string, release: string): Promise<CpioEntry[]> {
  const busybox =
    [join(root, "bin/busybox"), join(root, "usr/bin/busybox")].find((file) => existsSync(file)) ?? "";
  const modules = await modulesInOrder(
    // Debian 13 has moved them below /usr.
    [join(root, "usr/lib/modules", release), join(root, "lib/modules", release)].find((dir) =>
      existsSync(dir),
    ) ?? "",
  );
  return [
    ...[
      "bin",
      "sbin",
      "dev",
      "proc",
      "sys",
      "etc",
      "etc/acpi",
      "etc/acpi/PWRF",
      "modules",
      "usr",
      "usr/sbin",
    ].map((path) => directory(path)),
    device("dev/console", 5, 1),
    regular("bin/busybox", await readFile(busybox), 0o755),
    symlink("bin/sh", "busybox"),
    regular("init", await readFile(recipe("guest-init.sh")), 0o755),
    regular("etc/dhcp", await readFile(recipe("guest-dhcp.sh")), 0o755),
    regular("etc/acpi/PWRF/00000080", "#!/bin/sh\npoweroff -f\n", 0o755),
    // What the guest agent calls for guest-shutdown: -P power off, -r reboot, -H halt.
    regular(
      "sbin/shutdown",
      '#!/bin/sh\ncase "$*" in *-r*) exec reboot -f ;; *) exec poweroff -f ;; esac\n',
      0o755,
    ),
    regular("etc/passwd", "root:x:0:0:root:/:/bin/sh\n"),
    regular("etc/group", "root:x:0:\n"),
    regular("etc/os-release", 'ID=vmhost-guest\nNAME="vmhost test guest"\nVERSION_ID=1\n'),
    regular("modules/order", `${modules.map(({ name }) => name).join("\n")}\n`),
    ...modules.map(({ name, content }) => regular(`modules/${name}`, content)),
  ];
}

interface KernelModule {
  name: string;
  content: Buffer;
}

/** The drivers with what they depend on, in an order that insmod can load; what is built in is left out. */
async function modulesInOrder(dir: string): Promise<KernelModule[]> {
  const files = (await readdir(dir, { recursive: true })).filter((file) => /\.ko(\.xz)?$/.test(file));
  const plain = (name: string): string => name.replaceAll("-", "_");
  const byName = new Map(
    files.map((file) => [plain(basename(file).replace(/\.ko(\.xz)?$/, "")), join(dir, file)]),
  );
  const found = new Map<string, KernelModule>();
  const visit = async (name: string): Promise<void> => {
    const file = byName.get(plain(name));
    if (file === undefined || found.has(file)) return;
    if (file.endsWith(".xz")) await run(["xz", "--decompress", "--keep", file]);
    const content = await readFile(file.replace(/\.xz$/, ""));
    for (const needed of dependencies(content)) await visit(needed);
    found.set(file, { name: basename(file).replace(/\.xz$/, ""), content });
  };
  for (const name of drivers) await visit(name);
  return [...found.values()];
}

/** The `depends=` line of a module's .modinfo section. */
function dependencies(module: Buffer): string[] {
  const start = module.indexOf("\0depends=") + "\0depends=".length;
  if (start < "\0depends=".length) return [];
  return module.toString("latin1", start, module.indexOf(0, start)).split(",").filter(Boolean);
}

/** qemu-guest-agent with this machine's copies of its libraries: the ones that QEMU itself needs. */
async function agent(root: string): Promise<CpioEntry[]> {
  const program = join(root, "usr/sbin/qemu-ga");
  const { stdout } = await run(["ldd", program]);
  if (stdout.includes("not found"))
    throw new UserError(`Libraries for qemu-guest-agent are missing on this machine:\n${stdout}`);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? "");
  const folders = new Set(
    libraries.flatMap((path) =>
      path
        .split("/")
        .slice(1, -1)
        .map((_, depth, parts) => parts.slice(0, depth + 1).join("/")),
    ),
  );
  return [
    ...[...folders].map((path) => directory(path)),
    ...(await Promise.all(
      libraries.map(async (path) => regular(path.slice(1), await readFile(path), 0o755)),
    )),
    regular("usr/sbin/qemu-ga", await readFile(program), 0o755),
  ];
}

async function writeInitrd(file: string, entries: readonly CpioEntry[]): Promise<void> {
  await writeFile(file, await promisify(gzip)(cpio(entries)));
}
