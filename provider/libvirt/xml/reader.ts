import { DriverError } from "../../driver/errors";
import type { XmlElement } from "./element";

const NAME = /[^\s/>]+/y;
const ATTRIBUTE = /\s+([^\s=/>]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
/** The rest of a tag: its attributes, and whether it is empty. */
const REST = /((?:\s+[^\s=/>]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;

/**
 * Reads one element with everything in it. A general parser takes five times as long, and the refresh of a program reads
 * two definitions of each VM: what it allows for beyond the engine's own time went into that.
 *
 * Comments and processing instructions are left out, CDATA is text, and there are no entities but XML's own: libvirt's
 * answers have none. Throws `invalid-argument` for what is not well-formed.
 */
export function readXml(text: string): XmlElement {
  const top: XmlElement = { name: "", attributes: {}, children: [] };
  const open: XmlElement[] = [top];
  let current = top;
  for (let at = 0; at < text.length;) {
    const tag = text.indexOf("<", at);
    // Between two tags there is nothing but layout, most of the time.
    if (tag !== at) addText(current, decoded(text.slice(at, tag === -1 ? undefined : tag)));
    if (tag === -1) break;
    if (text.startsWith("</", tag)) {
      at = behind(text, ">", tag);
      if (open.length === 1 || text.slice(tag + 2, at - 1).trimEnd() !== current.name)
        throw malformed(`<${current.name}> is not closed`);
      withoutLayout(current);
      open.pop();
      current = open.at(-1) ?? top;
    } else if (text.startsWith("<![CDATA[", tag)) {
      at = behind(text, "]]>", tag);
      addText(current, text.slice(tag + 9, at - 3));
    } else if (text.startsWith("<!--", tag)) at = behind(text, "-->", tag);
    else if (text.startsWith("<?", tag)) at = behind(text, "?>", tag);
    else {
      const { element, end, empty } = readTag(text, tag);
      current.children.push(element);
      if (!empty) open.push((current = element));
      at = end;
    }
  }
  if (current !== top) throw malformed(`<${current.name}> is not closed`);
  withoutLayout(top);
  const [root, ...more] = top.children;
  if (root === undefined || typeof root === "string" || more.length > 0)
    throw malformed("expected exactly one element");
  return root;
}

function readTag(text: string, tag: number): { element: XmlElement; end: number; empty: boolean } {
  const name = matchAt(NAME, text, tag + 1)?.[0];
  if (name === undefined || name.startsWith("!")) throw malformed("expected the name of an element");
  const behindName = tag + 1 + name.length;
  const rest = matchAt(REST, text, behindName);
  if (rest === null) throw malformed(`<${name}> has an attribute that cannot be read`);
  const [whole, said = "", slash] = rest;
  return {
    element: { name, attributes: readAttributes(said), children: [] },
    end: behindName + whole.length,
    empty: slash === "/",
  };
}

function readAttributes(said: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (let at = 0; at < said.length;) {
    const [whole = said, key = "", double, single] = matchAt(ATTRIBUTE, said, at) ?? [];
    attributes[key] = decoded(double ?? single ?? "");
    at += whole.length;
  }
  return attributes;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function behind(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  if (found === -1) throw malformed(`there is no ${mark} at the end`);
  return found + mark.length;
}

function addText(parent: XmlElement, text: string): void {
  if (text === "") return;
  const last = parent.children.at(-1);
  if (typeof last === "string") parent.children[parent.children.length - 1] = last + text;
  else parent.children.push(text);
}

/** White space between elements is layout; it matters only where there is nothing but text. */
function withoutLayout(element: XmlElement): void {
  if (element.children.every((child) => typeof child === "string")) return;
  element.children = element.children.filter((child) => typeof child !== "string" || child.trim() !== "");
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decoded(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([^;&\s]*));?/gi, (entity, hex, decimal, name) => {
    const code = hex !== undefined ? parseInt(String(hex), 16) : Number(decimal);
    const char =
      name === undefined ? (code <= 0x10ffff ? String.fromCodePoint(code) : undefined) : NAMED[String(name)];
    if (char === undefined || !entity.endsWith(";")) throw malformed(`"${entity}" stands for nothing`);
    return char;
  });
}

export function malformed(message: string): DriverError {
  return new DriverError(message, { code: "invalid-argument", operation: "read XML" });
}
