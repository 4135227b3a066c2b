import { expect, test } from "@jest/globals";
import { domainXml } from "../../../provider/libvirt/xml/domain";
import { readDomain } from "../../../provider/libvirt/xml/domain/read";
import {
  childrenOf,
  el,
  find,
  formatXml,
  isElement,
  type XmlElement,
} from "../../../provider/libvirt/xml/tree";
import { complaints } from "../schema/complaints";
import { contextOf, specOf } from "./domain-bench";

function definition(input: object, current?: XmlElement): XmlElement {
  const spec = specOf("devices", { disks: [], interfaces: [], ...input });
  return domainXml(spec, contextOf(spec), current);
}

test("limits of a disk stand in the one order of libvirt's schema, whatever the engine's", () => {
  // As the engine hands them over: by the alphabet.
  const iotune = { readBytesSec: 1, readIopsSec: 2, totalIopsSecMax: undefined, writeBytesSec: 3 };
  const domain = definition({ disks: [{ name: "a", size: 1, iotune }] });
  const [disk] = childrenOf(find(domain, "devices"), "disk");
  const names = find(disk, "iotune")
    ?.children.filter(isElement)
    .map(({ name }) => name);
  expect(names).toEqual(["read_bytes_sec", "write_bytes_sec", "read_iops_sec"]);
});

const spice = { graphics: { type: "spice" } };

test.each([
  [{ ...spice, smartcard: true }, "<smartcard mode='passthrough' type='spicevmc'/>"],
  [{ smartcard: { mode: "host" } }, "<smartcard mode='host'/>"],
  [
    { smartcard: { type: "tcp", connection: "bind", host: "127.0.0.1", service: 2001 } },
    "<smartcard mode='passthrough' type='tcp'><source mode='bind' host='127.0.0.1' service='2001'/></smartcard>",
  ],
  [
    { smartcard: { mode: "host-certificates", certificates: ["a", "b", "c"], database: "/etc/pki" } },
    "<smartcard mode='host-certificates'><certificate>a</certificate><certificate>b</certificate><certificate>c</certificate><database>/etc/pki</database></smartcard>",
  ],
])("a reader of smart cards: %j", (input, xml) => {
  const domain = definition(input);
  const card = find(domain, "devices", "smartcard");
  expect(card && formatXml(card).replaceAll('"', "'")).toBe(xml);
  expect(readDomain(domain).smartcard).toMatchObject(specOf("devices", input).smartcard ?? {});
  const gone = definition({ ...input, smartcard: undefined }, domain);
  expect(find(gone, "devices", "smartcard")).toBeUndefined();
});

test.each([
  ["the field", { watchdog: { action: "reset" } }, { watchdog: { action: "pause" } }],
  [
    "raw XML",
    { raw: "<devices><watchdog model='i6300esb' action='reset'/></devices>" },
    { raw: "<devices><watchdog model='i6300esb' action='pause'/></devices>" },
  ],
])("the board's own watchdog, which libvirt 11 has told of, does as that of %s", (_what, before, after) => {
  const told = definition(before);
  find(told, "devices")?.children.push(el("watchdog", { model: "itco", action: "reset" }));
  const actions = (domain: XmlElement): unknown[][] =>
    childrenOf(find(domain, "devices"), "watchdog").map(({ attributes }) => [
      attributes["model"],
      attributes["action"],
    ]);
  expect(actions(definition(after, told)).sort()).toEqual([
    ["i6300esb", "pause"],
    ["itco", "pause"],
  ]);
  expect(actions(definition({}, definition({}, told)))).toContainEqual(["itco", "reset"]);
});

test("somebody else's reader of smart cards stays", () => {
  const raw = "<devices><smartcard mode='host'/></devices>";
  expect(find(definition({ raw }, definition({ raw })), "devices", "smartcard")).toBeDefined();
});

test.each([
  [{ smartcard: true }, ['smartcard: of a SPICE viewer needs `graphics.type: "spice"` (libvirt\'s rule)']],
  [{ smartcard: { mode: "host", type: "tcp" } }, 3],
  [
    { smartcard: { mode: "host-certificates" } },
    ['smartcard.certificates: is required for mode "host-certificates"'],
  ],
  [
    { launchSecurity: { type: "sev" } },
    ['launchSecurity.policy: is required for type "sev" (libvirt\'s rule)'],
  ],
])("%j is refused", (input, expected) => {
  const found = complaints("Vm", input);
  if (typeof expected === "number") expect(found).toHaveLength(expected);
  else expect(found).toEqual(expected);
});
