import { createHash, createHmac } from "node:crypto";
import { matchesPatterns } from "./patterns";

/** One line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHost {
  readonly marker?: "revoked" | "cert-authority";
  /** Patterns, lower case; none when the name is hashed. */
  readonly patterns: readonly string[];
  readonly hashed?: { readonly salt: Buffer; readonly hash: Buffer };
  readonly keyType: string;
  readonly key: Buffer;
  /** `file:line`, for messages. */
  readonly place: string;
}

/** Reads known_hosts text; a line that is none is passed over, as ssh does. */
export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  return text.split(/\r?\n/).flatMap((line, index) => parseLine(line.trim(), `${file}:${index + 1}`) ?? []);
}

const MARKERS: Readonly<Record<string, KnownHost["marker"]>> = {
  "@revoked": "revoked",
  "@cert-authority": "cert-authority",
};

function parseLine(line: string, place: string): KnownHost | undefined {
  if (line === "" || line.startsWith("#")) return undefined;
  const fields = line.split(/[ \t]+/);
  const marker = MARKERS[fields[0] ?? ""];
  if (marker !== undefined) fields.shift();
  const [names, keyType, base64] = fields;
  if (names === undefined || names.startsWith("@") || keyType === undefined || base64 === undefined)
    return undefined;
  const key = Buffer.from(base64, "base64");
  if (keyTypeOf(key) !== keyType) return undefined;
  const rest = { keyType, key, place, ...(marker === undefined ? {} : { marker }) };
  if (!names.startsWith("|")) return { patterns: names.toLowerCase().split(","), ...rest };
  const [, version, salt, hash] = names.split("|");
  if (version !== "1" || salt === undefined || hash === undefined) return undefined;
  return {
    patterns: [],
    hashed: { salt: Buffer.from(salt, "base64"), hash: Buffer.from(hash, "base64") },
    ...rest,
  };
}

/** The name a host is listed under: itself on port 22, `[host]:port` elsewhere. */
export function knownHostName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Whether the line speaks of the host listed under `name`. */
export function namesHost(line: KnownHost, name: string): boolean {
  if (line.hashed === undefined) return matchesPatterns(line.patterns, name);
  return createHmac("sha1", line.hashed.salt).update(name).digest().equals(line.hashed.hash);
}

/** The type a public key blob says it is: its first length-prefixed string. */
export function keyTypeOf(key: Buffer): string {
  if (key.length < 4) return "";
  const length = key.readUInt32BE(0);
  return length > 64 || key.length < 4 + length ? "" : key.toString("latin1", 4, 4 + length);
}

/** As `ssh-keygen -l` prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}
