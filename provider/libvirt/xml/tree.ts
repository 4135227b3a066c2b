import { XMLParser, XMLValidator } from "fast-xml-parser";
import { DriverError } from "../../driver/errors";

/** An element with its children in order; what we do not know travels through untouched. */
export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: XmlNode[];
}

export type XmlNode = XmlElement | string;

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

const OPTIONS = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
};

/** Entities are looked for in each value, which takes its time: only those kinds that the text has. */
const parsers = {
  without: new XMLParser({ ...OPTIONS, processEntities: false }),
  ofXml: new XMLParser(OPTIONS),
  numbersToo: new XMLParser({ ...OPTIONS, htmlEntities: true }),
};

function parserFor(text: string): XMLParser {
  if (!text.includes("&")) return parsers.without;
  return /&(?!(?:amp|lt|gt|quot|apos);)/.test(text) ? parsers.numbersToo : parsers.ofXml;
}

type Parsed = Record<string, unknown> & { ":@"?: Record<string, string>; "#text"?: string };

/** Throws `invalid-argument` for text that is not one well-formed element. */
export function parseXml(text: string): XmlElement {
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw malformed(`line ${valid.err.line}: ${valid.err.msg}`);
  return readXml(text);
}

/** The same for text that a host has written, which is well-formed: a third of the time goes into finding that out. */
export function readXml(text: string): XmlElement {
  const [root, ...more] = (parserFor(text).parse(text) as Parsed[])
    .map(fromParsed)
    .filter((node) => typeof node !== "string");
  if (root === undefined || more.length > 0) throw malformed("expected exactly one element");
  return root;
}

function malformed(message: string): DriverError {
  return new DriverError(message, { code: "invalid-argument", operation: "read XML" });
}

function fromParsed(node: Parsed): XmlNode {
  if (node["#text"] !== undefined) return String(node["#text"]);
  const name = nameIn(node);
  const children = (node[name] as Parsed[]).map(fromParsed);
  const onlyLayout = children.some((child) => typeof child !== "string");
  return {
    name,
    attributes: { ...node[":@"] },
    // White space between elements is layout; it matters only where there is nothing but text.
    children: onlyLayout
      ? children.filter((child) => typeof child !== "string" || child.trim() !== "")
      : children,
  };
}

function nameIn(node: Parsed): string {
  for (const key in node) if (key !== ":@") return key;
  return "";
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
  return (parent?.children ?? [])
    .filter(isElement)
    .filter((child) => name === undefined || child.name === name);
}

/** The first element down a path of names: `find(domain, "os", "type")`. */
export function find(parent: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((at, name) => childrenOf(at, name)[0], parent);
}

export function textOf(element: XmlElement | undefined): string | undefined {
  return element?.children.filter((child) => typeof child === "string").join("");
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
  return structuredClone(element);
}
