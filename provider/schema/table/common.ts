import { z } from "./zod";
import { canonicalAddress, parseAddress } from "../address/address";
import { addressRule } from "../address/addressRule";
import { field, type Field } from "./field";
import { hostFields } from "../address/connection";
import { objectOf } from "./gate";
import { kindOf } from "../address/hostKind";
import { pairRule } from "../address/lxdAccess";
import { parseLxdAddress } from "../address/lxdAddress";
import { objectName, text } from "./types";

/**
 * Which program's resource an object on a host belongs to: `project/stack/Kind/logical name`. Written on the host too
 * (libvirt `<metadata>`, LXD `user.*`), so that a later run recognises what an interrupted one has made.
 */
export const owner: Field<string> = field(z.string().min(1), {
  fate: "record",
  internal: true,
  doc: "The program's resource that owns the object.",
});

/** The host an object lives on. */
export const host = field(
  z.preprocess(
    (value) => (typeof value === "string" ? { address: value } : value),
    objectOf(hostFields, [addressRule, pairRule]),
  ),
  {
    fate: (before, after) => (sameHost(before, after) ? undefined : "replace"),
    refs: ["VmHost"],
    ts: "HostConnection | string",
    doc: "The host: a VmHost, the `connection` output of one (from another stack, say), or an address such as `qemu:///system`.",
  },
);

/** The name on the host; the gate fills in one made of the logical name when the program gives none. */
export const name = field(objectName().optional(), {
  fate: "replace",
  keep: true,
  doc: "The name on the host. Default: the logical name and a short suffix that is stable for this resource of this stack.",
});

/** The same where the host gives its objects other names. */
export const changingName = (doc: string, source: string): Field<string | undefined> =>
  field(name.type, { fate: "live", keep: true, doc, source });

/** Take over an object that exists on the host already. */
export const adopt = field(z.union([z.boolean(), z.string().min(1)]).optional(), {
  fate: () => undefined,
  ts: "boolean | string",
  doc: "Take over an object that exists already instead of refusing it: `true` for the one of this name, or its name or UUID. Looked at when the resource is created, never later.",
});

/** A host drops an empty element, so an empty text is no text. */
export const orNothing = (value: string): string | undefined => (value === "" ? undefined : value);

export const description = (source: string): Field<string | undefined> =>
  field(text().max(4096).transform(orNothing).optional(), {
    fate: "live",
    doc: "Free text kept with the object on the host.",
    source,
  });

type Identity = {
  readonly urn?: string;
  readonly address?: string;
  readonly type?: string;
  readonly project?: string;
};

/** Two connections lead to the same host when they come from the same VmHost resource or carry the same address. */
export function sameHost(before: unknown, after: unknown): boolean {
  if (before === after) return true;
  if (typeof before !== "object" || typeof after !== "object" || before === null || after === null)
    return false;
  const [a, b] = [before as Identity, after as Identity];
  if ((a.project ?? "") !== (b.project ?? "")) return false;
  return (a.urn !== undefined && a.urn === b.urn) || sameAddress(a.address, b.address);
}

function sameAddress(a: string | undefined, b: string | undefined): boolean {
  if (a === b || a === undefined || b === undefined) return a === b;
  try {
    return canonical(a) === canonical(b);
  } catch {
    return false;
  }
}

function canonical(address: string): string {
  if (kindOf(address) === "libvirt") return canonicalAddress(parseAddress(address));
  return parseLxdAddress(address).label.toLowerCase();
}
