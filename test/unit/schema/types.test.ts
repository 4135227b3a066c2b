import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { z } from "zod";
import {
  cidr,
  deviceName,
  hostDevice,
  hostPath,
  ipAddress,
  mac,
  objectName,
  text,
} from "../../../provider/schema/table/types";

function answer<T>(type: z.ZodType<T>, value: unknown): { readonly value: T } | string {
  const result = type.safeParse(value);
  return result.success
    ? { value: result.data }
    : result.error.issues.map(({ message }) => message).join("; ");
}

describe("MAC addresses", () => {
  test.each([
    ["52:54:00:12:34:56", "52:54:00:12:34:56"],
    ["52:54:00:AB:CD:EF", "52:54:00:ab:cd:ef"],
    ["52-54-00-aB-cD-eF", "52:54:00:ab:cd:ef"],
  ])("%s is kept as %s", (given, value) => {
    expect(answer(mac(), given)).toEqual({ value });
  });

  test.each([
    "",
    "52:54:00:12:34",
    "52:54:00:12:34:5g",
    "52:54:00:12:34:56:78",
    "525400123456",
    "5254.0012.3456",
    " 52:54:00:12:34:56",
  ])("%j is none", (given) => {
    expect(answer(mac(), given)).toBe(`"${given}" is no MAC address; write it as 52:54:00:12:34:56`);
  });

  test.each(["01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "33:33:00:00:00:01"])("%s is for many", (given) => {
    expect(answer(mac(), given)).toBe("is a multicast MAC address; the first byte must be even");
  });
});

describe("addresses", () => {
  test.each([
    ["172.16.99.1", "172.16.99.1"],
    ["FD00::00:1", "fd00::1"],
    ["::ffff:10.0.0.1", "::ffff:a00:1"],
  ])("%s is kept as %s", (given, value) => {
    expect(answer(ipAddress(), given)).toEqual({ value });
  });

  test.each([
    "",
    "172.16.99",
    "172.16.99.256",
    "172.16.99.01",
    "host",
    "172.16.99.1/24",
    "fe80::1%eth0",
    "0x7f.1",
    " 10.0.0.1",
  ])("%j is none", (given) => {
    expect(answer(ipAddress(), given)).toBe("is no IP address");
  });

  test.each([
    ["172.16.99.1/24", "172.16.99.1/24"],
    ["10.0.0.1/32", "10.0.0.1/32"],
    ["FD00:0:0::1/64", "fd00::1/64"],
    ["0.0.0.0/0", "0.0.0.0/0"],
  ])("%s with its prefix length is kept as %s", (given, value) => {
    expect(answer(cidr(), given)).toEqual({ value });
  });

  test.each([
    "",
    "172.16.99.1",
    "172.16.99/24",
    "10/8",
    "172.16.99.1/33",
    "fd00::1/129",
    "172.16.99.1/-1",
    "172.16.99.1/a",
    "172.16.99.1/255.255.255.0",
    "0x7f.1/8",
    "fe80::1%eth0/64",
    "/24",
  ])("%j is no address with prefix length", (given) => {
    expect(answer(cidr(), given)).toBe('is no address with prefix length; write it as "172.16.99.1/24"');
  });
});

describe("names", () => {
  test.each(["web", 'it\'s <b>"odd"</b> & größer – 試験 🐧'.replaceAll("/", "|"), "a b", "-", "..."])(
    "an object on the host may be called %j",
    (given) => {
      expect(answer(objectName(), given)).toEqual({ value: given });
    },
  );

  test.each(["", " web", "web ", "a/b", "a\nb", ".", "..", "x".repeat(256)])("but not %j", (given) => {
    expect(answer(objectName(), given)).toMatch(/must not/);
  });

  test.each(["\u0000", "a\u0001b", "a\u001fb", "\ud800", "\udc00x", "\uffff"])(
    "nor anything that XML cannot carry: %j",
    (given) => {
      for (const type of [objectName(), hostDevice()]) expect(typeof answer(type, given)).toBe("string");
      expect(typeof answer(hostPath(), `/${given}`)).toBe("string");
      expect(answer(text(), given)).toBe("has a control character that cannot be sent to a host");
    },
  );

  test("tabs, line breaks and characters beyond 16 bits are text", () => {
    expect(answer(text(), "a\tb\r\nc 🐧")).toEqual({ value: "a\tb\r\nc 🐧" });
  });

  test.each(["root", "disk1", "a", "A_b-9", "x".repeat(31)])("a device of a VM may be called %s", (given) => {
    expect(answer(deviceName(), given)).toEqual({ value: given });
  });

  test.each(["", "-a", "_a", "a b", "a.b", "ä", "x".repeat(32)])("but not %j", (given) => {
    expect(answer(deviceName(), given)).toMatch(/must be 1 to 31 letters/);
  });

  test.each(["br0", "eno2", "enp1s0f0", "bond0.100", "x".repeat(15)])(
    "a host has devices such as %s",
    (given) => {
      expect(answer(hostDevice(), given)).toEqual({ value: given });
    },
  );

  test.each(["", "x".repeat(16), "a b", "a/b", "a:b", "größer-stück-x", ".", "..", "a\u0001"])(
    "but none called %j",
    (given) => {
      expect(answer(hostDevice(), given)).toMatch(/must be the name of a host's network device/);
    },
  );

  test("paths on the host are absolute", () => {
    expect(answer(hostPath(), "/var/lib/x y")).toEqual({ value: "/var/lib/x y" });
    expect(answer(hostPath(), "./x")).toBe("must be an absolute path on the host");
  });
});

describe("any input", () => {
  const octets = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 6 });
  const anything = fc.oneof(
    fc.anything(),
    fc.string({ unit: "binary" }),
    fc.tuple(octets, fc.integer({ min: -1, max: 140 })).map(([parts, bits]) => `${parts.join(".")}/${bits}`),
    octets.map((parts) => parts.join(".")),
    fc.tuple(fc.ipV6(), fc.integer({ min: -1, max: 140 })).map(([address, bits]) => `${address}/${bits}`),
    fc.ipV6(),
    fc
      .array(fc.integer({ min: 0, max: 256 }), { minLength: 5, maxLength: 7 })
      .map((bytes) => bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":")),
  );

  test.each([
    ["mac", mac],
    ["ipAddress", ipAddress],
    ["cidr", cidr],
    ["objectName", objectName],
    ["deviceName", deviceName],
    ["hostDevice", hostDevice],
    ["hostPath", hostPath],
  ] as const)("%s: never throws, and normalising again changes nothing", (_, type) => {
    fc.assert(
      fc.property(anything, (value) => {
        const result = type().safeParse(value);
        if (result.success) expect(type().parse(result.data)).toBe(result.data);
      }),
      { numRuns: 1000 },
    );
  });

  test("every MAC address passes once its group bit is off", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 6, maxLength: 6 }),
        fc.constantFrom(":", "-"),
        fc.boolean(),
        (bytes, separator, upper) => {
          bytes[0] = (bytes[0] ?? 0) & 0xfe;
          const plain = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
          const written = plain.replaceAll(":", separator);
          expect(mac().parse(upper ? written.toUpperCase() : written)).toBe(plain);
        },
      ),
    );
  });
});
