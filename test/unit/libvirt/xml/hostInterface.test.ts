import { expect, test } from "@jest/globals";
import { readHostInterface } from "../../../../provider/libvirt/xml/hostInterface";
import { parseXml } from "../../../../provider/libvirt/xml/tree";

/** As libvirt's udev interface driver prints them. */
test.each([
  ["<interface type='ethernet' name='eno3'><link state='up'/></interface>", { type: "physical", ports: [] }],
  [
    "<interface type='vlan' name='eno3.42'><vlan tag='42'><interface name='eno3'/></vlan></interface>",
    { type: "vlan", ports: ["eno3"], vlanTag: 42 },
  ],
  [
    "<interface type='bridge' name='br0'><bridge><interface type='ethernet' name='eno1'/></bridge></interface>",
    { type: "bridge", ports: ["eno1"] },
  ],
  [
    "<interface type='bond' name='bond0'><bond><interface name='a'/><interface name='b'/></bond></interface>",
    { type: "bond", ports: ["a", "b"] },
  ],
])("%s", (xml, expected) => {
  expect(readHostInterface(parseXml(xml))).toEqual(expected);
});
