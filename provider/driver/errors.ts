/** What went wrong, as the domain sees it. A driver translates its wire's codes into one of these. */
export type ErrorCode =
  | "not-found"
  | "already-exists"
  | "permission-denied"
  | "authentication-failed"
  | "host-key-unknown"
  | "host-key-mismatch"
  | "certificate-rejected"
  | "unreachable"
  | "connection-lost"
  | "timeout"
  | "busy"
  | "invalid-state"
  | "invalid-argument"
  | "unsupported"
  | "no-space"
  | "no-capacity"
  | "guest-agent-unavailable"
  | "foreign-object"
  | "failed";

/** Codes after which the same idempotent step may be tried again. */
const TRANSIENT: ReadonlySet<ErrorCode> = new Set(["connection-lost", "busy"]);

export interface DriverErrorDetails {
  readonly code: ErrorCode;
  /** What was being done, as a verb phrase: "define the domain". */
  readonly operation?: string;
  /** The object it was done to: `volume "root" in pool "pool1"`. */
  readonly target?: string;
  /** The host, as the user wrote its address, without credentials. */
  readonly host?: string;
  /** What the user can do about it. */
  readonly remedy?: string;
  /** The host's own number for it (libvirt's virErrorNumber, LXD's HTTP status). */
  readonly hostCode?: number;
  readonly cause?: unknown;
}

const BRAND = Symbol.for("pulumi-vmhost.DriverError");

/**
 * The one error type above the wire. `message` is the host's own words; {@link explain} composes the sentence for people.
 * The brand makes {@link isDriverError} work across two loaded copies of the package.
 */
export class DriverError extends Error {
  readonly [BRAND] = true;
  override readonly name: string = "DriverError";
  readonly code: ErrorCode;
  readonly operation?: string;
  readonly target?: string;
  readonly host?: string;
  readonly remedy?: string;
  readonly hostCode?: number;

  constructor(message: string, details: DriverErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.operation = details.operation;
    this.target = details.target;
    this.host = details.host;
    this.remedy = details.remedy;
    this.hostCode = details.hostCode;
  }

  /** The same failure with what an outer layer knows: its code counts, of the rest only what is not known yet. */
  with(outer: Partial<DriverErrorDetails>): DriverError {
    return new DriverError(this.message, {
      code: outer.code ?? this.code,
      operation: this.operation ?? outer.operation,
      target: this.target ?? outer.target,
      host: this.host ?? outer.host,
      remedy: this.remedy ?? outer.remedy,
      hostCode: this.hostCode ?? outer.hostCode,
      cause: this.cause ?? outer.cause,
    });
  }

  /** The same failure, with more advice behind what is advised already. */
  advising(more: string): DriverError {
    return this.but({ remedy: this.remedy === undefined ? more : `${this.remedy}\n  ${more}` });
  }

  /** The same failure, with the host as the program calls it. */
  onHost(host: string): DriverError {
    return this.but({ host });
  }

  private but(details: Partial<DriverErrorDetails>): DriverError {
    const { code, operation, target, host, remedy, hostCode, cause, message } = this;
    return new DriverError(message, { code, operation, target, host, remedy, hostCode, cause, ...details });
  }

  get transient(): boolean {
    return TRANSIENT.has(this.code);
  }
}

export function isDriverError(error: unknown): error is DriverError {
  return typeof error === "object" && error !== null && BRAND in error;
}

export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): boolean {
  return isDriverError(error) && codes.includes(error.code);
}
