import { z } from "../table/zod";
import { field, type Field, type FieldOptions, type Fields, type Spec } from "../table/field";
import { group, objectOf, type Complaint } from "../table/gate";
import { part as vmPart, parts as vmParts } from "../table/part";
import { cidr, ipAddress, listOf, objectName, oneOf, text } from "../table/types";
import { isUnknown, knownList } from "../table/unknown";

type Options = Omit<FieldOptions, "fate">;

/**
 * A field of a network that only some programs give. What the host has without it is no drift, and taking the field out
 * takes away what it has put there.
 */
export const part = <T>(type: z.ZodType<T>, options: Options): Field<T> =>
  vmPart(type, { fate: "live", ...options });
const parts = <F extends Fields>(fields: F, key: keyof F & string, options: Options) =>
  vmParts(fields, key, { fate: "live", ...options });

/** Records without a name of their own; their order means nothing. */
const records = <T>(type: z.ZodType<T>, options: Options): Field<T> =>
  part(type, { same: sameRecords, ...options });

function sameRecords(a: unknown, b: unknown): boolean {
  return Array.isArray(a) && Array.isArray(b) && sorted(a) === sorted(b);
}

function sorted(list: readonly unknown[]): string {
  const texts = list.map((item) => JSON.stringify(item, Object.keys(item ?? {}).sort()));
  return texts.sort().join("\n");
}

const dnsName = (): z.ZodType<string> => text().min(1).max(253);
const word = (): z.ZodType<string> =>
  z.string().regex(/^[A-Za-z0-9._-]{1,63}$/, "must be 1 to 63 letters, digits, dots, - or _");
/** Zero is what libvirt does not say. */
const number16 = (): z.ZodType<number | undefined> =>
  z
    .int()
    .min(0)
    .max(65_535)
    .transform((value) => value || undefined)
    .optional();

const forwarder = {
  address: part(ipAddress().optional(), { doc: "Server to ask." }),
  domain: part(dnsName().optional(), { doc: "Only for names of this domain." }),
} satisfies Fields;

function* forwarderRule({ address, domain }: Partial<Spec<typeof forwarder>>): Iterable<Complaint> {
  if (address === undefined && domain === undefined)
    yield { path: [], message: "needs `address`, `domain` or both" };
}

const service = {
  service: part(word(), { doc: "Name of the service." }),
  protocol: part(word(), { doc: "Its protocol, such as tcp." }),
  domain: part(dnsName().optional(), { doc: "Domain of the record." }),
  target: part(dnsName().optional(), { doc: "Host that has the service." }),
  port: part(number16(), { doc: "Its port there." }),
  priority: part(number16(), { doc: "The lowest is tried first." }),
  weight: part(number16(), { doc: "Among those of the same priority." }),
} satisfies Fields;

function* serviceRule({ target, ...record }: Partial<Spec<typeof service>>): Iterable<Complaint> {
  for (const key of ["port", "priority", "weight"] as const)
    if (record[key] !== undefined && target === undefined) yield { path: [key], message: "needs `target`" };
}

export const dnsFields = {
  enabled: field(z.boolean().default(true), {
    fate: "live",
    doc: "libvirt's DNS server. Default true.",
    source: "<dns enable>; R69",
  }),
  forwardPlainNames: part(z.boolean().optional(), {
    same: (a, b) => (a ?? true) === (b ?? true),
    doc: "Ask other servers for names without a dot as well. libvirt's default is true.",
    source: "<dns forwardPlainNames>",
  }),
  forwarders: records(z.array(objectOf(forwarder, [forwarderRule])).optional(), {
    ts: "{ address?: string; domain?: string }[]",
    doc: "Servers to ask instead of the host's own, each for everything or for one `domain`; a domain without an `address` is never asked for elsewhere.",
    source: "<forwarder addr domain>",
  }),
  hosts: parts(
    {
      ip: field(ipAddress(), { fate: "live", doc: "The address that the names stand for." }),
      names: field(listOf(dnsName()), { fate: "live", ts: "string[]", doc: "Names of the host." }),
    },
    "ip",
    { doc: "Names that the server knows. Changed without touching the bridge.", source: "<dns><host>" },
  ),
  txt: parts(
    {
      name: field(dnsName(), { fate: "live", doc: "Name of the record." }),
      value: field(text().max(1024), { fate: "live", doc: "Its text." }),
    },
    "name",
    { doc: "TXT records. Changed without touching the bridge.", source: "<txt name value>" },
  ),
  srv: records(z.array(objectOf(service, [serviceRule])).optional(), {
    ts: "{ service: string; protocol: string; domain?: string; target?: string; port?: number; priority?: number; weight?: number }[]",
    doc: "SRV records. Changed without touching the bridge.",
    source: "<srv>",
  }),
} satisfies Fields;

/** libvirt's DNS server has nothing to say while it is off. */
export function* dnsRules(dns: Partial<Spec<typeof dnsFields>>): Iterable<Complaint> {
  if (dns.enabled !== false) return;
  for (const key of ["forwardPlainNames", "forwarders", "hosts", "txt", "srv"] as const)
    if (dns[key] !== undefined) yield { path: [key], message: "needs `enabled: true`" };
}

