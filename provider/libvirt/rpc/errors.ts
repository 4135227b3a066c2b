import { DriverError, type ErrorCode } from "../../driver/errors";
import * as vir from "./constants.gen";
import type { RemoteError } from "./procedures.gen";

/** The daemon's own error, all of it: the cause of the {@link DriverError} that callers see. */
export class LibvirtError extends Error {
  override readonly name = "LibvirtError";
  /** virErrorNumber. */
  readonly code: number;
  /** virErrorDomain: the part of libvirt that failed. */
  readonly domain: number;
  /** virErrorLevel. */
  readonly level: number;
  readonly strings: readonly (string | null)[];
  readonly integers: readonly number[];

  constructor(error: RemoteError) {
    super(error.message ?? `libvirt error ${error.code}`);
    this.code = error.code;
    this.domain = error.domain;
    this.level = error.level;
    this.strings = [error.str1, error.str2, error.str3];
    this.integers = [error.int1, error.int2];
  }
}

/** Newer than the protocol description the constants come from. */
const VIR_ERR_NO_NETWORK_METADATA = 111;
const VIR_ERR_AGENT_COMMAND_TIMEOUT = 112;
const VIR_ERR_AGENT_COMMAND_FAILED = 113;

/** virErrorNumber → code. What is missing here is `failed`. https://libvirt.org/html/libvirt-virterror.html */
const CODES: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [vir.VIR_ERR_NO_DOMAIN, "not-found"],
  [vir.VIR_ERR_NO_NETWORK, "not-found"],
  [vir.VIR_ERR_NO_NETWORK_PORT, "not-found"],
  [vir.VIR_ERR_NO_STORAGE_POOL, "not-found"],
  [vir.VIR_ERR_NO_STORAGE_VOL, "not-found"],
  [vir.VIR_ERR_NO_NODE_DEVICE, "not-found"],
  [vir.VIR_ERR_NO_INTERFACE, "not-found"],
  [vir.VIR_ERR_NO_NWFILTER, "not-found"],
  [vir.VIR_ERR_NO_NWFILTER_BINDING, "not-found"],
  [vir.VIR_ERR_NO_SECRET, "not-found"],
  [vir.VIR_ERR_NO_DOMAIN_SNAPSHOT, "not-found"],
  [vir.VIR_ERR_NO_DOMAIN_CHECKPOINT, "not-found"],
  [vir.VIR_ERR_NO_DOMAIN_BACKUP, "not-found"],
  [vir.VIR_ERR_NO_DOMAIN_METADATA, "not-found"],
  [VIR_ERR_NO_NETWORK_METADATA, "not-found"],
  [vir.VIR_ERR_NO_HOSTNAME, "not-found"],
  [vir.VIR_ERR_DEVICE_MISSING, "not-found"],

  [vir.VIR_ERR_DOM_EXIST, "already-exists"],
  [vir.VIR_ERR_NETWORK_EXIST, "already-exists"],
  [vir.VIR_ERR_NETWORK_PORT_EXIST, "already-exists"],
  [vir.VIR_ERR_STORAGE_VOL_EXIST, "already-exists"],
  [vir.VIR_ERR_STORAGE_POOL_BUILT, "already-exists"],

  [vir.VIR_ERR_AUTH_FAILED, "authentication-failed"],
  [vir.VIR_ERR_AUTH_CANCELLED, "authentication-failed"],
  [vir.VIR_ERR_AUTH_UNAVAILABLE, "authentication-failed"],
  [vir.VIR_ERR_ACCESS_DENIED, "permission-denied"],
  [vir.VIR_ERR_OPERATION_DENIED, "permission-denied"],

  [vir.VIR_ERR_RESOURCE_BUSY, "busy"],
  [vir.VIR_ERR_BLOCK_COPY_ACTIVE, "busy"],
  [vir.VIR_ERR_OPERATION_TIMEOUT, "timeout"],
  [vir.VIR_ERR_NO_MEMORY, "no-capacity"],

  [vir.VIR_ERR_OPERATION_INVALID, "invalid-state"],
  [vir.VIR_ERR_MIGRATE_UNSAFE, "invalid-state"],
  [vir.VIR_ERR_SNAPSHOT_REVERT_RISKY, "invalid-state"],
  [vir.VIR_ERR_CHECKPOINT_INCONSISTENT, "invalid-state"],

  [vir.VIR_ERR_INVALID_ARG, "invalid-argument"],
  [vir.VIR_ERR_INVALID_MAC, "invalid-argument"],
  [vir.VIR_ERR_XML_ERROR, "invalid-argument"],
  [vir.VIR_ERR_XML_DETAIL, "invalid-argument"],
  [vir.VIR_ERR_XML_INVALID_SCHEMA, "invalid-argument"],
  [vir.VIR_ERR_PARSE_FAILED, "invalid-argument"],
  [vir.VIR_ERR_OVERFLOW, "invalid-argument"],
  [vir.VIR_ERR_OS_TYPE, "invalid-argument"],

  [vir.VIR_ERR_NO_SUPPORT, "unsupported"],
  [vir.VIR_ERR_NO_CONNECT, "unsupported"],
  [vir.VIR_ERR_CONFIG_UNSUPPORTED, "unsupported"],
  [vir.VIR_ERR_ARGUMENT_UNSUPPORTED, "unsupported"],
  [vir.VIR_ERR_OPERATION_UNSUPPORTED, "unsupported"],
  [vir.VIR_ERR_CPU_INCOMPATIBLE, "unsupported"],

  [vir.VIR_ERR_AGENT_UNRESPONSIVE, "guest-agent-unavailable"],
  [vir.VIR_ERR_AGENT_UNSYNCED, "guest-agent-unavailable"],
  [VIR_ERR_AGENT_COMMAND_TIMEOUT, "guest-agent-unavailable"],
  [VIR_ERR_AGENT_COMMAND_FAILED, "guest-agent-unavailable"],
]);

