import { isIP } from "node:net";
import * as ipaddr from "ipaddr.js";
import { z } from "./zod";
import { isUnknown } from "./unknown";

/** Characters that XML 1.0 cannot carry at all; libvirt refuses them with a parser error, so the gate does first. */

const ILLEGAL_IN_XML =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Any text that can be carried to the host. */
export const text = (): z.ZodString =>
  z
    .string()
    .refine(
      (value) => !ILLEGAL_IN_XML.test(value),
      "has a control character that cannot be sent to a host",
    ) as unknown as z.ZodString;

/** The name of an object on a host: no "/" and no line break (libvirt's rule), not empty. */
export const objectName = (): z.ZodType<string> =>
  text()
    .min(1, "must not be empty")
    .max(255, "must not be longer than 255 characters")
    .refine(
      (value) => !/[/\n\r]/.test(value) && value.trim() === value && value !== "." && value !== "..",
      'must not have "/", line breaks, or spaces at its ends',
    );

/** The name by which a program knows one disk or interface of a VM; part of device aliases and volume names. */
export const deviceName = (): z.ZodType<string> =>
  z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9_-]{0,30}$/,
      "must be 1 to 31 letters, digits, - or _, and begin with a letter or digit",
    );

/** A network device of the host (Linux: at most 15 bytes, no "/" or white space). */
export const hostDevice = (): z.ZodType<string> =>
  z
    .string()
    .refine(
      (value) =>
        /^[^\s/:]+$/.test(value) &&
        Buffer.byteLength(value) <= 15 &&
        !/^\.\.?$/.test(value) &&
        !ILLEGAL_IN_XML.test(value),
      "must be the name of a host's network device: 1 to 15 characters without spaces, / or :",
    );

/** An absolute path on the host. */
export const hostPath = (): z.ZodType<string> =>
  text().refine((value) => value.startsWith("/"), "must be an absolute path on the host");

const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/** A unicast MAC address, kept in lower case with colons. */
export const mac = (): z.ZodType<string> =>
  z
    .string()
    .transform((value) => value.toLowerCase().replaceAll("-", ":"))
    .refine((value) => MAC.test(value), {
      error: ({ input }) => `"${String(input)}" is no MAC address; write it as 52:54:00:12:34:56`,
    })
    .refine(
      (value) => !MAC.test(value) || (parseInt(value.slice(0, 2), 16) & 1) === 0,
      "is a multicast MAC address; the first byte must be even",
    );

/** In full, and without a zone: that is a device of one machine only. */
function isAddress(value: string): boolean {
  return isIP(value) !== 0 && !value.includes("%");
}

export const ipAddress = (): z.ZodType<string> =>
  z
    .string()
    .refine(isAddress, "is no IP address")
    .transform((value) => ipaddr.parse(value).toString());

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A UUID of any version, kept in lower case. */
export const uuid = (): z.ZodType<string> =>
  z
    .string()
    .transform((value) => value.toLowerCase())
    .refine((value) => UUID.test(value), {
      error: ({ input }) => `"${String(input)}" is no UUID; write it as 7b0a1c52-3f0e-4c3b-9d7e-2f6a58c1d0e4`,
    });

/** An address with its prefix length, as in `172.16.99.1/24`; the host part is kept. */
export const cidr = (): z.ZodType<string> =>
  z
    .string()
    .refine(
      // The library alone would read "172.16.99/24" as 172.16.0.99/24.
      (value) => isAddress(value.replace(/\/\d+$/, "")) && ipaddr.isValidCIDR(value),
      'is no address with prefix length; write it as "172.16.99.1/24"',
    )
    .transform((value) => {
      const [address, bits] = ipaddr.parseCIDR(value);
      return `${address.toString()}/${bits}`;
    });

export const oneOf = <const T extends readonly string[]>(...values: T): z.ZodType<T[number]> =>
  z.enum(values);

/** A list of plain values, each of which may be one that is not known yet. */
export const listOf = <T>(type: z.ZodType<T>): z.ZodType<T[]> =>
  z.array(
    z.unknown().transform((value, context) => {
      if (isUnknown(value)) return value as T;
      const result = type.safeParse(value);
      if (result.success) return result.data;
      context.issues.push(...(result.error.issues as z.core.$ZodRawIssue[]));
      return z.NEVER;
    }),
  );

/** A moment in ISO 8601 with its zone, kept in UTC. */
export const moment = (): z.ZodType<string> =>
  z.iso
    .datetime({ offset: true, error: 'must be a moment with its zone, as in "2030-01-31T00:00:00Z"' })
    .transform((value) => new Date(value).toISOString()) as unknown as z.ZodType<string>;
