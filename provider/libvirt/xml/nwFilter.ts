import type { NwFilterSpec } from "../../schema/nwFilter";
import { DriverError } from "../../driver/errors";
import { attribute, childrenOf, clone, el, formatXml, parseXml, type XmlElement } from "./tree";

type Rule = NwFilterSpec["rules"][number];

export function nwFilterXml(spec: NwFilterSpec & { readonly name: string }, uuid: string): XmlElement {
  const { name, chain, priority, filters, rules, raw } = spec;
  return el(
    "filter",
    { name, chain, priority },
    el("uuid", {}, uuid),
    ...filters.map((filter) => el("filterref", { filter })),
    ...rules.map(ruleXml),
    ...raw.flatMap(rawXml),
  );
}

/** Throws `invalid-argument` for malformed XML, and for what would be read back as another field's. */
function rawXml(text: string): readonly XmlElement[] {
  const trimmed = text.trim();
  const root = parseXml(/^<filter[\s/>]/.test(trimmed) ? trimmed : `<filter>${trimmed}</filter>`);
  const parts = childrenOf(root);
  for (const part of parts) {
    if (part.name === "rule" || hasParameters(part)) continue;
    const remedy =
      part.name === "filterref"
        ? "Name a filter without parameters in `filters`."
        : "It takes <rule>, and <filterref> with <parameter>.";
    throw new DriverError(`raw has <${part.name}>, which does not belong there`, {
      code: "invalid-argument",
      remedy,
    });
  }
  return parts;
}

function hasParameters(part: XmlElement): boolean {
  return part.name === "filterref" && childrenOf(part, "parameter").length > 0;
}

function ruleXml({ action, direction, priority, stateMatch, protocol, match }: Rule): XmlElement {
  const statematch = stateMatch === undefined ? undefined : String(stateMatch);
  return el(
    "rule",
    { action, direction, priority, statematch },
    protocol === undefined ? undefined : el(protocol, match),
  );
}

export function readNwFilter(filter: XmlElement): Partial<NwFilterSpec> {
  return {
    name: attribute(filter, "name"),
    chain: attribute(filter, "chain") ?? "root",
    // One with parameters is raw's.
    filters: childrenOf(filter, "filterref")
      .filter((ref) => !hasParameters(ref))
      .map((ref) => attribute(ref, "filter") ?? ""),
  };
}

/** The host's own words, by which a later look knows whether somebody has changed the filter: libvirt writes rules anew. */
export function definitionOf(filter: XmlElement): string {
  const rest = clone(filter);
  rest.children = rest.children.filter((child) => typeof child !== "string" && child.name !== "uuid");
  return formatXml(rest);
}
