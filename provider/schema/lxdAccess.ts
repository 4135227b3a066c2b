import { z } from "zod";
import { field, type Fields } from "./field";

const pem = (what: string, label: RegExp): z.ZodType<string> =>
  z.string().refine((text) => label.test(text), `must be ${what} in PEM form (the text, not a path)`);

/** How an LXD server is reached, beyond its address. */
export const lxdAccessFields = {
  project: field(z.string().min(1).max(255).optional(), {
    fate: "record",
    hosts: ["lxd"],
    doc: "The LXD project that the host's VMs, volumes and images live in. Default `default`.",
    source: "?project=; R46",
  }),
  certificate: field(pem("a certificate", /-----BEGIN CERTIFICATE-----/).optional(), {
    fate: "record",
    hosts: ["lxd"],
    doc: "The client certificate that the server trusts. Needed for an `https://` address.",
    source: "R40",
  }),
  key: field(pem("a private key", /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/).optional(), {
    fate: "record",
    hosts: ["lxd"],
    secret: true,
    doc: "The private key of `certificate`, without a passphrase. Prefer `pulumi config set --secret vmhost:key`.",
    source: "R40, R41",
  }),
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
