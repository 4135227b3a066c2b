import { createPrivateKey, X509Certificate } from "node:crypto";
import { z } from "../table/zod";
import { field, type Fields } from "../table/field";
import type { Complaint } from "../table/gate";
import { isUnknown } from "../table/unknown";

const pem = (what: string, label: RegExp): z.ZodString =>
  z.string().refine((text) => label.test(text), `must be ${what} in PEM form (the text, not a path)`);

const encrypted = (text: string): boolean => /BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text);

/** How an LXD server is reached, beyond its address. */
export const lxdAccessFields = {
  project: field(z.string().min(1).max(255).optional(), {
    fate: "record",
    hosts: ["lxd"],
    refs: ["LxdProject"],
    doc: "The LXD project that the host's VMs, volumes and images live in. Default `default`.",
    source: "?project=; R46",
  }),
  certificate: field(pem("a certificate", /-----BEGIN CERTIFICATE-----/).optional(), {
    fate: "record",
    hosts: ["lxd"],
    doc: "The client certificate that the server trusts. Needed for an `https://` address.",
    source: "R40",
  }),
  key: field(
    pem("a private key", /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/)
      .refine(
        (text) => !encrypted(text),
        "is encrypted: give a key without a passphrase (`openssl pkey -in … -out …`)",
      )
      .optional(),
    {
      fate: "record",
      hosts: ["lxd"],
      secret: true,
      doc: "The private key of `certificate`, without a passphrase. Prefer `pulumi config set --secret vmhost:key`.",
      source: "R40, R41",
    },
  ),
  serverFingerprint: field(
    z
      .string()
      .transform((value) => value.toLowerCase().replaceAll(":", ""))
      .refine((value) => /^[0-9a-f]{64}$/.test(value), "must be a SHA-256 fingerprint: 64 hex digits")
      .optional(),
    {
      fate: "record",
      hosts: ["lxd"],
      doc: "SHA-256 fingerprint of the server's certificate (`lxc info`, certificate_fingerprint). Default: the certificate must be one that this machine's authorities vouch for.",
      source: "R25, R43",
    },
  ),
} satisfies Fields;

/** Certificate and key belong together (R40). The key may come from the stack's configuration, the certificate then as well. */
export function* pairRule({ certificate, key }: { certificate?: string; key?: string }): Iterable<Complaint> {
  if (certificate === undefined || key === undefined || isUnknown(certificate) || isUnknown(key)) return;
  try {
    if (new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) return;
    yield { path: ["key"], message: "is not the key of `certificate`" };
  } catch {
    yield { path: ["certificate"], message: "cannot be read, or `key` cannot" };
  }
}

/** How a VmHost comes to be trusted; used when it is made, and not kept by its other resources. */
export const lxdTrustFields = {
  generateCertificate: field(z.boolean().default(false), {
    fate: "record",
    hosts: ["lxd"],
    doc: "Make a key and a certificate for this host, in place of `certificate` and `key`. The first `up` ends with the command that makes the server trust it, or uses `trustToken`; later ones go on with the same pair. Default false.",
    source: "R38, R44",
  }),
  trustToken: field(z.string().min(1).optional(), {
    fate: () => undefined,
    hosts: ["lxd"],
    secret: true,
    doc: "A token of `lxc config trust add` on the server. Used once, when the server does not trust the certificate yet; it also pins the server's certificate.",
    source: "R43",
  }),
  trustPassword: field(z.string().min(1).optional(), {
    fate: () => undefined,
    hosts: ["lxd"],
    secret: true,
    doc: "The server's trust password (LXD before 6.1). Used once, when the server does not trust the certificate yet.",
    source: "R42",
  }),
  createProject: field(z.boolean().default(false), {
    fate: "record",
    hosts: ["lxd"],
    doc: "Make the project when it is missing. It stays when the VmHost goes. Default false.",
    source: "R46",
  }),
} satisfies Fields;

/** The fingerprint that a token vouches for; undefined where it is no token. */
export function tokenFingerprint(token: string): string | undefined {
  try {
    const { fingerprint } = JSON.parse(Buffer.from(token, "base64").toString("utf8")) as {
      fingerprint?: unknown;
    };
    return typeof fingerprint === "string" && /^[0-9a-f]{64}$/i.test(fingerprint)
      ? fingerprint.toLowerCase()
      : undefined;
  } catch {
    return undefined;
  }
}

interface TrustInput {
  readonly address?: string;
  readonly certificate?: string;
  readonly generateCertificate?: boolean;
  readonly trustToken?: string;
  readonly serverFingerprint?: string;
}

export function* trustRule(input: TrustInput): Iterable<Complaint> {
  const { certificate, generateCertificate, trustToken: token, serverFingerprint: pin } = input;
  if (generateCertificate === true && certificate !== undefined)
    yield { path: ["generateCertificate"], message: "cannot stand beside `certificate`" };
  if (token === undefined || isUnknown(token)) return;
  const vouched = tokenFingerprint(token);
  if (vouched === undefined)
    yield {
      path: ["trustToken"],
      message: "is no token of LXD: give the text that `lxc config trust add` prints",
    };
  else if (pin !== undefined && !isUnknown(pin) && pin !== vouched)
    yield {
      path: ["trustToken"],
      message: "is of another server: its fingerprint is not `serverFingerprint`",
    };
}
