import { DriverError, isDriverError, type DriverErrorDetails, type ErrorCode } from "../../driver/errors";

/** What another member of a cluster would have to answer; its own socket has other words. */
const AWAY_WORDS =
  /missing event connection with target|peer node .* is down|"https:[^"]+\/1\.0\/[^"]*": unable to connect|cluster member is (offline|down)/i;
/** LXD forbids what such a member cannot take, and that is no matter of rights. */
const EVACUATED = /cluster member is evacuated/i;
/** LXD ends a network's DNS and DHCP service and starts the next one, which may come before the address is free again. */
const ADDRESS_TAKEN = /failed to create listening socket.*address already in use/i;

/** LXD says most of what went wrong in words; its status codes are coarse. The first pattern that fits decides. */
const WORDS: readonly (readonly [RegExp, ErrorCode])[] = [
  [AWAY_WORDS, "unreachable"],
  [EVACUATED, "invalid-state"],
  [ADDRESS_TAKEN, "busy"],
  // The network's dnsmasq is being started anew for somebody else's change.
  [/could not reload (dnsmasq|process)/i, "busy"],
  [/no space left|quota exceeded|not enough (free )?space/i, "no-space"],
  [/database is locked|instance is busy|currently busy|operation .* in progress/i, "busy"],
  [/agent (isn't|is not) (currently )?running/i, "guest-agent-unavailable"],
  [
    /(is )?(currently|still) in use|is running|not running|isn't running|already (running|stopped|frozen)|is not empty/i,
    "invalid-state",
  ],
  [/already (exists|in use)|already (been )?(added|defined)/i, "already-exists"],
  [/not found|doesn't exist|does not exist|no such (object|file)|couldn't find/i, "not-found"],
  [/shutting down|not available yet|starting up/i, "busy"],
];

const STATUS: Readonly<Record<number, ErrorCode>> = {
  400: "invalid-argument",
  401: "authentication-failed",
  403: "permission-denied",
  404: "not-found",
  409: "already-exists",
  412: "busy",
  501: "unsupported",
  503: "busy",
};

/** What the server answered with, as the domain sees it. `status` is HTTP's, or that of a failed operation. */
export function refused(
  status: number,
  message: string,
  details: Partial<DriverErrorDetails> = {},
): DriverError {
  const plain = status === 404 || (status === 403 && !EVACUATED.test(message));
  const fromWords = plain ? undefined : WORDS.find(([words]) => words.test(message))?.[1];
  const code = fromWords ?? STATUS[status] ?? "failed";
  const remedy = OUTCOMES[code] ?? NAMES.find(([words]) => words.test(message))?.[1];
  return new DriverError(message === "" ? `LXD answered with status ${status}` : message, {
    code,
    hostCode: status,
    ...(remedy === undefined ? {} : { remedy }),
    ...details,
  });
}

/**
 * Whether the server says that what the request named is not there. Its words alone do not: a server whose tool or database
 * is "not found" fails in the middle of something, and what was asked about may well be there.
 */
export function isGone(error: unknown): boolean {
  return isDriverError(error) && error.code === "not-found" && error.hostCode === 404;
}

/** What to do about what no request can help. */
const OUTCOMES: Readonly<Partial<Record<ErrorCode, string>>> = {
  "permission-denied":
    "The certificate is trusted for certain projects only: name one of them as the host's `project`, or add this one on the server (`lxc config trust edit <fingerprint>`).",
  "no-space": "Remove something from the storage pool, make it larger, or name another `pool`.",
};

export const AWAY = "Does every member of the cluster answer (`lxc cluster list`)?";

/** What to do about names that the server does not know. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [AWAY_WORDS, AWAY],
  [EVACUATED, "Name another member as `target`, or end the evacuation (`lxc cluster restore <member>`)."],
  [
    ADDRESS_TAKEN,
    "Another program of the host answers DNS or DHCP at that address (`ss -lnup`): give the network another one.",
  ],
  [
    /Cluster member not found|Cluster group .* doesn't exist/i,
    "`lxc cluster list` and `lxc cluster group list` show what `target` may be.",
  ],
  [
    /Failed to load network .* not found/i,
    "Declare the network as an LxdNetwork, or name one that is there: `lxc network list` shows them.",
  ],
  [
    /Project not found/i,
    "Make the project with an LxdProject, or set `createProject: true` on the VmHost; `lxc project list` shows what there is.",
  ],
  [/Profile not found/i, "`lxc profile list` on the server shows what there is."],
];

/** The same for an operation that ran and failed: status 400 then means "failed", not "a bad request". */
export function operationFailed(
  message: string,
  cancelled: boolean,
  details: Partial<DriverErrorDetails>,
): DriverError {
  const error = refused(cancelled ? 401 : 400, message, details);
  const code =
    error.code === "invalid-argument" || error.code === "authentication-failed" ? "failed" : error.code;
  const { remedy } = error;
  return new DriverError(message === "" ? "the operation failed without a reason" : message, {
    ...(remedy === undefined ? {} : { remedy }),
    ...details,
    code,
  });
}

const NETWORK: Readonly<Record<string, ErrorCode>> = {
  ENOENT: "unreachable",
  ECONNREFUSED: "unreachable",
  ENOTFOUND: "unreachable",
  EAI_AGAIN: "unreachable",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  ETIMEDOUT: "unreachable",
  UND_ERR_CONNECT_TIMEOUT: "unreachable",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  EACCES: "permission-denied",
  EPERM: "permission-denied",
};

const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: "Is LXD installed and running? Another socket is named as unix:///path/to/unix.socket.",
  ECONNREFUSED: "Is LXD running, and does it listen there (`lxc config get core.https_address`)?",
  EACCES: "The user who runs Pulumi must be in the group `lxd` (or be root).",
};

/** A request that never got its answer. */
export function unanswered(error: unknown, details: Partial<DriverErrorDetails>): DriverError {
  const own = driverCause(error);
  if (own !== undefined) return own.with(details);
  const root = rootCause(error);
  const name = String((root as { code?: unknown }).code ?? "");
  const tls = /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL)/.test(name);
  const text = wordsOf(root);
  return new DriverError(text === "" ? `the connection failed (${name})` : text, {
    code: tls ? "certificate-rejected" : (NETWORK[name] ?? "connection-lost"),
    ...(tls
      ? {
          remedy:
            "Pin the server's certificate: set `serverFingerprint` to what `lxc info` on the server calls certificate_fingerprint.",
        }
      : REMEDIES[name] === undefined
        ? {}
        : { remedy: REMEDIES[name] }),
    cause: error,
    ...details,
    operation:
      details.operation ?? (NETWORK[name] === "unreachable" || name === "EACCES" ? "connect" : undefined),
  });
}

/** Without the name of a system call: `/var/lib/lxd/unix.socket: no such file or directory`. */
function wordsOf(root: unknown): string {
  if (!(root instanceof Error)) return String(root);
  const { code, syscall, address } = root as NodeJS.ErrnoException & { readonly address?: string };
  const words = syscall === "connect" && code !== undefined ? SYSTEM[code] : undefined;
  return words === undefined ? root.message : `${address === undefined ? "" : `${address}: `}${words}`;
}

const SYSTEM: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  ECONNREFUSED: "connection refused",
};

/** An upload's own failure, which the request that it broke carries. */
function driverCause(error: unknown): DriverError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof DriverError) return at;
  return undefined;
}

function rootCause(error: unknown): unknown {
  const { cause, errors } = (error ?? {}) as { cause?: unknown; errors?: unknown[] };
  if (Array.isArray(errors) && errors.length > 0) return rootCause(errors[0]);
  return cause instanceof Error ? rootCause(cause) : error;
}
