import type { NwFilterSpec } from "../../schema/nwFilter";
import { attribute, childrenOf, clone, el, formatXml, type XmlElement } from "./tree";

type Rule = NwFilterSpec["rules"][number];

export function nwFilterXml(spec: NwFilterSpec & { readonly name: string }, uuid: string): XmlElement {
  const { name, chain, priority, filters, rules } = spec;
  return el(
    "filter",
    { name, chain, priority },
    el("uuid", {}, uuid),
    ...filters.map((filter) => el("filterref", { filter })),
    ...rules.map(ruleXml),
  );
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
    filters: childrenOf(filter, "filterref").map((ref) => attribute(ref, "filter") ?? ""),
  };
}

/** The host's own words, by which a later look knows whether somebody has changed the filter: libvirt writes rules anew. */
export function definitionOf(filter: XmlElement): string {
  const rest = clone(filter);
  rest.children = rest.children.filter((child) => typeof child !== "string" && child.name !== "uuid");
  return formatXml(rest);
}
