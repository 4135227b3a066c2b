import { rawXml } from "./table/rawXml";
import { z } from "./table/zod";
import { adopt, host, name, owner } from "./table/common";
import { field, type Fields, type Spec } from "./table/field";
import { objectOf, type Complaint } from "./table/gate";
import { attributesOf, PROTOCOLS, sameMatch } from "./network/nwFilterProtocols";
import { listOf, objectName, oneOf } from "./table/types";
import { closest } from "./table/suggest";
import { isUnknown } from "./table/unknown";

const priority = (): z.ZodType<number> => z.int().min(-1000).max(1000);

const ruleFields = {
  action: field(oneOf("accept", "drop", "reject", "return", "continue"), {
    fate: "live",
    doc: "What is done.",
  }),
  direction: field(oneOf("in", "out", "inout"), { fate: "live", doc: "To the guest, from it, or both." }),
  priority: field(priority().optional(), { fate: "live", doc: "The lowest comes first." }),
  stateMatch: field(z.boolean().optional(), { fate: "live", doc: "Follow connections." }),
  protocol: field(oneOf(...PROTOCOLS).optional(), { fate: "live", doc: "What is looked at." }),
  match: field(
    z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .transform((value) =>
        Object.fromEntries(Object.entries(value).map(([key, each]) => [key, String(each)])),
      )
      .optional(),
    { fate: "live", doc: "What must be so." },
  ),
} satisfies Fields;

/** libvirt passes over what it does not know: a rule would be wider than it looks. */
function* ruleRule({ protocol, match }: Partial<Spec<typeof ruleFields>>): Iterable<Complaint> {
  if (match === undefined || isUnknown(match) || isUnknown(protocol)) return;
  if (protocol === undefined) yield { path: ["match"], message: "needs `protocol`" };
  const known = attributesOf(protocol ?? "");
  for (const key of Object.keys(match)) {
    if (protocol === undefined || known.includes(key)) continue;
    const near = closest(key, known);
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    yield { path: ["match", key], message: `is nothing that a rule of protocol "${protocol}" knows${hint}` };
  }
}

export const nwFilterFields = {
  host,
  owner,
  name,
  adopt,
  chain: field(
    z
      .string()
      .regex(
        /^(root|(mac|vlan|stp|arp|rarp|ipv4|ipv6)([A-Za-z0-9_.-]{0,26}))$/,
        "must be root, or begin with mac, vlan, stp, arp, rarp, ipv4 or ipv6",
      )
      .default("root"),
    { fate: "live", doc: "The chain that the rules are in. Default `root`.", source: "<filter chain>" },
  ),
  priority: field(priority().optional(), {
    fate: "live",
    doc: "Place of the chain among others; the lowest comes first.",
    source: "<filter priority>",
  }),
  filters: field(listOf(objectName()).default([]), {
    fate: "live",
    refs: ["NwFilter"],
    ts: "(NwFilterRef | pulumi.Input<string>)[]",
    doc: "Filters that this one is made of: NwFilters, or names such as `no-mac-spoofing`. They come before its own rules.",
    source: "<filterref>",
  }),
  rules: field(z.array(objectOf(ruleFields, [ruleRule])).default([]), {
    fate: "live",
    same: sameMatch,
    ts: '{ action: "accept" | "drop" | "reject" | "return" | "continue"; direction: "in" | "out" | "inout"; priority?: number; stateMatch?: boolean; protocol?: string; match?: Record<string, string | number | boolean> }[]',
    doc: "Rules in their order. `protocol` is mac, vlan, stp, arp, rarp, ip, ipv6, tcp, udp, udplite, icmp, igmp, sctp, esp, ah or all, the last nine also with `-ipv6`; `match` has the attributes that libvirt knows for it, such as `dstportstart` or `srcipaddr`, where variables (`$IP`) may stand.",
    source: "<rule>",
  }),
  raw: field(rawXml(), {
    fate: "live",
    ts: "string | string[]",
    doc: "Filter XML for what has no field yet, behind the rules: `<rule>` elements, and `<filterref>` elements with their `<parameter>`s.",
    source: "<rule>, <filterref><parameter>",
  }),
} satisfies Fields;

export type NwFilterSpec = Spec<typeof nwFilterFields>;
