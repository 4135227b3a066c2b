import { describe, expect, test } from "@jest/globals";
import { nwFilterXml, readNwFilter } from "../../../../provider/libvirt/xml/nwFilter";
import { formatXml, parseXml } from "../../../../provider/libvirt/xml/tree";
import { objectOf } from "../../../../provider/schema/table/gate";
import { nwFilterFields, type NwFilterSpec } from "../../../../provider/schema/nwFilter";

type Spec = NwFilterSpec & { readonly name: string };

const UUID = "5ec2e700-0000-4000-8000-000000000009";
const xmlOf = (input: object): string => {
  const on = { host: "qemu:///system", owner: "p/s/NwFilter/x", name: "f" };
  return formatXml(nwFilterXml(objectOf(nwFilterFields).parse({ ...on, ...input }) as Spec, UUID));
};

const withParameters = `<filterref filter="clean"><parameter name="IP" value="10.0.0.1"/></filterref>`;

describe("raw parts of a filter", () => {
  test("stand behind the fields, as one text, several, or a whole filter", () => {
    const rule = `<rule action="drop" direction="in"><tcp dstportstart="25"/></rule>`;
    const expected = `<filter name="f" chain="root"><uuid>${UUID}</uuid><filterref filter="base"/>${withParameters}${rule}</filter>`;
    const flat = (xml: string): string => xml.replace(/>\s+</g, "><").trim();
    for (const raw of [
      withParameters + rule,
      [withParameters, rule],
      `<filter name="other">${withParameters}${rule}</filter>`,
    ])
      expect(flat(xmlOf({ filters: ["base"], raw }))).toBe(expected);
  });

  test("are not read back as `filters`", () => {
    expect(readNwFilter(parseXml(xmlOf({ filters: ["base"], raw: withParameters })))).toMatchObject({
      filters: ["base"],
    });
  });

  test.each([
    [`<filterref filter="clean"/>`, /raw has <filterref>/],
    [`<uuid>${UUID}</uuid>`, /raw has <uuid>/],
    [`<rule action="drop">`, /line 1/],
  ])("%s is refused", (raw, words) => {
    expect(() => xmlOf({ raw })).toThrow(words);
  });
});
