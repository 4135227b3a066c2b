import { generateKeyPair, randomBytes, sign } from "node:crypto";
import { promisify } from "node:util";
import type { KeyPair } from "../../driver/contract";
import { bits, boolean, explicit, integer, octets, oid, sequence, set, text, time } from "./der";

const DAY_MS = 86_400_000;
/** As long as MAAS' and LXD's own (R45). */
const DAYS = 3650;

const COMMON_NAME = oid("2.5.4.3");
const ORGANISATION = oid("2.5.4.10");
const ECDSA_WITH_SHA384 = sequence(oid("1.2.840.10045.4.3.3"));
const KEY_USAGE = oid("2.5.29.15");
const EXTENDED_KEY_USAGE = oid("2.5.29.37");
const CLIENT_AUTH = oid("1.3.6.1.5.5.7.3.2");
const BASIC_CONSTRAINTS = oid("2.5.29.19");

/** A key of its own for one server (P-384, as LXD's client makes them) and a self-signed certificate that says what it is for. */
export async function newPair(name: string, now = new Date()): Promise<KeyPair> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("ec", { namedCurve: "P-384" });
  const subject = sequence(
    set(sequence(ORGANISATION, text("pulumi-vmhost"))),
    set(sequence(COMMON_NAME, text(name.slice(0, 64)))),
  );
  const serial = randomBytes(16);
  serial[0] = (serial[0] ?? 0) & 0x7f;
  const extension = (id: Buffer, value: Buffer): Buffer => sequence(id, boolean(true), octets(value));
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_WITH_SHA384,
    subject,
    // A clock that is a little behind on the server is no reason to refuse us.
    sequence(time(new Date(now.getTime() - DAY_MS)), time(new Date(now.getTime() + DAYS * DAY_MS))),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    explicit(
      3,
      sequence(
        // digitalSignature and keyEncipherment.
        extension(KEY_USAGE, bits(Buffer.from([0xa0]), 5)),
        extension(EXTENDED_KEY_USAGE, sequence(CLIENT_AUTH)),
        extension(BASIC_CONSTRAINTS, sequence()),
      ),
    ),
  );
  const certificate = sequence(body, ECDSA_WITH_SHA384, bits(sign("sha384", body, privateKey)));
  return {
    certificate: pem("CERTIFICATE", certificate),
    key: String(privateKey.export({ type: "pkcs8", format: "pem" })),
  };
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
