import { existsSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { DriverError } from "../../driver/errors";
import type { LibvirtAddress } from "../../schema/address/address";
import { Deadline } from "./deadline";
import { socketTransport } from "./plain";
import { connectSocket } from "./socket";
import { Warnings, type Transport, type TransportOptions } from "./transport";

/** The name both libvirtd and virtproxyd listen on. */
export const SOCKET_NAME = "libvirt-sock";
export const SYSTEM_SOCKETS: readonly string[] = [
  `/run/libvirt/${SOCKET_NAME}`,
  `/var/run/libvirt/${SOCKET_NAME}`,
];
export const GROUP_REMEDY =
  "add the user to the group libvirt (libvirtd on older systems): sudo usermod -aG libvirt USER, then log in again";

/** `qemu:///system`, `qemu:///session`, `qemu+unix:///system?socket=…`, `test:///default`. */
export function unixTransport(address: LibvirtAddress, options: TransportOptions): Transport {
  return socketTransport(address.label, new Warnings(options.onWarning), () => {
    const candidates = socketCandidates(address);
    const path = candidates.find((candidate) => existsSync(candidate)) ?? candidates[0] ?? "";
    const deadline = new Deadline(options.timeoutMs);
    return connectSocket(
      { path },
      deadline,
      (error) => explainSocketError(error, path, address),
      () =>
        new DriverError(`${path} accepts no connection within ${deadline.seconds}`, {
          code: "timeout",
          operation: "connect",
          target: path,
          host: address.label,
          remedy: "the daemon hangs or its queue is full: look at it with systemctl status libvirtd",
        }),
    );
  });
}

/** Where the daemon's socket may be, best first. Reads the environment at each call. */
function socketCandidates(address: LibvirtAddress): readonly string[] {
  if (address.socket !== undefined) return [address.socket];
  if (address.path === "/session") return sessionSockets();
  // Drivers without /system and /session (test, …) are served by whichever daemon the user can have.
  return address.path === "/system" ? SYSTEM_SOCKETS : [...SYSTEM_SOCKETS, ...sessionSockets()];
}

function sessionSockets(): readonly string[] {
  const runtime = process.env["XDG_RUNTIME_DIR"] ?? `/run/user/${process.getuid?.() ?? 0}`;
  const cache = process.env["XDG_CACHE_HOME"] ?? join(process.env["HOME"] ?? homedir(), ".cache");
  return [runtime, cache].map((folder) => join(folder, "libvirt", SOCKET_NAME));
}

function explainSocketError(
  error: NodeJS.ErrnoException,
  path: string,
  address: LibvirtAddress,
): DriverError {
  const details = { operation: "connect", target: path, host: address.label, cause: error } as const;
  if (error.code === "EACCES" || error.code === "EPERM") {
    return new DriverError(
      `failed to connect to the hypervisor: ${currentUser()} has no permission on ${path}`,
      {
        ...details,
        code: "permission-denied",
        remedy: GROUP_REMEDY,
      },
    );
  }
  const modular = join(dirname(path), "virtqemud-sock");
  if (error.code === "ENOENT" && address.socket === undefined && existsSync(modular)) {
    return new DriverError(
      `failed to connect to the hypervisor: there is no ${path}, only the modular ${modular}`,
      {
        ...details,
        code: "unreachable",
        remedy:
          "start virtproxyd (systemctl enable --now virtproxyd.socket), which serves all drivers on one socket",
      },
    );
  }
  const said = SAID[error.code ?? ""] ?? error.message;
  return new DriverError(`failed to connect to the hypervisor: ${path}: ${said}`, {
    ...details,
    code: "unreachable",
    remedy:
      address.path === "/session"
        ? "start the user's own daemon: virsh -c qemu:///session list does"
        : `is libvirtd running, and can virsh -c ${address.uri} list connect? Another socket is named with ?socket=`,
  });
}

const SAID: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  ECONNREFUSED: "connection refused, no daemon listens on it",
  ENOTSOCK: "is not a socket",
};

function currentUser(): string {
  try {
    return `user ${userInfo().username}`;
  } catch {
    return `user ${process.getuid?.() ?? "?"}`;
  }
}
