import { z } from "../../table/zod";
import type { Fields, Spec } from "../../table/field";
import type { Complaint } from "../../table/gate";
import { part, switchable, word } from "../../table/part";
import { hostPath, oneOf, text } from "../../table/types";
import { isUnknown } from "../../table/unknown";

const smartcardFields = {
  mode: part(oneOf("passthrough", "host", "host-certificates").default("passthrough"), {
    doc: "`passthrough`: somebody else's reader, default; `host`: the host's own; `host-certificates`: a card made of certificates of the host.",
    source: "<smartcard mode>",
  }),
  type: part(oneOf("spicevmc", "tcp").optional(), {
    same: (a, b) => (a ?? "spicevmc") === (b ?? "spicevmc"),
    doc: "Of passthrough, whose reader: a SPICE viewer's, or one at the other end of a connection. Default `spicevmc`.",
    source: "<smartcard type>",
  }),
  connection: word(["bind", "connect"], { doc: "For tcp: listen, or call.", source: "<source mode>" }),
  host: part(text().min(1).max(255).optional(), { doc: "Address for tcp.", source: "<source host>" }),
  service: part(z.int().min(1).max(65_535).optional(), { doc: "Port for tcp.", source: "<source service>" }),
  certificates: part(z.array(text().min(1)).length(3, "must be three").optional(), {
    ts: "string[]",
    doc: "Of host-certificates: the names of three certificates in the database.",
    source: "<certificate>",
  }),
  database: part(hostPath().optional(), {
    doc: "Of host-certificates: where they are. Default: the host's.",
    source: "<database>",
  }),
} satisfies Fields;

export const smartcard = switchable(
  smartcardFields,
  {
    fate: "restart",
    doc: "A reader of smart cards; `true` for that of a SPICE viewer.",
    source: "<smartcard>",
  },
  [
    function* ({ mode, type, connection, host, service, certificates, database }): Iterable<Complaint> {
      if (isUnknown(mode) || isUnknown(type)) return;
      for (const [key, value] of Object.entries({ certificates, database }))
        if (value !== undefined && mode !== "host-certificates")
          yield { path: [key], message: 'needs mode "host-certificates"' };
      if (mode === "host-certificates" && certificates === undefined)
        yield { path: ["certificates"], message: 'is required for mode "host-certificates"' };
      if (type !== undefined && mode !== "passthrough")
        yield { path: ["type"], message: 'needs mode "passthrough"' };
      for (const [key, value] of Object.entries({ host, service }))
        if (type === "tcp" && value === undefined)
          yield { path: [key], message: 'is required for type "tcp"' };
      for (const [key, value] of Object.entries({ connection, host, service }))
        if (type !== "tcp" && value !== undefined) yield { path: [key], message: 'needs type "tcp"' };
    },
  ],
);

interface CardInput {
  readonly graphics?: { readonly type?: string };
  readonly smartcard?: Partial<Spec<typeof smartcardFields>>;
}

/** What goes over SPICE needs SPICE. */
export function* smartcardRules({ graphics, smartcard: card }: CardInput): Iterable<Complaint> {
  if (card === undefined || isUnknown(card) || isUnknown(graphics) || isUnknown(graphics?.type)) return;
  if (card.mode === "passthrough" && (card.type ?? "spicevmc") === "spicevmc" && graphics?.type !== "spice")
    yield {
      path: ["smartcard"],
      message: 'of a SPICE viewer needs `graphics.type: "spice"` (libvirt\'s rule)',
    };
}
