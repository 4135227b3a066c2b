import { DriverError } from "../../../driver/errors";
import type { LibvirtAddress } from "../../../schema/address/address";
import { SshStream, type ProgramEnd } from "./channel";
import type { SshSession } from "./session";
import { remoteSockets, survey, type Survey } from "./survey";
import { GROUP_REMEDY } from "../unix";

/** How the far side's socket is reached. */
export type Way =
  | { readonly name: "streamlocal"; readonly socket: string }
  | { readonly name: "virt-ssh-helper" }
  | { readonly name: "netcat"; readonly socket: string };

/** Opens one stream in a way that is known to work. Rejects with ssh2's own error when the channel is refused. */
export async function openWay(session: SshSession, way: Way, address: LibvirtAddress): Promise<SshStream> {
  if (way.name === "streamlocal") return new SshStream(session, await session.openSocket(way.socket));
  const command = way.name === "netcat" ? netcatCommand(way.socket) : helperCommand(address);
  const program = way.name === "netcat" ? "nc" : "virt-ssh-helper";
  return new SshStream(session, await session.exec(command), (end) => explainEnd(end, program, address));
}

/** Some netcats stay when their input ends, unless told to quit; others do not know the option. */
function netcatCommand(socket: string): string {
  return `sh -c 'if nc -h 2>&1 | grep -q -e "-q "; then exec nc -q 0 -U ${socket}; else exec nc -U ${socket}; fi'`;
}

function helperCommand(address: LibvirtAddress): string {
  return `virt-ssh-helper '${address.uri}'`;
}

/** Finds the way, and opens the first stream in it: the direct one, unless the address or the server says otherwise. */
export async function findWay(
  session: SshSession,
  address: LibvirtAddress,
): Promise<{ way: Way; stream: SshStream }> {
  const proxy = address.params["proxy"] ?? "auto";
  const sockets = remoteSockets(address);
  let refusal: unknown;
  if (proxy === "auto" && sockets?.[0] !== undefined) {
    try {
      return await open(session, { name: "streamlocal", socket: sockets[0] }, address);
    } catch (error) {
      refusal = error; // "open failed" whether forbidden, missing or not permitted: OpenSSH does not say which
    }
  }
  const seen = await survey(session, sockets).catch(() => undefined);
  if (seen !== undefined && "refusal" in seen) throw noShell(address, seen.refusal);
  const usable = seen === undefined ? undefined : usableSurvey(seen, address);
  if (proxy === "auto" && usable !== undefined && usable.state === "ok" && usable.socket !== sockets?.[0]) {
    try {
      return await open(session, { name: "streamlocal", socket: usable.socket }, address);
    } catch (error) {
      refusal = error;
    }
  }
  const way = fallback(address, proxy, usable);
  if (way === undefined) throw noWay(address, proxy, refusal);
  try {
    return await open(session, way, address);
  } catch (error) {
    throw noWay(address, proxy, refusal ?? error);
  }
}

async function open(
  session: SshSession,
  way: Way,
  address: LibvirtAddress,
): Promise<{ way: Way; stream: SshStream }> {
  return { way, stream: await openWay(session, way, address) };
}

/**
 * The helper starts a session daemon and finds its socket, but cannot be told of one: `?socket=` needs netcat. Beside a modular
 * virtqemud it takes that one's socket, which serves neither networks nor storage: there, netcat to virtproxyd comes first.
 */
function fallback(address: LibvirtAddress, proxy: string, seen: Survey | undefined): Way | undefined {
  const helper = proxy !== "netcat" && address.socket === undefined && (seen === undefined || seen.helper);
  const socket = seen?.socket ?? remoteSockets(address)?.[0];
  const netcat = proxy !== "native" && socket !== undefined && seen?.netcat !== false;
  const modular = seen?.modular === true && seen.state === "ok";
  if (helper && !(modular && netcat)) return { name: "virt-ssh-helper" };
  return netcat ? { name: "netcat", socket } : undefined;
}

/** Throws when the survey already shows why no way can lead to the daemon. */
function usableSurvey(seen: Survey, address: LibvirtAddress): Survey {
  const { socket, user } = seen;
  const details = { operation: "connect", target: socket, host: address.label } as const;
  const where = address.host ?? "";
  switch (seen.state) {
    case "ok":
      return seen;
    case "denied":
      throw new DriverError(
        `failed to connect to the hypervisor: user ${user} has no permission on ${socket} of ${where}`,
        {
          ...details,
          code: "permission-denied",
          remedy: `on the host, ${GROUP_REMEDY.replace("USER", user)}`,
        },
      );
    case "not-a-socket":
      throw new DriverError(`failed to connect to the hypervisor: ${socket} of ${where} is not a socket`, {
        ...details,
        code: "unreachable",
        remedy: "name the daemon's socket with ?socket=",
      });
    case "missing":
      // A session daemon is started by the helper.
      if (address.path === "/session" && address.socket === undefined && seen.helper) return seen;
      throw new DriverError(
        `failed to connect to the hypervisor: libvirt's socket ${socket} does not exist on ${where}${seen.modular ? ", only that of the modular virtqemud" : ""}`,
        {
          ...details,
          code: "unreachable",
          remedy: seen.modular
            ? "start virtproxyd there (systemctl enable --now virtproxyd.socket), which serves all drivers on one socket"
            : "is libvirtd installed and running there? Another socket is named with ?socket=",
        },
      );
  }
}

function noShell(address: LibvirtAddress, words: string): DriverError {
  return new DriverError(
    `failed to connect to the hypervisor: the account on ${address.host} cannot run programs: ${words}`,
    {
      code: "unreachable",
      operation: "connect",
      host: address.label,
      remedy:
        "give the account a login shell (chsh -s /bin/bash USER), or set AllowStreamLocalForwarding yes in sshd_config and see that the account may use the socket (group libvirt)",
    },
  );
}

function noWay(address: LibvirtAddress, proxy: string, cause: unknown): DriverError {
  const tried =
    proxy === "auto"
      ? "the ssh server forbids forwarding to a unix socket, and neither virt-ssh-helper nor nc -U can be run there"
      : `${proxy === "native" ? "virt-ssh-helper" : "nc -U"} cannot be run there (proxy=${proxy})`;
  return new DriverError(`failed to connect to the hypervisor: ${tried}`, {
    code: "unreachable",
    operation: "connect",
    host: address.label,
    remedy:
      "set AllowStreamLocalForwarding yes in sshd_config, or install libvirt-clients or netcat-openbsd on the host",
    cause,
  });
}

/** A program that ended before the daemon said a word has its reason on stderr. */
function explainEnd({ exitCode, stderr }: ProgramEnd, program: string, address: LibvirtAddress): DriverError {
  const words = stderr.split("\n").at(-1)?.trim() ?? "";
  const said = words === "" ? `it ended with exit code ${exitCode ?? "unknown"}` : words;
  const details = { operation: "connect", target: program, host: address.label } as const;
  if (/permission denied/i.test(stderr)) {
    return new DriverError(`failed to connect to the hypervisor: ${program} on ${address.host}: ${said}`, {
      ...details,
      code: "permission-denied",
      remedy: `on the host, ${GROUP_REMEDY}`,
    });
  }
  const missing = exitCode === 127;
  return new DriverError(`failed to connect to the hypervisor: ${program} on ${address.host}: ${said}`, {
    ...details,
    code: "unreachable",
    remedy: missing
      ? "install libvirt-clients or netcat-openbsd on the host, or set AllowStreamLocalForwarding yes in sshd_config"
      : `is libvirtd running there, and can virsh -c ${address.uri} list connect on the host?`,
  });
}
