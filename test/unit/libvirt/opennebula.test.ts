import { expect, test } from "@jest/globals";
import { template, vmDefaults } from "../../../examples/opennebula/template";
import { domainXml } from "../../../provider/libvirt/xml/domain";
import { childrenOf, find, formatXml, readXml, type XmlElement } from "../../../provider/libvirt/xml/tree";
import { contextOf, specOf } from "./domain-bench";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Elements of these names, in no order, with what is in them. */
function elements(parent: XmlElement | undefined, names: readonly string[]): string[] {
  return childrenOf(parent)
    .filter(({ name }) => names.includes(name))
    .map((element) => formatXml(element))
    .sort();
}

/** R182: the OpenNebula documentation's defaults and template in libvirt's words; what every VM has beside is left out. */
test("OpenNebula's defaults and a template with RAW lines are this definition", () => {
  const spec = specOf("one-74", { ...template, host: { address: "qemu:///system", vmDefaults } });
  const context = contextOf(spec);
  const sources = [...context.sources].map(
    ([disk, source]) => [disk, source === "none" ? source : { ...source, format: "raw" }] as const,
  );
  const domain = domainXml(spec, { ...context, sources: new Map(sources) });
  const golden = readXml(readFileSync(join(__dirname, "fixtures/opennebula.xml"), "utf8"));
  const top = childrenOf(golden).flatMap(({ name }) => (name === "devices" ? [] : [name]));
  expect(elements(domain, top)).toEqual(elements(golden, top));
  const devices = find(golden, "devices");
  const kinds = childrenOf(devices).map(({ name }) => name);
  expect(elements(find(domain, "devices"), kinds)).toEqual(elements(devices, kinds));
  expect(elements(find(domain, "devices"), ["controller"])).toContain(
    '<controller type="scsi" index="0" model="virtio-scsi"><driver queues="4"/></controller>',
  );
});
