import type * as FastXmlParser from "fast-xml-parser";
import type { XmlElement, XmlNode } from "./element";
import { malformed, readXml } from "./reader";

export { readXml };
export type { XmlElement, XmlNode };

type Attribute = string | number | boolean | undefined;

/** A new element; `undefined` attributes and children are left out. */
export function el(
  name: string,
  attributes: Record<string, Attribute> = {},
  ...children: (XmlNode | undefined)[]
): XmlElement {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)] as const],
  );
  return {
    name,
    attributes: Object.fromEntries(given),
    children: children.filter((child) => child !== undefined),
  };
}

/** XML that people have written; throws `invalid-argument` for what is not one well-formed element. */
export function parseXml(text: string): XmlElement {
  // Loaded for the first such text: a refresh reads only what hosts have written.
  const { XMLValidator } = require("fast-xml-parser") as typeof FastXmlParser;
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw malformed(`line ${valid.err.line}: ${valid.err.msg}`);
  return readXml(text);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\n": "&#10;",
  "\r": "&#13;",
  "\t": "&#9;",
};

const escapeText = (text: string): string => text.replace(/[&<>\r]/g, (char) => ESCAPES[char] ?? char);
const escapeAttribute = (text: string): string =>
  text.replace(/[&<>"'\n\r\t]/g, (char) => ESCAPES[char] ?? char);

export function formatXml(node: XmlNode): string {
  if (typeof node === "string") return escapeText(node);
  const attributes = Object.entries(node.attributes)
    .map(([key, value]) => ` ${key}="${escapeAttribute(value)}"`)
    .join("");
  const inner = node.children.map(formatXml).join("");
  return inner === "" ? `<${node.name}${attributes}/>` : `<${node.name}${attributes}>${inner}</${node.name}>`;
}

export function isElement(node: XmlNode): node is XmlElement {
  return typeof node !== "string";
}

/** Child elements, all or those of one name. */
export function childrenOf(parent: XmlElement | undefined, name?: string): XmlElement[] {
  return (parent?.children ?? []).filter(
    (child): child is XmlElement => typeof child !== "string" && (name === undefined || child.name === name),
  );
}

/** The first element down a path of names: `find(domain, "os", "type")`. A refresh asks this some hundred times of each VM. */
export function find(parent: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  let found = parent;
  for (const name of path) {
    if (found === undefined) return undefined;
    found = found.children.find(
      (child): child is XmlElement => typeof child !== "string" && child.name === name,
    );
  }
  return found;
}

export function textOf(element: XmlElement | undefined): string | undefined {
  if (element === undefined) return undefined;
  const { children } = element;
  if (children.length === 1 && typeof children[0] === "string") return children[0];
  return children.filter((child) => typeof child === "string").join("");
}

export function attribute(element: XmlElement | undefined, name: string): string | undefined {
  return element?.attributes[name];
}

/** Sets the given attributes; those that are `undefined` go, or stay as they are with `keep`. */
export function assign(
  element: XmlElement,
  attributes: Readonly<Record<string, string | undefined>>,
  { keep }: { readonly keep: boolean },
): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.attributes[name] = value;
    else if (!keep) delete element.attributes[name];
  }
}

/** The child of that name, made at the end when it is missing. */
export function ensureChild(parent: XmlElement, name: string): XmlElement {
  const found = find(parent, name);
  if (found !== undefined) return found;
  const made = el(name);
  parent.children.push(made);
  return made;
}

/** Puts one child of that name in the place of what was there; `undefined` takes it away. */
export function setChild(parent: XmlElement, name: string, child: XmlElement | undefined): void {
  const at = parent.children.findIndex((node) => isElement(node) && node.name === name);
  const others = parent.children.filter(
    (node, index) => index === at || !isElement(node) || node.name !== name,
  );
  parent.children = others;
  if (child === undefined) parent.children = others.filter((_, index) => index !== at);
  else if (at === -1) parent.children.push(child);
  else parent.children[at] = child;
}

/** `<name>text</name>`, or nothing for `undefined`. */
export function setText(parent: XmlElement, name: string, text: string | undefined): void {
  setChild(
    parent,
    name,
    text === undefined
      ? undefined
      : { ...el(name), attributes: { ...find(parent, name)?.attributes }, children: [text] },
  );
}

export function removeChild(parent: XmlElement, child: XmlElement): void {
  parent.children = parent.children.filter((node) => node !== child);
}

export function clone(element: XmlElement): XmlElement {
  return {
    name: element.name,
    attributes: { ...element.attributes },
    children: element.children.map((child) => (isElement(child) ? clone(child) : child)),
  };
}
