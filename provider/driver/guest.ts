import type { Readable } from "node:stream";

/** A file as it is to be in a guest. */
export interface GuestFile {
  /** Absolute, in the guest. */
  readonly path: string;
  /** What is in it, from the start at each call. */
  bytes(): Readable;
  /** The nine permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Make the folders above it that are missing. */
  readonly createDirectories: boolean;
}

export interface GuestCommand {
  /** What it is called in a message: `command "setup"`. */
  readonly label?: string;
  /** Program and arguments; no shell looks at them. */
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly timeoutSeconds: number;
  /** All that it writes is wanted: a host that cannot do both keeps that, rather than kill a command that takes too long. */
  readonly keepOutput?: boolean;
}

/** How a command has ended, with the last 64 KiB of each of its two outputs. */
export interface CommandResult {
  readonly exitStatus: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The inside of guests that run. Where the guest's agent is needed and is not there, methods throw `guest-agent-unavailable`;
 * of a guest that is off, `invalid-state`. VMs are given by their id.
 */
export interface GuestDriver {
  /** Whether the guest can be talked to now; false for one that is off. */
  ready(id: string): Promise<boolean>;
  /** Absent where the hypervisor has no way into a guest. */
  readonly inside?: InsideDriver;
}

export interface InsideDriver {
  /** Whether only a guest whose agent answers takes files. */
  needsAgent(id: string): Promise<boolean>;
  /** A text that is another one after each start of the guest. */
  life(id: string): Promise<string>;
  /** Puts a file in its place, with its owner and mode, over the one that may be there; `isNew` where there was none. */
  write(id: string, file: GuestFile): Promise<{ readonly isNew: boolean }>;
  /** Takes a file away; one that is gone already is no failure. */
  remove(id: string, path: string): Promise<void>;
  /**
   * Runs a command to its end. One that outlasts its time is killed, and throws `timeout`; one that is not there throws `not-found`. A
   * command is never run twice: where the connection breaks in the middle, `failed` is thrown, and the command is killed.
   */
  run(id: string, command: GuestCommand): Promise<CommandResult>;
}
