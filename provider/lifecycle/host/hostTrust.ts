import { X509Certificate } from "node:crypto";
import type { KeyPair } from "../../driver/contract";
import { DriverError } from "../../driver/errors";
import type { HostConnection } from "../../schema/address/connection";
import { tokenFingerprint } from "../../schema/address/lxdAccess";
import type { VmHostSpec } from "../../schema/vmHost";
import type { Context } from "../kind/handler";
import type { Plain } from "../engine/state";

/** The name under which the host lists us. */
const CLIENT = "pulumi-vmhost";

/** How a VmHost is reached: as the program says, with the pair and the pin that an earlier run has made. */
export function connectionOf(spec: VmHostSpec, olds: Plain = {}): HostConnection {
  const pair = spec.generateCertificate ? pairIn(olds) : undefined;
  const pin =
    spec.serverFingerprint ??
    (spec.trustToken === undefined ? undefined : tokenFingerprint(spec.trustToken)) ??
    (olds["pinnedFingerprint"] as string | undefined);
  return { ...spec, ...pair, serverFingerprint: pin, name: undefined, urn: undefined };
}

function pairIn({ clientCertificate: certificate, clientKey: key }: Plain): KeyPair | undefined {
  return typeof certificate === "string" && typeof key === "string" ? { certificate, key } : undefined;
}

export interface Trust {
  readonly connection: HostConnection;
  /** What of it is kept with the VmHost. */
  readonly outs: Plain;
  /** Whether the server knows us now; its certificate's fingerprint is who it is. */
  readonly trusted: boolean;
  readonly fingerprint: string;
}

/** Makes what the program asks for to be trusted by; undefined for a host that knows us by other means. */
export async function establishTrust(
  spec: VmHostSpec,
  olds: Plain,
  context: Context,
): Promise<Trust | undefined> {
  const { generateCertificate, trustToken: token, trustPassword: password, createProject } = spec;
  if (!generateCertificate && token === undefined && password === undefined && !createProject)
    return undefined;
  let connection = connectionOf(spec, olds);
  if (generateCertificate && connection.key === undefined) {
    const pair = await context.observe(connection, async ({ trust }) => trust?.newPair(CLIENT));
    connection = { ...connection, ...pair };
  }
  const state = await context.observe(connection, async ({ trust }) =>
    trust?.establish({
      name: CLIENT,
      ...(token === undefined ? {} : { token }),
      ...(password === undefined ? {} : { password }),
    }),
  );
  if (state === undefined) return undefined;
  if (state.trusted)
    await context.observe(connection, async ({ trust }) => trust?.ensureProject(createProject));
  return { connection, outs: trustOuts(spec, connection), ...state };
}

/** The pair (where it is ours), the pin, and until when the certificate is good. */
export function trustOuts(spec: VmHostSpec, connection: HostConnection): Plain {
  const { certificate, key, serverFingerprint } = connection;
  if (certificate === undefined) return {};
  const seen = readCertificate(certificate);
  return {
    ...(spec.generateCertificate ? { clientCertificate: certificate, clientKey: key } : {}),
    clientCertificateFingerprint: seen.fingerprint256.replaceAll(":", "").toLowerCase(),
    certificateExpiry: new Date(seen.validTo).toISOString(),
    pinnedFingerprint: serverFingerprint,
  };
}

function readCertificate(text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (cause) {
    throw new DriverError("the client certificate cannot be read", {
      code: "invalid-argument",
      operation: "connect",
      cause,
    });
  }
}

/** What a person does on the server, as it is to be pasted: the engine indents it, which would keep a here-document from ending. */
export function howToTrust(certificate: string): string {
  const [begin, ...lines] = certificate.trim().split("\n");
  const end = lines.pop();
  return [
    "the server does not trust this client yet. On the server, run",
    `printf '%s\\n' '${begin}' \\`,
    ...lines.map((line) => `${line} \\`),
    `'${end}' >${CLIENT}.crt && lxc config trust add ${CLIENT}.crt`,
    "and then `pulumi up` again: it goes on with the same key. (Or set `trustToken` to what `lxc config trust add --name pulumi` prints.)",
  ].join("\n");
}
