import { readFileSync } from "node:fs";
import type { BaseAgent, ParsedKey, SignCallback, SigningRequestOptions } from "ssh2";
import { DriverError } from "../../../driver/errors";
import { loadSsh2 } from "./libraries";

/** Where the keys to offer come from, in no order yet. */
export interface IdentityPlan {
  readonly inlineKey?: string;
  readonly passphrase?: string;
  /** Named in the inputs or the address. */
  readonly explicitFiles: readonly string[];
  /** IdentityFile of the ssh configuration. */
  readonly configuredFiles: readonly string[];
  readonly defaultFiles: readonly string[];
  readonly agentSocket?: string;
  /** Offer of the agent only what a configured or explicit file names. */
  readonly identitiesOnly: boolean;
}

/** One key to offer; `agent` holds the private half where `key` does not. */
export interface Identity {
  /** A file name, or the agent's comment: never the key. */
  readonly label: string;
  readonly publicKey: Buffer;
  readonly key?: ParsedKey;
  readonly agent?: BaseAgent;
}

/** A key, or an agent, that was found and could not be used. */
export interface Skipped {
  /** What it is, and the reason: `~/.ssh/id_rsa is encrypted and no passphrase is given`. */
  readonly text: string;
  /** A passphrase would make it usable. */
  readonly encrypted: boolean;
}

export interface Identities {
  readonly offered: readonly Identity[];
  readonly skipped: readonly Skipped[];
}

/** An agent that does not answer must not eat the whole deadline. */
const AGENT_PATIENCE_MS = 5_000;

/**
 * Reads the keys. Explicit ones come first, since sshd ends the connection after a few refused keys and an agent may hold many;
 * then the agent's, those that a file names ahead; then the files. A key that cannot be used is passed over with a note.
 * @throws DriverError when the inline key is no key at all or its passphrase is wrong
 */
export async function collectIdentities(plan: IdentityPlan): Promise<Identities> {
  const skipped: Skipped[] = [];
  const note = (each: Skipped): void => void skipped.push(each);
  const inline = plan.inlineKey === undefined ? [] : readInline(plan.inlineKey, plan.passphrase, note);
  const explicit = plan.explicitFiles.map((file) => readFile(file, plan.passphrase, true));
  const configured = plan.configuredFiles.map((file) => readFile(file, plan.passphrase, true));
  const defaults = plan.identitiesOnly && configured.length + explicit.length > 0 ? [] : plan.defaultFiles;
  const usual = defaults.map((file) => readFile(file, plan.passphrase, false));
  const agent = plan.agentSocket === undefined ? [] : await askAgent(plan.agentSocket, note);

  const named = [...explicit, ...configured].flatMap((file) => file.publicKey ?? []);
  const isNamed = (identity: Identity): boolean => named.some((key) => key.equals(identity.publicKey));
  const fromAgent = [
    ...agent.filter(isNamed),
    ...(plan.identitiesOnly ? [] : agent.filter((identity) => !isNamed(identity))),
  ];
  const offered: Identity[] = [];
  const own = [...explicit.flatMap(usable), ...fromAgent, ...[...configured, ...usual].flatMap(usable)];
  for (const identity of [...inline, ...own]) {
    if (!offered.some((other) => other.publicKey.equals(identity.publicKey))) offered.push(identity);
  }
  for (const file of [...explicit, ...configured, ...usual]) {
    const { problem, publicKey } = file;
    const held = publicKey !== undefined && offered.some((other) => other.publicKey.equals(publicKey));
    if (problem !== undefined && !held) note(problem);
  }
  return { offered, skipped };
}

interface KeyFile {
  readonly identity?: Identity;
  readonly publicKey?: Buffer;
  readonly problem?: Skipped;
}

function usable(file: KeyFile): readonly Identity[] {
  return file.identity === undefined ? [] : [file.identity];
}

type Read = { readonly key: ParsedKey } | { readonly problem: "encrypted" | "passphrase" | "format" };

function readKey(text: string, passphrase: string | undefined): Read {
  const parsed: ParsedKey | ParsedKey[] | Error = loadSsh2().utils.parseKey(text, passphrase);
  if (parsed instanceof Error) {
    if (/no passphrase given/i.test(parsed.message)) return { problem: "encrypted" };
    // A wrong passphrase shows as a failed integrity check or as an unreadable key.
    const guess = passphrase !== undefined && /passphrase|integrity|malformed/i.test(parsed.message);
    return { problem: guess ? "passphrase" : "format" };
  }
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  return key === undefined || !key.isPrivateKey() ? { problem: "format" } : { key };
}