const KiB = "in KiB per second";
const rateFields = (source: string) => ({
  average: part(z.int().min(1), { doc: `Rate that is kept, ${KiB}.`, source: `<${source} average>` }),
  peak: part(z.int().min(1).optional(), { doc: `Highest rate, ${KiB}.`, source: `<${source} peak>` }),
  burst: part(z.int().min(1).optional(), {
    doc: "How much goes at the highest rate, in KiB.",
    source: `<${source} burst>`,
  }),
});

export const bandwidth = (doc: string) =>
  group(
    {
      inbound: group(rateFields("inbound"), { fate: "live", doc: "To the guests.", source: "<inbound>" }),
      outbound: group(rateFields("outbound"), {
        fate: "live",
        doc: "From the guests.",
        source: "<outbound>",
      }),
    },
    { fate: "live", filled: true, doc, source: "<bandwidth>" },
  );

const vlanId = (): z.ZodType<number> => z.int().min(0).max(4095);

const tag = {
  id: part(vlanId(), { doc: "The VLAN." }),
  nativeMode: part(oneOf("tagged", "untagged").optional(), { doc: "What guests send untagged goes there." }),
} satisfies Fields;

export const vlan = () =>
  group(
    {
      trunk: part(z.boolean().optional(), {
        doc: "Several VLANs on one interface. Default: with several `tags`.",
        source: "<vlan trunk>",
      }),
      tags: records(z.array(objectOf(tag)).min(1, "needs a VLAN"), {
        ts: '{ id: number; nativeMode?: "tagged" | "untagged" }[]',
        doc: "The VLANs, by `id`; one of several may be the native one (`nativeMode`).",
        source: "<vlan><tag id nativeMode>",
      }),
    },
    {
      fate: "live",
      filled: true,
      doc: "VLANs of the guests' interfaces, on hostdev and passthrough networks and Open vSwitch bridges.",
      source: "<vlan>",
    },
    [
      function* ({ trunk, tags }): Iterable<Complaint> {
        if (trunk === false && knownList(tags).length > 1)
          yield { path: ["trunk"], message: "must not be false with several `tags`" };
      },
    ],
  );

const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  "802.1Qbg": ["managerId", "typeId", "typeIdVersion", "instanceId"],
  "802.1Qbh": ["profileId"],
  openvswitch: ["interfaceId", "profileId"],
  midonet: ["interfaceId"],
};

export const virtualPort = () =>
  group(
    {
      type: part(oneOf("802.1Qbg", "802.1Qbh", "openvswitch", "midonet"), {
        doc: "How the switch is told about guests.",
        source: "<virtualport type>",
      }),
      managerId: part(z.int().min(0).max(255).optional(), {
        doc: "802.1Qbg: the VSI manager.",
        source: "<parameters managerid>",
      }),
      typeId: part(z.int().min(0).max(0xffffff).optional(), {
        doc: "802.1Qbg: the VSI type.",
        source: "<parameters typeid>",
      }),
      typeIdVersion: part(z.int().min(0).max(255).optional(), {
        doc: "802.1Qbg: its version.",
        source: "<parameters typeidversion>",
      }),
      instanceId: part(z.uuid("must be a UUID").optional(), {
        doc: "802.1Qbg: UUID of the instance.",
        source: "<parameters instanceid>",
      }),
      profileId: part(text().min(1).max(39).optional(), {
        doc: "802.1Qbh and openvswitch: the port profile.",
        source: "<parameters profileid>",
      }),
      interfaceId: part(z.uuid("must be a UUID").optional(), {
        doc: "Open vSwitch and midonet: UUID of the interface.",
        source: "<parameters interfaceid>",
      }),
    },
    {
      fate: "live",
      filled: true,
      doc: "Parameters of a switch with virtual ports.",
      source: "<virtualport>",
    },
    [
      function* (given): Iterable<Complaint> {
        const { type, ...parameters } = given;
        const known = PARAMETERS[String(type)];
        if (known === undefined || isUnknown(type)) return;
        for (const [key, value] of Object.entries(parameters))
          if (value !== undefined && !known.includes(key))
            yield { path: [key], message: `means nothing for type "${String(type)}"` };
        if (type === "midonet" && given.interfaceId === undefined)
          yield { path: ["interfaceId"], message: 'is required for type "midonet"' };
      },
    ],
  );

export const portGroups = parts(
  {
    name: field(objectName(), { fate: "live", doc: "Name by which interfaces choose it." }),
    default: part(z.boolean().optional(), {
      same: (a, b) => (a ?? false) === (b ?? false),
      doc: "For interfaces that choose none.",
      source: "<portgroup default>",
    }),
    trustGuestRxFilters: part(z.boolean().optional(), {
      same: (a, b) => (a ?? false) === (b ?? false),
      doc: "Guests may change their MAC address and multicast filters.",
      source: "<portgroup trustGuestRxFilters>",
    }),
    bandwidth: bandwidth("Bandwidth of each interface of the group."),
    vlan: vlan(),
    virtualPort: virtualPort(),
  },
  "name",
  { doc: "Classes of interfaces. Changed without touching the bridge.", source: "<portgroup>" },
);

export const routes = parts(
  {
    cidr: field(cidr(), { fate: "live", doc: "Where it leads." }),
    gateway: field(ipAddress(), { fate: "live", doc: "Through which address of the network." }),
    metric: part(
      z
        .int()
        .min(1)
        .max(2 ** 31 - 1)
        .optional(),
      { doc: "The lowest wins. Default 1.", source: "<route metric>" },
    ),
  },
  "cidr",
  { doc: "Static routes of the host into the network.", source: "<route>" },
);
