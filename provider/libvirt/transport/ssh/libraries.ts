import type * as ssh2 from "ssh2";
import type * as sshConfig from "ssh-config" with { "resolution-mode": "import" };

// Loaded on the first ssh connection only: a program that has none should not pay for them at start-up.

export function loadSsh2(): typeof ssh2 {
  return require("ssh2") as typeof ssh2;
}

export function loadSshConfig(): typeof sshConfig {
  return require("ssh-config") as typeof sshConfig;
}