const WORDS = {
  encrypted: "is encrypted and no passphrase is given",
  passphrase: "does not open with the passphrase given",
  format: "is not a private key in OpenSSH, PEM or PuTTY format",
} as const;

function readInline(
  text: string,
  passphrase: string | undefined,
  note: (skipped: Skipped) => void,
): readonly Identity[] {
  const read = readKey(text, passphrase);
  if ("key" in read) return [{ label: "sshPrivateKey", publicKey: publicHalf(read.key), key: read.key }];
  const problem = `sshPrivateKey ${WORDS[read.problem]}`;
  if (read.problem === "encrypted") {
    note({ text: problem, encrypted: true });
    return [];
  }
  throw new DriverError(problem, {
    code: read.problem === "passphrase" ? "authentication-failed" : "invalid-argument",
    operation: "read the ssh key",
    target: "sshPrivateKey",
    remedy:
      read.problem === "passphrase"
        ? "check sshPassphrase"
        : "give the whole file, from the BEGIN line to the END line; ssh-keygen -p -f FILE rewrites other formats",
  });
}

function readFile(file: string, passphrase: string | undefined, wanted: boolean): KeyFile {
  const publicKey = readPublicHalf(`${file}.pub`);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" && !wanted) return {};
    const reason = code === "ENOENT" ? "does not exist" : `cannot be read (${code})`;
    return { publicKey, problem: { text: `${file} ${reason}`, encrypted: false } };
  }
  const read = readKey(text, passphrase);
  if ("key" in read) {
    const half = publicHalf(read.key);
    return { publicKey: half, identity: { label: file, publicKey: half, key: read.key } };
  }
  // An IdentityFile may be the public half alone: the agent holds the other.
  const problem = { text: `${file} ${WORDS[read.problem]}`, encrypted: read.problem === "encrypted" };
  return { publicKey: publicKey ?? readPublicHalf(file), problem };
}

function readPublicHalf(file: string): Buffer | undefined {
  try {
    const parsed: ParsedKey | ParsedKey[] | Error = loadSsh2().utils.parseKey(readFileSync(file, "utf8"));
    if (parsed instanceof Error) return undefined;
    const key = Array.isArray(parsed) ? parsed[0] : parsed;
    return key === undefined ? undefined : publicHalf(key);
  } catch {
    return undefined;
  }
}

function publicHalf(key: ParsedKey): Buffer {
  const blob: string | Buffer = key.getPublicSSH();
  return Buffer.isBuffer(blob) ? blob : Buffer.from(blob, "base64");
}

type Signer = (
  key: ParsedKey,
  data: Buffer,
  ...rest: [SignCallback] | [SigningRequestOptions, SignCallback?]
) => void;

function askAgent(socket: string, note: (skipped: Skipped) => void): Promise<readonly Identity[]> {
  const { BaseAgent, createAgent } = loadSsh2();
  /** Offers one key of the real agent, so that the keys can be put in order among those of files. */
  class OneKey extends BaseAgent<ParsedKey> {
    constructor(
      readonly agent: BaseAgent,
      readonly key: ParsedKey,
    ) {
      super();
    }
    override getIdentities(done: (error?: Error | null, keys?: ParsedKey[]) => void): void {
      done(null, [this.key]);
    }
    override sign(
      key: ParsedKey,
      data: Buffer,
      ...rest: [SignCallback] | [SigningRequestOptions, SignCallback?]
    ): void {
      (this.agent.sign as Signer).call(this.agent, key, data, ...rest);
    }
  }
  return new Promise((resolve) => {
    const finish = (identities: readonly Identity[], problem?: string): void => {
      clearTimeout(timer);
      if (problem !== undefined) note({ text: `the ssh agent at ${socket} ${problem}`, encrypted: false });
      resolve(identities);
    };
    const timer = setTimeout(() => finish([], "does not answer"), AGENT_PATIENCE_MS);
    const agent = createAgent(socket);
    agent.getIdentities((error, keys) => {
      if (error !== undefined && error !== null) return finish([], "cannot be asked");
      finish(
        (keys ?? []).flatMap((entry) => {
          const key = asParsed(entry);
          if (key === undefined) return [];
          const label = `agent key ${key.comment === "" ? key.type : key.comment}`;
          return [{ label, publicKey: publicHalf(key), agent: new OneKey(agent, key) }];
        }),
      );
    });
  });
}

/** ssh2's own agent answers with parsed keys; its types allow other forms. */
function asParsed(entry: unknown): ParsedKey | undefined {
  return typeof entry === "object" && entry !== null && "getPublicSSH" in entry
    ? (entry as ParsedKey)
    : undefined;
}
