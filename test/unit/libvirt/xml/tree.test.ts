import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import {
  assign,
  attribute,
  childrenOf,
  clone,
  el,
  ensureChild,
  find,
  formatXml,
  parseXml,
  removeChild,
  setChild,
  setText,
  textOf,
} from "../../../../provider/libvirt/xml/tree";

const network = () =>
  parseXml(
    "<network><name>a</name><ip address='1'/><x:mine xmlns:x='urn:x' v='1'/><ip address='2'/></network>",
  );

describe("el", () => {
  test("leaves out what is undefined, and writes numbers and booleans as text", () => {
    expect(el("a", { one: 1, no: undefined, yes: false }, undefined, "text", el("b"))).toEqual({
      name: "a",
      attributes: { one: "1", yes: "false" },
      children: ["text", { name: "b", attributes: {}, children: [] }],
    });
  });
});

describe("formatXml", () => {
  test("escapes what would end a text or an attribute, and white space that a parser would fold", () => {
    expect(formatXml(el("a", { v: `"'<>&\n\r\t` }, "<&>\"'\r"))).toBe(
      `<a v="&quot;&apos;&lt;&gt;&amp;&#10;&#13;&#9;">&lt;&amp;&gt;"'&#13;</a>`,
    );
  });

  test("an attribute cannot become an element, whatever is in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (value) => {
        expect(formatXml(el("a", { v: value }, el("b", {}, value))).match(/</g)).toHaveLength(4);
      }),
    );
  });
});

describe("find", () => {
  test("walks down the first element of each name", () => {
    const tree = parseXml("<a><b/><b><c>x</c></b><b2><c>y</c></b2></a>");
    expect(textOf(find(tree, "b2", "c"))).toBe("y");
    expect(find(tree, "b", "c")).toBeUndefined();
    expect(find(undefined, "b")).toBeUndefined();
    expect(childrenOf(tree, "b")).toHaveLength(2);
    expect(childrenOf(undefined)).toEqual([]);
    expect(attribute(undefined, "v")).toBeUndefined();
  });
});

describe("changes", () => {
  test("setChild replaces in place, and leaves one of several", () => {
    const tree = network();
    setChild(tree, "ip", el("ip", { address: "3" }));
    expect(formatXml(tree)).toBe(
      `<network><name>a</name><ip address="3"/><x:mine xmlns:x="urn:x" v="1"/></network>`,
    );
    setChild(tree, "ip", undefined);
    setChild(tree, "mtu", el("mtu", { size: 1400 }));
    expect(formatXml(tree)).toBe(
      `<network><name>a</name><x:mine xmlns:x="urn:x" v="1"/><mtu size="1400"/></network>`,
    );
    setChild(tree, "never", undefined);
    expect(childrenOf(tree).map(({ name }) => name)).toEqual(["name", "x:mine", "mtu"]);
  });

  test("setText keeps the element's attributes", () => {
    const tree = parseXml("<a><b unit='KiB'>1</b></a>");
    setText(tree, "b", "2");
    setText(tree, "c", "new");
    expect(formatXml(tree)).toBe(`<a><b unit="KiB">2</b><c>new</c></a>`);
    setText(tree, "b", undefined);
    expect(formatXml(tree)).toBe("<a><c>new</c></a>");
  });

  test("ensureChild makes at most one", () => {
    const tree = el("a");
    expect(ensureChild(tree, "b")).toBe(ensureChild(tree, "b"));
    expect(tree.children).toHaveLength(1);
  });

  test("removeChild takes this element, not its like", () => {
    const tree = network();
    const second = childrenOf(tree, "ip")[1];
    if (second !== undefined) removeChild(tree, second);
    expect(childrenOf(tree, "ip").map((ip) => attribute(ip, "address"))).toEqual(["1"]);
  });

  test("assign keeps or drops what is not given", () => {
    const element = el("a", { one: "1", two: "2" });
    assign(element, { one: undefined, two: "3" }, { keep: true });
    expect(element.attributes).toEqual({ one: "1", two: "3" });
    assign(element, { one: undefined }, { keep: false });
    expect(element.attributes).toEqual({ two: "3" });
  });

  test("a clone is another tree", () => {
    const before = network();
    const copy = clone(before);
    ensureChild(copy, "name").children = ["b"];
    expect(textOf(find(before, "name"))).toBe("a");
  });
});

describe("hostile XML", () => {
  test.each([
    `<!DOCTYPE a [<!ENTITY x "boom">]><a>&x;</a>`,
    `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`,
    `<!DOCTYPE a SYSTEM "http://192.0.2.1/x.dtd"><a/>`,
  ])("expands no entities of its own: %s", (text) => {
    expect(() => parseXml(text)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });

  test("names that objects have already are names like others", () => {
    const tree = parseXml("<constructor><toString/><__proto__>x</__proto__></constructor>");
    expect(find(tree, "toString")?.name).toBe("toString");
    expect(textOf(find(tree, "__proto__"))).toBe("x");
    expect(find(tree, "hasOwnProperty")).toBeUndefined();
  });
});
