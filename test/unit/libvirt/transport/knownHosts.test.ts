import { createHmac } from "node:crypto";
import * as fc from "fast-check";
import {
  fingerprint,
  keyTypeOf,
  knownHostName,
  namesHost,
  parseKnownHosts,
} from "../../../../provider/libvirt/transport/ssh/knownHosts";

/** ssh-ed25519 key blob: type and 32 bytes, each behind its length. */
function blob(fill: number, type = "ssh-ed25519"): Buffer {
  const body = Buffer.alloc(32, fill);
  const length = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return Buffer.concat([length(Buffer.from(type)), length(body)]);
}
const key = blob(7).toString("base64");

function listed(text: string, host: string, port = 22): number {
  return parseKnownHosts(text, "f").filter((line) => namesHost(line, knownHostName(host, port))).length;
}

test.each([
  [`host ssh-ed25519 ${key}`, "host", 22, true],
  [`host ssh-ed25519 ${key} a comment`, "HOST", 22, true],
  [`host ssh-ed25519 ${key}`, "other", 22, false],
  [`host ssh-ed25519 ${key}`, "host", 2222, false],
  [`[host]:2222 ssh-ed25519 ${key}`, "host", 2222, true],
  [`[host]:2222 ssh-ed25519 ${key}`, "host", 22, false],
  [`a,b,10.0.0.1 ssh-ed25519 ${key}`, "10.0.0.1", 22, true],
  [`*.example.com,!bad.example.com ssh-ed25519 ${key}`, "good.example.com", 22, true],
  [`*.example.com,!bad.example.com ssh-ed25519 ${key}`, "bad.example.com", 22, false],
  [`h?st ssh-ed25519 ${key}`, "host", 22, true],
  [`h?st ssh-ed25519 ${key}`, "hst", 22, false],
  [`h.st ssh-ed25519 ${key}`, "host", 22, false],
  [`host\tssh-ed25519\t${key}\r`, "host", 22, true],
  [`#host ssh-ed25519 ${key}`, "host", 22, false],
  [`host ssh-rsa ${key}`, "host", 22, false], // the type before the key is not the key's
  [`host ssh-ed25519 not-a-key`, "host", 22, false],
  [`host ssh-ed25519`, "host", 22, false],
  [`@unknown host ssh-ed25519 ${key}`, "host", 22, false],
  [`2001:db8::1 ssh-ed25519 ${key}`, "2001:db8::1", 22, true],
])("%s names %s:%d: %s", (line, host, port, expected) => {
  expect(listed(line, host, port)).toBe(expected ? 1 : 0);
});

test("hashed names, with a port too", () => {
  const hashed = (name: string): string => {
    const salt = Buffer.alloc(20, 3);
    const hash = createHmac("sha1", salt).update(name).digest("base64");
    return `|1|${salt.toString("base64")}|${hash} ssh-ed25519 ${key}`;
  };
  expect(listed(hashed("host"), "Host")).toBe(1);
  expect(listed(hashed("host"), "host", 2222)).toBe(0);
  expect(listed(hashed("[host]:2222"), "host", 2222)).toBe(1);
  expect(listed(hashed("host").replace("|1|", "|2|"), "host")).toBe(0);
});

test("markers are kept and lines are counted from one", () => {
  const lines = parseKnownHosts(
    `\n@revoked * ssh-ed25519 ${key}\n@cert-authority * ssh-ed25519 ${key}\n`,
    "file",
  );
  expect(lines.map(({ marker, place }) => [marker, place])).toEqual([
    ["revoked", "file:2"],
    ["cert-authority", "file:3"],
  ]);
});

test("types and fingerprints", () => {
  expect(keyTypeOf(blob(1, "ecdsa-sha2-nistp256"))).toBe("ecdsa-sha2-nistp256");
  expect(keyTypeOf(Buffer.from([0, 0]))).toBe("");
  expect(keyTypeOf(Buffer.from([0xff, 0xff, 0xff, 0xff, 1]))).toBe("");
  expect(fingerprint(Buffer.from(""))).toBe("SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU");
});

test("any text is read without a failure", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string(), (text, name) => {
      for (const line of parseKnownHosts(`${text}\nhost ssh-ed25519 ${key}`, "f")) namesHost(line, name);
    }),
  );
});
