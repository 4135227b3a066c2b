import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { XMLParser } from "fast-xml-parser";
import {
  formatXml,
  parseXml,
  readXml,
  type XmlElement,
  type XmlNode,
} from "../../../provider/libvirt/xml/tree";

const FIXTURES = join(__dirname, "fixtures");

/** The same text by a parser that others have written. */
function byLibrary(text: string): XmlElement {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: "",
    trimValues: false,
    parseTagValue: false,
    parseAttributeValue: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    htmlEntities: true,
  });
  type Parsed = Record<string, unknown>;
  const convert = (node: Parsed): XmlNode => {
    if (node["#text"] !== undefined) return String(node["#text"]);
    const name = Object.keys(node).find((key) => key !== ":@") ?? "";
    const children = (node[name] as Parsed[]).map(convert);
    const layout = children.some((child) => typeof child !== "string");
    return {
      name,
      attributes: { ...(node[":@"] as Record<string, string> | undefined) },
      children: children.filter((child) => !layout || typeof child !== "string" || child.trim() !== ""),
    };
  };
  const roots = (parser.parse(text) as Parsed[]).map(convert);
  return roots.find((node) => typeof node !== "string") as XmlElement;
}

describe("what a host has written", () => {
  it.each(readdirSync(FIXTURES).filter((name) => name.endsWith(".xml")))(
    "is read as others do: %s",
    (name) => {
      const text = readFileSync(join(FIXTURES, name), "utf8");
      expect(readXml(text)).toEqual(byLibrary(text));
    },
  );

  it("keeps text, CDATA and every way to write a character", () => {
    const text = `<?xml version="1.0"?>\n<!-- by hand --><a one='&quot;&#10;>' two="it's">x &lt;<![CDATA[&amp;<b>]]>&#x1F427;<!-- gone --> y</a>\n`;
    expect(readXml(text)).toEqual({
      name: "a",
      attributes: { one: '"\n>', two: "it's" },
      children: ["x <&amp;<b>🐧 y"],
    });
  });

  it("drops white space between elements, and only there", () => {
    expect(readXml("<a>\n  <b> </b>\n  <c/>\n</a>").children).toEqual([
      { name: "b", attributes: {}, children: [" "] },
      { name: "c", attributes: {}, children: [] },
    ]);
  });
});

describe("what is not well-formed", () => {
  it.each([
    "",
    "text",
    "<a>",
    "<a></b>",
    "</a>",
    "<a/><b/>",
    "<a/>text",
    "<a b>",
    "<a b=c/>",
    "<a b='<'/>",
    "<a b='1'",
    "< a/>",
    "<a>&nothing;</a>",
    "<a>&amp</a>",
    "<a>&#x110000;</a>",
    "<a b='&'/>",
    "<a><!-- </a>",
    "<a><![CDATA[</a>",
    "<!DOCTYPE a><a/>",
  ])("is refused: %j", (text) => {
    expect(() => readXml(text)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    expect(() => parseXml(text)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });
});

const name = fc.stringMatching(/^[a-z][a-z0-9:_.-]{0,8}$/);
const text = fc
  .string({ unit: "grapheme", minLength: 1 })
  .filter((value) => /\S/.test(value) && !hasControls(value));
const attributes = fc.dictionary(
  name,
  fc.string({ unit: "grapheme" }).filter((value) => !hasControls(value)),
);
const { element } = fc.letrec<{ element: XmlElement }>((tie) => ({
  element: fc.record({
    name,
    attributes,
    children: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constant<XmlNode[]>([]),
      text.map((value): XmlNode[] => [value]),
      fc.array(tie("element"), { maxLength: 4 }),
    ),
  }),
}));

/** Characters that XML cannot carry. */
function hasControls(value: string): boolean {
  return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(value);
}

it("whatever we write is read again as it was", () => {
  fc.assert(fc.property(element, (tree) => expect(readXml(formatXml(tree))).toEqual({ ...tree })));
});
