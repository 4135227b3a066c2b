import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware } from "ssh2";
import { DriverError } from "../../../driver/errors";
import type { Identities } from "./keys";

/** The `sshauth` words of an address. */
export type SshAuthWord = "agent" | "privkey" | "password" | "keyboard-interactive";

export interface AuthPlan extends Identities {
  readonly user: string;
  readonly password?: string;
  /** Only these methods; all when undefined. */
  readonly only?: readonly string[];
}

interface Candidate {
  /** As the server names it in its list of methods that can continue. */
  readonly method: "publickey" | "password" | "keyboard-interactive";
  readonly label: string;
  readonly attempt: AnyAuthMethod;
}

/** Walks through the keys and the password for one connection, and remembers what was tried. */
export class Authentication {
  readonly #plan: AuthPlan;
  readonly #left: Candidate[];
  readonly #tried: string[] = [];
  #serverMethods: readonly string[] = [];
  #asked = false;
  /** Nothing is left to try: the next client error is the end. */
  exhausted = false;

  constructor(plan: AuthPlan) {
    this.#plan = plan;
    this.#left = candidates(plan);
  }

  readonly handler: AuthHandlerMiddleware = (methods: AuthenticationType[] | null, _partial, next) => {
    if (methods !== null) this.#serverMethods = methods;
    if (!this.#asked) {
      this.#asked = true; // "none" makes the server list its methods, so that no key is spent on one it does not take
      return next({ type: "none", username: this.#plan.user });
    }
    // Not simply the next: a server that wants two methods lists the second one only after the first.
    const index = this.#left.findIndex(({ method }) => this.#serverMethods.includes(method));
    const [candidate] = index < 0 ? [] : this.#left.splice(index, 1);
    if (candidate === undefined) {
      this.exhausted = true;
      return next(false as unknown as AuthenticationType); // ssh2's word for "give up", missing in its types
    }
    this.#tried.push(candidate.label);
    next(candidate.attempt);
  };

  /** The server refused all of it. */
  refused(label: string, host: string, cause?: unknown): DriverError {
    const { user, skipped } = this.#plan;
    const takes =
      this.#serverMethods.length === 0 ? "" : `; the server takes ${this.#serverMethods.join(", ")}`;
    const tried = this.#tried.length === 0 ? "there was nothing to offer" : `tried ${this.#tried.join(", ")}`;
    const passed = skipped.length === 0 ? "" : `; not used: ${skipped.map(({ text }) => text).join("; ")}`;
    return new DriverError(`${host} refused the login of ${user}: ${tried}${takes}${passed}`, {
      code: "authentication-failed",
      operation: "connect",
      target: `${user}@${host}`,
      host: label,
      remedy: skipped.some(({ encrypted }) => encrypted)
        ? "load the encrypted key into the ssh agent, or give its passphrase in sshPassphrase"
        : `put the public key into ~${user}/.ssh/authorized_keys there (ssh-copy-id ${user}@${host}), or give another key in sshKeyFile or sshPrivateKey`,
      cause,
    });
  }
}

function candidates(plan: AuthPlan): Candidate[] {
  const { user: username, password, only } = plan;
  const allowed = (word: SshAuthWord): boolean => only === undefined || only.includes(word);
  const list: Candidate[] = [];
  for (const { label, key, agent } of plan.offered) {
    if (agent !== undefined && allowed("agent"))
      list.push({ method: "publickey", label, attempt: { type: "agent", username, agent } });
    if (key !== undefined && allowed("privkey"))
      list.push({ method: "publickey", label, attempt: { type: "publickey", username, key } });
  }
  if (password === undefined) return list;
  if (allowed("password"))
    list.push({
      method: "password",
      label: "the password",
      attempt: { type: "password", username, password },
    });
  if (allowed("keyboard-interactive")) {
    list.push({
      method: "keyboard-interactive",
      label: "the password (keyboard-interactive)",
      attempt: {
        type: "keyboard-interactive",
        username,
        // Only hidden prompts are for a password; anything shown (a one-time code, a menu) gets an empty answer.
        prompt: (_name, _instructions, _language, prompts, finish) =>
          finish(prompts.map(({ echo }) => (echo === true ? "" : password))),
      },
    });
  }
  return list;
}
