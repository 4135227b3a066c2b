import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { run } from "./command.ts";
import { which } from "./paths.ts";
import { note, nothingToDo, UserError } from "./progress.ts";

/** A throwaway libvirt host with QEMU, networks and the reaper. */
export const hostPackages = [
  "libvirt-daemon-system",
  "libvirt-clients",
  "qemu-system-x86",
  "qemu-utils",
  "dnsmasq-base",
  "iptables",
  "iproute2",
  "tini",
  "busybox-static",
  "xz-utils",
];

/**
 * LXD inside a throwaway host, with its firewall (it cannot take iptables' chains away there), what its virtual machines are
 * made of, and Open Virtual Network.
 */
export const lxdPackages = [
  "lxd",
  "lxd-client",
  "nftables",
  "btrfs-progs",
  "ovmf",
  "gdisk",
  "genisoimage",
  "ovn-central",
  "openvswitch-switch",
];

/** What Debian 12 has in other packages, and newer Debian in packages of its own. */
const newerParts = [
  ...["interface", "storage-disk", "storage-iscsi", "storage-logical", "storage-mpath", "storage-scsi"].map(
    (part) => `libvirt-daemon-driver-${part}`,
  ),
  "qemu-system-modules-spice",
];

/** What the tests need beyond: an SSH server, UEFI, a TPM, pools that are disks, and the tools that make a disk which boots. */
export const testPackages = [
  ...hostPackages,
  ...newerParts,
  ...lxdPackages,
  "openssh-server",
  "openssh-client",
  "netcat-openbsd",
  "openssl",
  "e2fsprogs",
  "parted",
  "swtpm",
  "swtpm-tools",
  "systemd-boot-efi",
  "binutils",
  "mtools",
];

/** Installs the Debian packages that are missing, after saying which. Root only. */
export async function ensurePackages(wanted: readonly string[]): Promise<string | typeof nothingToDo> {
  if (which("dpkg-query") === undefined) {
    throw new UserError(
      "A throwaway libvirt host is set up with Debian's packages, and this system has no dpkg: use VMHOST_ADDRESS with a host of your own",
    );
  }
  const missing = await missingPackages(wanted);
  if (missing.length === 0) return nothingToDo;
  note(`installing Debian packages: ${missing.join(" ")}`);
  if (process.getuid?.() !== 0)
    throw new UserError(
      `These Debian packages are missing, and only root may install them: ${missing.join(" ")}`,
    );
  await apt(["update"]);
  // With new lists more of them may be known.
  const now = await missingPackages(wanted);
  await withoutStartingServices(() => apt(["install", "--yes", "--no-install-recommends", ...now]));
  return `${now.length} packages`;
}

async function missingPackages(wanted: readonly string[]): Promise<string[]> {
  const format = "${binary:Package} ${db:Status-Status}\\n";
  const known = await run(["dpkg-query", "--show", `--showformat=${format}`, ...wanted], {
    allowFailure: true,
  });
  const installed = new Set(
    known.stdout
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(/[ :]/)[0] ?? ""),
  );
  const missing = wanted.filter((name) => !installed.has(name));
  const parts = missing.filter((name) => newerParts.includes(name));
  if (parts.length === 0) return missing;
  const { stdout } = await run(["apt-cache", "show", "--no-all-versions", ...parts], { allowFailure: true });
  const exist = new Set([...stdout.matchAll(/^Package: (.*)$/gm)].map(([, name]) => name));
  return missing.filter((name) => !parts.includes(name) || exist.has(name));
}

export async function updatePackageLists(): Promise<void> {
  await apt(["update"]);
}

async function apt(args: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };
  // Another installation may be under way: wait for it rather than fail.
  await run(["apt-get", "--quiet", "--option", "DPkg::Lock::Timeout=300", ...args], { env });
}

/** Debian starts what it installs, unless this file says no: the machine gets no daemon that was not there before. */
async function withoutStartingServices(action: () => Promise<void>): Promise<void> {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return action();
  await writeFile(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await action();
  } finally {
    await rm(policy, { force: true });
  }
}
