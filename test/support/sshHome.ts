import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./sshd.ts";

/** A home folder for the tests of one file: `$HOME` points there and no agent is known. */
export interface SshHome {
  readonly dir: string;
  /** Empties `~/.ssh` and forgets the agent. */
  reset(): void;
  /** Writes a file of `~/.ssh`; returns its path. */
  write(name: string, text: string): string;
  /** Puts the environment back and removes the folder. */
  remove(): void;
}

export function makeSshHome(): SshHome {
  const before = { HOME: process.env["HOME"], SSH_AUTH_SOCK: process.env["SSH_AUTH_SOCK"] };
  const dir = temporaryFolder("home");
  const reset = (): void => {
    process.env["HOME"] = dir;
    delete process.env["SSH_AUTH_SOCK"];
    rmSync(join(dir, ".ssh"), { recursive: true, force: true });
    mkdirSync(join(dir, ".ssh"), { mode: 0o700 });
  };
  reset();
  return {
    dir,
    reset,
    write: (name, text) => {
      const file = join(dir, ".ssh", name);
      writeFileSync(file, text, { mode: 0o600 });
      return file;
    },
    remove: () => {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