interface Refinement {
  readonly text: RegExp;
  readonly of: ReadonlySet<number>;
  readonly code: ErrorCode;
}

const GENERIC: ReadonlySet<number> = new Set([
  vir.VIR_ERR_INTERNAL_ERROR,
  vir.VIR_ERR_OPERATION_FAILED,
  vir.VIR_ERR_SYSTEM_ERROR,
]);

/** libvirt has no number for these; the words are those of its sources and of strerror(3). */
const REFINEMENTS: readonly Refinement[] = [
  {
    text: /has asynchronous jobs running/,
    of: new Set([...GENERIC, vir.VIR_ERR_OPERATION_INVALID]),
    code: "busy",
  },
  { text: /state change lock/, of: new Set([vir.VIR_ERR_OPERATION_TIMEOUT]), code: "busy" },
  { text: /already in use|is in use by/, of: GENERIC, code: "busy" },
  // qemu-img times how fast the host derives a LUKS key, and now and then sees no time pass; libvirt takes the image away again.
  { text: /Unable to get accurate CPU usage/, of: GENERIC, code: "busy" },
  { text: /is already (running|active)/, of: GENERIC, code: "invalid-state" },
  { text: /already exists/, of: GENERIC, code: "already-exists" },
  { text: /No space left on device|Disk quota exceeded/, of: GENERIC, code: "no-space" },
  { text: /Cannot allocate memory|cannot set up guest memory/i, of: GENERIC, code: "no-capacity" },
  { text: /Permission denied|Operation not permitted/, of: GENERIC, code: "permission-denied" },
  {
    text: /guest agent is not (configured|available|responding|connected)/i,
    of: new Set([...GENERIC, vir.VIR_ERR_ARGUMENT_UNSUPPORTED, vir.VIR_ERR_OPERATION_INVALID]),
    code: "guest-agent-unavailable",
  },
  {
    text: /unknown procedure|Cannot find program/,
    of: new Set([...GENERIC, vir.VIR_ERR_RPC]),
    code: "unsupported",
  },
];

function codeOf(error: LibvirtError): ErrorCode {
  const refined = REFINEMENTS.find(({ text, of }) => of.has(error.code) && text.test(error.message));
  return refined?.code ?? CODES.get(error.code) ?? "failed";
}

/** The daemon's error in the domain's words; who knows operation, target and host adds them with {@link DriverError.with}. */
export function toDriverError(error: RemoteError): DriverError {
  const cause = new LibvirtError(error);
  return new DriverError(cause.message, { code: codeOf(cause), hostCode: cause.code, cause });
}
