import { describe, expect, test } from "@jest/globals";
import { objectOf } from "../../../provider/schema/table/gate";
import { libvirtSecretFields, libvirtSecretRules } from "../../../provider/schema/libvirtSecret";
import { nwFilterFields } from "../../../provider/schema/nwFilter";

const ON_HOST = { host: "qemu:///system", owner: "p/s/Kind/x" };
const complaints = (type: ReturnType<typeof objectOf>, input: object): string[] => {
  const result = type.safeParse({ ...ON_HOST, ...input });
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
};

describe("a filter", () => {
  const filter = (input: object): string[] => complaints(objectOf(nwFilterFields), input);
  const rule = (more: object): object => ({ rules: [{ action: "accept", direction: "in", ...more }] });

  test.each<[object, string[]]>([
    [rule({ protocol: "tcp-ipv6", match: { dstportstart: 22, srcipaddr: "$IP" } }), []],
    [rule({ protocol: "icmpv6", match: { type: 128 } }), []],
    [
      rule({ protocol: "udp", match: { destportstart: 53 } }),
      [
        'rules.0.match.destportstart: is nothing that a rule of protocol "udp" knows; did you mean "dstportstart"?',
      ],
    ],
    [
      rule({ protocol: "arp", match: { dstportstart: 53 } }),
      ['rules.0.match.dstportstart: is nothing that a rule of protocol "arp" knows'],
    ],
    [rule({ match: { comment: "x" } }), ["rules.0.match: needs `protocol`"]],
    [{ chain: "tcp" }, ["chain: must be root, or begin with mac, vlan, stp, arp, rarp, ipv4 or ipv6"]],
    [{ priority: 1001 }, ["priority: must be at most 1000"]],
  ])("%j", (input, expected) => {
    expect(filter(input)).toEqual(expected);
  });
});

describe("a secret", () => {
  const secret = (input: object): string[] =>
    complaints(objectOf(libvirtSecretFields, [libvirtSecretRules]), input);

  test("is private, and its value is marked as one", () => {
    const parsed = objectOf(libvirtSecretFields).parse(ON_HOST);
    expect(parsed).toMatchObject({ private: true, ephemeral: false });
    expect(libvirtSecretFields.secretValue.secret).toBe(true);
  });

  test("a complaint about its value does not tell it", () => {
    expect(secret({ encoding: "base64", secretValue: "not base64!" })).toEqual(["secretValue: is no base64"]);
    expect(secret({ encoding: "base64", secretValue: "c2VjcmV0" })).toEqual([]);
  });
});
