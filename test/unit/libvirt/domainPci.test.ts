import { describe, expect, test } from "@jest/globals";
import { changesBetween, formatPath } from "../../../provider/lifecycle/engine/diff";
import { drifted, type Plain } from "../../../provider/lifecycle/engine/state";
import { domainXml } from "../../../provider/libvirt/xml/domain";
import { readDomain } from "../../../provider/libvirt/xml/domain/read";
import { formatXml, parseXml, type XmlElement } from "../../../provider/libvirt/xml/tree";
import { vmFields } from "../../../provider/schema/vm";
import { contextOf, fixture, OURS, specOf } from "./domain-bench";

/** In libvirt's own quotes. */
const textOf = (xml: XmlElement): string => formatXml(xml).replaceAll('"', "'");

/** The definition for what the program says: a new one, or that of the fixture (or of `current`) changed. */
function defined(input: Plain, current?: XmlElement): XmlElement {
  const spec = specOf("gold", input);
  return domainXml(spec, contextOf(spec), current);
}

const CELLS = [0, 1].map((id) => ({ id, cores: [id], memory: 64 }));
const numa = (distances?: number[][]): Plain => ({
  cores: 2,
  memory: 128,
  numa: { cells: CELLS, ...(distances === undefined ? {} : { distances }) },
});
const ports = (xml: XmlElement): number => textOf(xml).match(/model='pcie-root-port'/g)?.length ?? 0;
const counted = (xml: XmlElement): number => textOf(xml).match(/<alias name='ua-port-\d+'/g)?.length ?? 0;
const on = (features: Plain): Plain => ({ ...OURS, features });

describe("distances of cells", () => {
  const near = [
    [10, 21],
    [31, 10],
  ];

  test("stand in each cell, and are read back", () => {
    const xml = defined(numa(near));
    expect(textOf(xml)).toContain(
      "<distances><sibling id='0' value='31'/><sibling id='1' value='10'/></distances>",
    );
    expect(readDomain(xml).numa).toMatchObject({ distances: near });
  });

  test("go when the program says them no more, and the cells stay", () => {
    const xml = defined(numa(), defined(numa(near)));
    expect(textOf(xml)).not.toContain("distances");
    expect(readDomain(xml).numa?.cells).toHaveLength(2);
  });

  test("that are said in part are whole", () => {
    const half =
      "<cell id='0' cpus='0' memory='1'><distances><sibling id='1' value='40'/></distances></cell>";
    const xml = parseXml(
      `<domain><cpu><numa>${half}<cell id='1' cpus='1' memory='1'/></numa></cpu></domain>`,
    );
    expect(readDomain(xml).numa?.distances).toEqual([
      [10, 40],
      [20, 10],
    ]);
  });
});

describe("PCI", () => {
  test.each([
    ["q35", "pcie-root"],
    ["pc", "pci-root"],
  ])("of a %s has its hole at %s", (machine, model) => {
    const xml = defined({ os: { machine }, features: { pciHole64: "2GiB" } });
    const hole = "<pcihole64 unit='KiB'>2097152</pcihole64>";
    expect(textOf(xml)).toMatch(new RegExp(`<controller [^>]*model='${model}'>${hole}`));
    expect(readDomain(xml).features).toMatchObject({ pciHole64: 2048 });
    expect(textOf(defined({ os: { machine } }, xml))).not.toContain("pcihole64");
  });

  test("counts the ports that are there, and adds what is missing", () => {
    const before = ports(fixture("domain-ours"));
    const few = defined(on({ pcieRootPorts: 3 }), fixture("domain-ours"));
    expect([ports(few), counted(few)]).toEqual([before, 3]);
    const many = defined(on({ pcieRootPorts: before + 5 }), few);
    expect([ports(many), counted(many)]).toEqual([before + 5, before + 5]);
    expect(new Set(textOf(many).match(/ua-port-\d+/g)).size).toBe(before + 5);
    const fewer = defined(on({ pcieRootPorts: 2 }), many);
    expect([ports(fewer), counted(fewer)]).toEqual([before + 5, 2]);
    expect(counted(defined(on({}), fewer))).toBe(0);
  });

  test("is no drift when libvirt has added ports of its own", () => {
    const input = on({ pcieRootPorts: 4, pciHole64: "1GiB" });
    const made = textOf(defined(input, fixture("domain-ours")));
    const more = "<controller type='pci' index='90' model='pcie-root-port'/></devices>";
    const read = readDomain(parseXml(made.replace("</devices>", more)));
    const inputs = specOf("gold", input) as unknown as Plain;
    const now = drifted(vmFields, inputs, { ...inputs, features: read.features });
    expect(changesBetween(vmFields, inputs, now).map(({ path }) => formatPath(path))).toEqual([]);
    expect(readDomain(fixture("domain-ours")).features?.pcieRootPorts).toBeUndefined();
  });
});

test("devices of virtio say how they reach memory, and are read back", () => {
  const way = { iommu: true, ats: false, packed: true };
  const xml = defined({
    disks: [{ name: "root", size: "1MiB", ...way }],
    interfaces: [{ name: "eth0", network: "n1", ...way }],
    inputs: [{ name: "pen", type: "tablet", bus: "virtio", ...way }],
    filesystems: [{ name: "home", source: "/home", target: "home", ...way }],
    ...{ video: way, balloon: way, rng: way, vsock: way },
  });
  expect(textOf(xml).match(/<driver [^>]*iommu='on' ats='off' packed='on'/g)).toHaveLength(8);
  expect(readDomain(xml)).toMatchObject({
    ...{ disks: [way], interfaces: [way], inputs: [way], filesystems: [way] },
    ...{ video: way, balloon: way, rng: way, vsock: way },
  });
});

test("memory errors are told to a guest of ARM", () => {
  const xml = defined({ os: { arch: "aarch64" }, features: { ras: true } });
  expect(textOf(xml)).toContain("<ras state='on'/>");
  expect(readDomain(xml).features).toMatchObject({ ras: true });
});
