import { describe, expect, test } from "@jest/globals";
import { readMark, writeMark, type Mark } from "../../../../provider/libvirt/xml/metadata";
import { childrenOf, find, formatXml, parseXml } from "../../../../provider/libvirt/xml/tree";

const whole: Mark = {
  owner: `my "project"/dev & co/Vm/<web>`,
  volumes: [
    { key: "images/web-root", disk: "root" },
    { key: "images/größe 'x'", disk: "data" },
  ],
  zone: "north",
  resourcePool: "gold",
  tags: ["a", "b&c"],
  raw: ["<devices>\n\t<rng model='virtio'/>\n</devices>"],
};

describe("the owner's mark", () => {
  test("comes back as it was written, through text", () => {
    const domain = parseXml("<domain><name>web</name></domain>");
    writeMark(domain, whole);
    expect(readMark(parseXml(formatXml(domain)))).toEqual(whole);
  });

  test("replaces its predecessor and leaves other programs' metadata alone", () => {
    const theirs = `<libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0"><libosinfo:os id="debian"/></libosinfo:libosinfo>`;
    const domain = parseXml(`<domain><metadata>${theirs}</metadata></domain>`);
    writeMark(domain, whole);
    writeMark(domain, { owner: "p/s/Vm/other" });
    expect(childrenOf(find(domain, "metadata"))).toHaveLength(2);
    expect(formatXml(domain)).toContain(theirs);
    expect(readMark(domain)).toMatchObject({ owner: "p/s/Vm/other", volumes: [], tags: [], raw: [] });
  });

  test.each([
    "<domain/>",
    "<domain><metadata/></domain>",
    "<domain><metadata><other:owner xmlns:other='urn:other' resource='p/s/Vm/x'/></metadata></domain>",
    "<domain><metadata><vmhost:owner xmlns:vmhost='urn:pulumi-vmhost:1'/></metadata></domain>",
    "<domain><vmhost:owner xmlns:vmhost='urn:pulumi-vmhost:1' resource='p/s/Vm/x'/></domain>",
  ])("is not seen where there is none: %s", (xml) => {
    expect(readMark(parseXml(xml))).toBeUndefined();
  });
});
