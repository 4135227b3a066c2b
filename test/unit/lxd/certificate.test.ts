import { createPrivateKey, X509Certificate } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { newPair } from "../../../provider/lxd/trust/certificate";
import { integer, oid, time } from "../../../provider/lxd/trust/der";
import { complaints } from "../schema/complaints";

describe("a key pair made for one server", () => {
  test("is a certificate that signs itself, with its key, for ten years", async () => {
    const now = new Date("2026-11-21T12:00:00Z");
    const { certificate, key } = await newPair("pulumi-vmhost", now);
    const seen = new X509Certificate(certificate);
    expect(seen.verify(seen.publicKey)).toBe(true);
    expect(seen.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(seen.subject).toBe("O=pulumi-vmhost\nCN=pulumi-vmhost");
    expect(seen.issuer).toBe(seen.subject);
    expect(seen.ca).toBe(false);
    expect(seen.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(new Date(seen.validFrom) < now).toBe(true);
    expect(new Date(seen.validTo).getUTCFullYear()).toBe(2036);
  });

  test("is another one each time", async () => {
    const [a, b] = await Promise.all([newPair("x"), newPair("x")]);
    expect(a.key).not.toBe(b.key);
    expect(new X509Certificate(a.certificate).serialNumber).not.toBe(
      new X509Certificate(b.certificate).serialNumber,
    );
  });

  test("numbers, names and times are encoded as X.509 wants them", () => {
    expect(integer(Buffer.from([0, 0, 0x80])).toString("hex")).toBe("02020080");
    expect(integer(Buffer.from([0, 0])).toString("hex")).toBe("020100");
    expect(oid("1.2.840.10045.4.3.3").toString("hex")).toBe("06082a8648ce3d040303");
    expect(time(new Date("2049-12-31T23:59:59Z")).toString("latin1", 2)).toBe("491231235959Z");
    expect(time(new Date("2050-01-01T00:00:00Z")).toString("latin1", 2)).toBe("20500101000000Z");
  });
});

describe("a pair of the program's own", () => {
  const address = "https://10.0.0.5";

  test("must belong together, and the key must not be encrypted", async () => {
    const [mine, other] = await Promise.all([newPair("mine"), newPair("other")]);
    expect(complaints("VmHost", { address, ...mine })).toEqual([]);
    expect(complaints("VmHost", { address, certificate: mine.certificate, key: other.key })).toEqual([
      "key: is not the key of `certificate`",
    ]);
    const locked = createPrivateKey(mine.key).export({
      type: "pkcs8",
      format: "pem",
      cipher: "aes-256-cbc",
      passphrase: "hunter2",
    });
    expect(complaints("VmHost", { address, certificate: mine.certificate, key: locked })).toContainEqual(
      expect.stringMatching(/^key: .*encrypted/),
    );
    expect(complaints("VmHost", { address, certificate: "/etc/cert.pem" })).toEqual([
      expect.stringMatching(/^certificate: .*PEM/),
    ]);
    expect(
      complaints("VmHost", { address, generateCertificate: true, certificate: mine.certificate }),
    ).toEqual(["generateCertificate: cannot stand beside `certificate`"]);
  });

  test("a token tells which server it is of", () => {
    const token = (fingerprint: string): string =>
      Buffer.from(JSON.stringify({ fingerprint })).toString("base64");
    expect(complaints("VmHost", { address, trustToken: token("ab".repeat(32)) })).toEqual([]);
    expect(
      complaints("VmHost", {
        address,
        trustToken: token("ab".repeat(32)),
        serverFingerprint: "cd".repeat(32),
      }),
    ).toEqual([expect.stringMatching(/^trustToken: is of another server/)]);
    expect(complaints("VmHost", { address, trustToken: "hunter2" })).toEqual([
      expect.stringMatching(/^trustToken: is no token/),
    ]);
  });
});
